// A tour of the surface: on the first visit by itself, later from the reader's sheet. The steps come from the server, which
// remembers that they were shown. It never lies above a warning that somebody may be in danger.
(() => {
  "use strict";
  const link = document.querySelector("[data-tour-steps]");
  if (!link || !window.HTMLDialogElement?.prototype.showModal) return;

  // Px between the light and the rim of the view, so that its line is seen.
  const EDGE = 8;

  const warned = () => document.querySelector("#emergency .notice, [data-emergency]") !== null;
  const busy = () =>
    document.querySelector("dialog[open][data-ready], dialog.tour, details.me[open]") !== null ||
    document.activeElement.matches("input, textarea, select");

  const fetched = async () => {
    const answer = await fetch(link.dataset.tourSteps);
    if (!answer.ok) throw new Error(answer.status);
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    return holder.content.querySelector("dialog");
  };

  // On the page itself, else in its frame: a tab behind which it is. What is there but empty is not seen.
  const seenOnPage = (name) => {
    const marked = [...document.querySelectorAll(`[data-tour~="${name}"]`)];
    const seen = marked.filter((element) => element.checkVisibility() && element.getBoundingClientRect().height > 0);
    return seen.find((element) => element.closest("main")) ?? seen[0];
  };

  // How much of one rectangle lies on another, in px².
  const overlap = (one, other) =>
    Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left)) *
    Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));

  const walk = (dialog) => {
    const find = (name) => dialog.querySelector(`[data-${name}]`);
    const steps = [...dialog.querySelectorAll("[data-step]")];
    const dots = [...dialog.querySelectorAll("[data-dot]")];
    const light = find("light");
    let now = 0;
    let lit = null;

    // The card keeps away from what it speaks of: in the middle, below or above, wherever it hides the least.
    const place = () => {
      light.hidden = !lit;
      dialog.classList.toggle("tour-pointing", Boolean(lit));
      dialog.dataset.place = "middle";
      if (!lit) return;
      const around = lit.getBoundingClientRect();
      const left = Math.max(around.left, EDGE);
      const top = Math.max(around.top, EDGE);
      const width = Math.min(around.right, innerWidth - EDGE) - left;
      const height = Math.min(around.bottom, innerHeight - EDGE) - top;
      for (const [name, length] of Object.entries({ left, top, width, height })) light.style.setProperty(`--${name}`, `${length}px`);
      const card = dialog.querySelector(".tour-card");
      const hidden = ["middle", "below", "above"].map((where) => {
        dialog.dataset.place = where;
        return { where, area: overlap(card.getBoundingClientRect(), around) };
      });
      dialog.dataset.place = hidden.reduce((best, one) => (one.area < best.area ? one : best)).where;
    };

    const point = () => {
      if (lit) lit.classList.remove("tour-here");
      lit = seenOnPage(steps[now].dataset.at) || null;
      if (lit) {
        lit.classList.add("tour-here");
        lit.scrollIntoView({ block: "nearest" });
      }
      place();
    };

    const show = (index) => {
      now = index;
      steps.forEach((step, at) => { step.hidden = at !== now; });
      dots.forEach((dot, at) => dot.classList.toggle("now", at === now));
      const last = now === steps.length - 1;
      find("back").hidden = now === 0;
      find("skip").hidden = last;
      find("next").hidden = last;
      find("done").hidden = !last;
      point();
      steps[now].querySelector("h2").focus({ preventScroll: true });
    };

    const step = (by) => {
      const next = now + by;
      if (next >= 0 && next < steps.length) show(next);
    };
    find("next").addEventListener("click", () => step(1));
    find("back").addEventListener("click", () => step(-1));
    const byKey = (event) => {
      if (event.key === "ArrowRight") step(1);
      if (event.key === "ArrowLeft") step(-1);
      // The heading has the focus, so that the step is heard; Enter there goes on.
      if (event.key === "Enter" && document.activeElement === steps[now].querySelector("h2")) {
        event.preventDefault();
        find(now === steps.length - 1 ? "done" : "next").click();
      }
    };
    document.addEventListener("keydown", byKey);
    // A page that renews itself may bring a warning, and puts something new where the light lies.
    const giveWay = () => {
      if (warned()) dialog.close();
      else if (lit && !lit.isConnected) point();
    };
    document.addEventListener("htmx:afterSettle", giveWay);
    window.addEventListener("resize", place);
    window.addEventListener("scroll", place, { passive: true });
    dialog.addEventListener("close", () => {
      document.removeEventListener("keydown", byKey);
      document.removeEventListener("htmx:afterSettle", giveWay);
      window.removeEventListener("resize", place);
      window.removeEventListener("scroll", place);
      if (lit) lit.classList.remove("tour-here");
      dialog.remove();
    });

    document.body.append(dialog);
    dialog.showModal();
    show(0);
  };

  link.addEventListener("click", async (event) => {
    // Beside a warning, and where the steps cannot be had, they are read on a page of their own; nothing typed is lost.
    event.preventDefault();
    const sheet = link.closest("details");
    if (sheet) sheet.open = false;
    if (warned()) window.open(link.href);
    else if (!document.querySelector("dialog.tour")) fetched().then(walk, () => window.open(link.href));
  });

  // After everything else has come: a welcome is never in the way of the page itself.
  if (link.hasAttribute("data-first")) {
    window.addEventListener("load", () => setTimeout(() => {
      if (!warned() && !busy()) fetched().then((dialog) => warned() || busy() || walk(dialog), () => {});
    }, 300));
  }
})();
