// The desk by keyboard, and the case beside the list. Without script the list is a table of links and boxes that says the same.
(() => {
  "use strict";
  const desk = document.querySelector("[data-desk]");
  if (!desk) return;
  const pane = document.getElementById("pane");
  const wide = matchMedia("(min-width: 70rem)");
  const rows = () => [...desk.querySelectorAll(".case-table tbody tr")];
  // Everything that the filters let through, on every page, is one box of its own.
  const everything = () => document.querySelector("[data-all-matching]");
  const boxes = () => [...document.getElementsByName("cases")].filter((box) => box.type === "checkbox");

  // One row of the grid takes the focus; the arrows, j and k hand it on. What stands in a row has a key, and is no stop of its own:
  // Tab leads on to what follows the list.
  const rove = (row, take = true) => {
    for (const inner of desk.querySelectorAll(".case-table tbody :is(a, input)")) inner.tabIndex = -1;
    for (const other of rows()) other.tabIndex = other === row ? 0 : -1;
    if (row && take) {
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
    }
  };
  const current = () => document.activeElement.closest(".case-table tbody tr") || rows().find((row) => row.tabIndex === 0);
  const step = (by) => {
    const all = rows();
    const focused = document.activeElement.closest(".case-table tbody tr");
    const at = focused ? all.indexOf(focused) + by : Math.max(all.indexOf(current()), 0);
    const next = desk.querySelector(".pager [rel=next]");
    if (at === all.length && next) next.focus();
    else rove(all[Math.min(Math.max(at, 0), all.length - 1)]);
  };

  // What is ticked is selected, and counted where the bar says what can be done.
  const count = () => {
    const ticked = boxes().filter((box) => box.checked);
    for (const box of boxes()) box.closest("tr").setAttribute("aria-selected", String(box.checked));
    const all = Boolean(everything() && everything().checked);
    for (const place of document.querySelectorAll("[data-ticked]")) place.textContent = ticked.length;
    for (const place of document.querySelectorAll("[data-tick-some]")) place.hidden = all;
    for (const place of document.querySelectorAll("[data-tick-every]")) place.hidden = !all;
    desk.classList.toggle("has-ticked", ticked.length > 0);
  };
  const tick = (row) => {
    const box = row && row.querySelector("input[name=cases]");
    if (!box) return;
    box.checked = !box.checked;
    count();
  };
  const untick = () => {
    for (const box of boxes()) box.checked = false;
    const all = document.querySelector("[data-tick-all]");
    if (all) all.checked = false;
    if (everything()) everything().checked = false;
    count();
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=checkbox]")) setTimeout(count, 0);
  });
  document.addEventListener("reset", (event) => {
    if (event.target.id === "bulk") setTimeout(untick, 0);
  });

  // The case beside the list. The address keeps both, so that a reload and a link show the same.
  const address = (reference) => {
    const here = new URL(location.href);
    here.searchParams.delete("done");
    if (reference) here.searchParams.set("open", reference);
    else here.searchParams.delete("open");
    history.replaceState(history.state, "", here);
  };
  const mark = (reference) => {
    for (const row of rows()) row.toggleAttribute("data-open", row.dataset.case === reference);
  };
  const open = (reference) => {
    desk.classList.add("with-pane");
    pane.dataset.open = reference;
    mark(reference);
    address(reference);
    htmx.ajax("GET", `/case/${reference}/`, { target: pane, select: ".case-page", swap: "innerHTML" });
  };
  // What stands there belongs to the row that is marked: a case that is open no more does not come after all.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target === pane && detail.pathInfo.requestPath !== `/case/${pane.dataset.open}/`) detail.shouldSwap = false;
  });
  const close = () => {
    toList();
    desk.classList.remove("with-pane");
    delete pane.dataset.open;
    pane.replaceChildren();
    mark("");
    address("");
  };
  const toList = () => rove(rows().find((row) => row.dataset.case === pane.dataset.open) || current());
  // A change that is made beside the list leads back to the list.
  pane.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.elements.back) return;
    const back = document.createElement("input");
    Object.assign(back, { type: "hidden", name: "back", value: location.pathname + location.search });
    form.append(back);
  });
  const show = (row) => {
    const link = row && row.querySelector(".case-name a");
    if (!link) return;
    if (!wide.matches) link.click();
    else if (pane.dataset.open === row.dataset.case) pane.focus({ preventScroll: true });
    else open(row.dataset.case);
  };
  desk.addEventListener("click", (event) => {
    const row = event.target.closest(".case-table tbody tr");
    if (!row || event.target.closest(".case-tick") || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    rove(row, false);
    if (!wide.matches) return;
    event.preventDefault();
    open(row.dataset.case);
  });

  // The sheet that says what would happen before it does.
  const sheet = document.getElementById("bulk-sheet");
  document.addEventListener("htmx:afterSettle", (event) => {
    if (sheet.contains(event.target) && !sheet.open) sheet.showModal();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close-sheet]") || !sheet.open) return;
    event.preventDefault();
    sheet.close();
  });

  // A list that is fetched anew keeps its ticks and the row that has the focus.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "cases") return;
    const row = document.activeElement.closest(".case-table tbody tr");
    kept = { ticked: new Set(boxes().filter((box) => box.checked).map((box) => box.value)), all: Boolean(everything() && everything().checked), focused: row && row.id };
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "kept-views") oneCurrent();
    if (event.detail.target.id !== "cases") return;
    for (const box of boxes()) box.checked = kept !== null && kept.ticked.has(box.value);
    if (everything()) everything().checked = kept !== null && kept.all;
    const row = kept && kept.focused && document.getElementById(kept.focused);
    rove(row || rows()[0], Boolean(row));
    const list = document.getElementById("cases");
    for (const field of document.querySelectorAll("input[name=here]")) field.value = list.dataset.here;
    mark(pane.dataset.open || "");
    count();
    keptViews();
  });

  // The kept views and how many cases each shows are asked for after the page.
  const keptViews = () => {
    const filters = document.getElementById("cases").dataset.here.split("?")[1];
    // From a source of its own: requests of one source wait for each other, and the open case would be one of them.
    const [source, select] = ["#kept-views", "#kept-views > a"];
    htmx.ajax("GET", `/desk/views/?${filters}`, { source, target: source, select, swap: "innerHTML ignoreTitle:true" });
  };
  const oneCurrent = () => {
    if (!desk.querySelector("#kept-views [aria-current]")) return;
    for (const view of desk.querySelectorAll(".desk-views [data-built-in][aria-current]")) view.removeAttribute("aria-current");
  };

  const keys = {
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    o: () => show(current()),
    Enter: () => show(current()),
    x: () => tick(current()),
    " ": () => tick(current()),
    a: () => {
      if (!boxes().some((box) => box.checked)) tick(current());
      const first = document.querySelector("#bulk button[name=change]");
      if (first) first.focus();
    },
    "/": () => document.getElementById("filter-text").focus(),
    "?": () => document.getElementById("keys").showModal(),
    z: () => document.querySelector("[data-toast] form button")?.click(),
    Escape: () => (pane.contains(document.activeElement) ? toList() : pane.dataset.open ? close() : untick()),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { target, key } = event;
    const typing = target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
    if (typing) {
      if (key !== "Escape") return;
      if (pane.contains(target)) pane.focus({ preventScroll: true });
      else target.blur();
      return;
    }
    // Links and buttons keep their own Enter, and a pane its arrows.
    const onRow = target.matches(".case-table tbody tr");
    const inGrid = onRow || target === document.body || target.id === "main";
    if (["Enter", "ArrowDown", "ArrowUp"].includes(key) && !inGrid) return;
    if (key === " " && !onRow) return;
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  });

  // On a phone the filters wait behind their button.
  const more = document.querySelector(".desk-more");
  if (more && !matchMedia("(min-width: 60rem)").matches) more.open = false;

  rove(rows()[0], false);
  count();
  keptViews();
  if (pane.dataset.open && wide.matches) open(pane.dataset.open);
  else if (pane.dataset.open) desk.classList.remove("with-pane");
})();
