// A choice in a form with `data-around` is shown at once: its class, or the position that was read.
(() => {
  "use strict";
  for (const happening of ["change", "placed"]) {
    document.addEventListener(happening, (event) => {
      const owner = event.target.closest("form[data-around]");
      if (owner) owner.requestSubmit();
    });
  }
})();
