// What axe does not ask of a page, as one line for each element. `language`: of the reader.
window.beyond = {
  words: (language) => {
    const found = [], shown = (one) => one.checkVisibility({ visibilityProperty: true });
    const said = (one) => `${one.tagName.toLowerCase()} “${(one.innerText || one.name || "").trim().slice(0, 30)}”`;
    const { lang } = document.documentElement;
    if (lang !== (language === "en" ? "en" : "zh-Hans")) found.push(`the page says that it is in ${lang}`);
    // Components that are shown as examples bring heads of their own.
    const heads = [...document.querySelectorAll("h1")].filter((one) => shown(one) && !one.closest(".design-drawn"));
    if (heads.length !== 1) found.push(`${heads.length} h1: ${heads.map(said).join(", ")}`);
    for (const one of document.querySelectorAll("h1, .said, .why, .what, .case-title")) {
      const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const chinese = /\p{Script=Han}/u.test(node.data), { lang: marked } = node.parentElement.closest("[lang]");
        if (chinese && marked === "en") found.push(`Chinese that is not marked: ${said(one)}`);
      }
    }
    for (const one of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (!shown(one)) continue;
      const named = one.hasAttribute("aria-label") || one.hasAttribute("aria-labelledby");
      if (!one.labels.length && !named) found.push(`a field without a label: ${said(one)}`);
      if (one.labels.length && named) found.push(`a field that is called otherwise than its label: ${said(one)}`);
    }
    // What is laid out in another order than it is written in is heard and stepped through in that order too, where the browser can.
    for (const one of document.querySelectorAll("main *")) {
      if (one.tabIndex > 0) found.push(`has a place of its own among the tab stops: ${said(one)}`);
      if (getComputedStyle(one).order === "0" || !shown(one)) continue;
      let around = one.parentElement;
      while (getComputedStyle(around).display === "contents") around = around.parentElement;
      if (getComputedStyle(around).readingFlow === "normal") found.push(`seen in another order than heard: ${said(one)}`);
    }
    return found;
  },

  // Whatever takes the focus shows it, and no bar that stands still lies on it.
  focus: () => {
    const found = [];
    const drawn = (one) => { const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(one);
      return `${outlineStyle === "none" ? "" : outlineWidth + outlineColor} ${boxShadow}`; };
    const stops = [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex='0']")]
      .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }));
    for (const one of stops) {
      // A box that is drawn in another's place shows its focus there.
      const parts = [one, one.parentElement, one.nextElementSibling, ...(one.labels ?? [])].filter(Boolean);
      document.activeElement.blur();
      const before = parts.map(drawn).join();
      one.focus({ focusVisible: true });
      if (document.activeElement !== one) continue;
      const named = `${one.tagName.toLowerCase()}.${one.className} “${(one.innerText || one.name || "").trim().slice(0, 24)}”`;
      if (parts.map(drawn).join() === before) found.push(`does not show that it has the focus: ${named}`);
      const box = one.getBoundingClientRect();
      const above = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]]
        .map(([x, y]) => document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
      const hides = (at) => {
        if (one.contains(at) || [...(one.labels ?? [])].some((label) => label.contains(at))) return false;
        for (; at && !at.contains(one); at = at.parentElement) if (/fixed|sticky/.test(getComputedStyle(at).position)) return true;
        return false;
      };
      if (box.width > 1 && above.some(Boolean) && above.filter(Boolean).every(hides)) found.push(`has the focus below a bar: ${named}`);
    }
    document.activeElement.blur();
    return found;
  },

  // As much room in lines, between letters and between words as a reader may ask for (WCAG 1.4.12).
  space: (on) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = on ? [sheet] : [];
  },
};
true;
