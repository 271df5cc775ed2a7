// Islands: what draws an element is fetched only when the element comes into view. Where that cannot be had (the module, or its
// data), the table beside it is opened and says the same.
(() => {
  "use strict";
  const draw = async (element) => {
    const { module, source } = element.dataset;
    try {
      const [island, answer] = await Promise.all([import(module), fetch(source, { headers: { Accept: "application/json" } })]);
      if (!answer.ok) throw new Error(`${source} answered ${answer.status}`);
      island.mount(element, await answer.json());
    } catch (error) {
      console.warn(error);
      element.hidden = true;
      for (const table of element.parentElement.querySelectorAll("details")) table.open = true;
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
    for (const element of root.querySelectorAll("[data-island]")) seen.observe(element);
  };
  watch(document);
  document.addEventListener("htmx:afterSettle", (event) => watch(event.target));
})();
