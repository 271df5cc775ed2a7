// A drawn map is opened by its button: what a live one needs is fetched only then (islands.js does it when it comes into view).
(() => {
  "use strict";
  const offer = (root) => {
    for (const button of root.querySelectorAll("[data-open-map]")) button.hidden = !button.parentElement.querySelector(".map-live").hidden;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-map]");
    if (!button) return;
    button.hidden = true;
    button.parentElement.querySelector(".map-live").hidden = false;
  });
  offer(document);
  document.addEventListener("htmx:afterSettle", (event) => offer(event.target));
})();
