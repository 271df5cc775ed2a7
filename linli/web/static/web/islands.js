// Islands: what draws an element is fetched only when the element comes into view. Where that cannot be had (the module, or its
// data), the table beside it is opened and says the same.
//
// A live page replaces the table and keeps the drawing (`hx-preserve`): where the table says something else, it is drawn anew. A table
// that was open stays open. A map has no table; it stands over the server's drawing and looks after itself.
(() => {
  "use strict";
  const drawn = new WeakMap(); // element to the figures that its table had, and what draws new ones

  const sheets = new Map(); // address to the style sheet that comes from there

  const table = (element) => element.parentElement.querySelector("details");
  const words = (element) => table(element)?.textContent;
  // What is drawn before its style sheet has come would jump when it comes.
  const styled = (href) => {
    if (!sheets.has(href)) {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
      sheets.set(href, new Promise((resolve, reject) => Object.assign(link, { onload: resolve, onerror: reject })));
      document.head.append(link);
    }
    return sheets.get(href);
  };
  const draw = async (element) => {
    const { module, source, style } = element.dataset;
    const said = words(element);
    try {
      const [island, answer] = await Promise.all([import(module), fetch(source, { headers: { Accept: "application/json" } }), style && styled(style)]);
      if (!answer.ok) throw new Error(`${source} answered ${answer.status}`);
      const data = await answer.json();
      const redraw = drawn.get(element)?.redraw ?? island.mount(element);
      redraw(data);
      drawn.set(element, { said, redraw });
    } catch (error) {
      console.warn(error);
      element.hidden = true;
      table(element)?.setAttribute("open", "");
    }
  };

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      draw(target);
    }
  });
  const watch = (root) => {
    for (const element of root.querySelectorAll("[data-island]")) {
      if (element.dataset.open === "true") table(element).open = true;
      const before = drawn.get(element);
      if (!before) seen.observe(element);
      else if (before.said !== words(element)) draw(element);
    }
  };
  document.addEventListener(
    "toggle",
    ({ target }) => {
      const element = target.parentElement?.querySelector(":scope > [data-island]");
      if (element) element.dataset.open = target.open;
    },
    true,
  );
  watch(document);
  document.addEventListener("htmx:afterSettle", (event) => watch(event.target));
})();
