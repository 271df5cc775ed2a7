// The page of the sign-in code: a new one is offered as soon as the first had its minute to arrive.
(() => {
  "use strict";
  const again = document.querySelector("[data-wait]");
  const button = again.querySelector("button");
  const words = again.querySelector("[data-wait-words]");
  const end = Date.now() + again.dataset.wait * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    button.disabled = left > 0;
    words.hidden = left <= 0;
    words.querySelector("span").textContent = left;
    if (left > 0) setTimeout(tick, 1000);
  };
  // After forms.js has woken the buttons of a page that is shown again.
  addEventListener("pageshow", tick);
})();
