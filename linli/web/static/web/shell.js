// The shell and the components that move: a change of look is applied at once and loses nothing that is typed; sheets open
// above the page; a toast goes by itself.
(() => {
  "use strict";
  const html = document.documentElement;
  const USUAL = { theme: "system", size: "normal", side: "open" };

  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (!target.matches("form[data-look]") || !submitter) return;
    event.preventDefault();
    const { name, value } = submitter;
    if (value === USUAL[name]) delete html.dataset[name];
    else html.dataset[name] = value;
    for (const button of document.querySelectorAll(`form[data-look] button[name="${name}"][aria-pressed]`)) {
      button.setAttribute("aria-pressed", String(button.value === value));
    }
    const sent = new FormData(target);
    sent.set(name, value);
    fetch(target.action, { method: "POST", body: new URLSearchParams(sent), headers: { "X-Look": "applied" } });
  });

  const close = (sheet) => {
    sheet.open = false;
    if (sheet.contains(document.activeElement)) sheet.querySelector("summary").focus();
  };
  document.addEventListener("click", (event) => {
    for (const sheet of document.querySelectorAll("details.me[open]")) if (!sheet.contains(event.target)) close(sheet);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const sheet of document.querySelectorAll("details.me[open]")) close(sheet);
  });

  // Sheets stand open in the page where no script runs; here they wait for their button.
  const prepare = (root) => {
    for (const sheet of root.querySelectorAll("dialog.sheet:not([data-ready])")) {
      sheet.dataset.ready = "";
      if (sheet.open) sheet.close();
    }
    for (const toast of root.querySelectorAll("[data-toast][data-seconds]")) {
      setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), toast.dataset.seconds * 1000);
    }
  };
  prepare(document);
  document.addEventListener("htmx:afterSettle", (event) => prepare(event.target));

  // An answer that somebody asked for comes to what stands now where it was meant to go: a page that renewed itself meanwhile has put
  // something else there, and the answer would be dropped. Of several only the one that was asked for last: an element that renews
  // itself is not meant.
  const asked = new Map(); // id of what is to be replaced to the last request for it
  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    const { elt, target, xhr } = detail;
    if (elt === target || !target.id) return;
    asked.set(target.id, xhr);
    // Before htmx reads the answer, on `load`.
    xhr.addEventListener("readystatechange", () => {
      if (xhr.readyState !== XMLHttpRequest.DONE || target.isConnected || asked.get(target.id) !== xhr) return;
      detail.target = document.getElementById(target.id) ?? target;
    });
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      event.preventDefault();
      document.getElementById(opener.dataset.opens).showModal();
    }
    // The ground behind an open sheet belongs to the dialog itself: a tap there puts it away.
    if (event.target.matches("dialog.sheet")) event.target.close();
    const toast = event.target.closest("[data-toast-close]");
    if (toast) toast.closest("[data-toast]").remove();
  });
})();
