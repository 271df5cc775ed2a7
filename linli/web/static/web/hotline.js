// The hotline by keyboard: comboboxes (WAI-ARIA: list autocomplete), keys that lead to each step, a draft that survives a reload
// or an expired session. Every step works without it.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);

  // Comboboxes. The server answers what was typed with options; taking one fills fields of the form.
  const combobox = (field) => {
    const owner = field.form;
    const list = document.createElement("ul");
    const input = field.matches("select") ? instead(field) : field;
    list.id = `${input.id}-options`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", owner.querySelector(`label[for="${input.id}"]`).firstChild.textContent.trim());
    const box = document.createElement("div");
    box.className = "combobox";
    input.before(box);
    box.append(input, list);
    const said = document.createElement("span");
    said.className = "unseen";
    said.setAttribute("role", "status");
    box.append(said);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    })) input.setAttribute(name, value);

    let asking = null, timer = 0, active = -1;
    const options = () => [...list.children];
    const open = (yes) => {
      list.hidden = !yes;
      input.setAttribute("aria-expanded", String(yes));
      if (!yes) activate(-1);
    };
    const activate = (number) => {
      active = number;
      options().forEach((one, place) => one.setAttribute("aria-selected", String(place === number)));
      if (number < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", options()[number].id);
      options()[number].scrollIntoView({ block: "nearest" });
    };
    const ask = async () => {
      asking?.abort();
      asking = new AbortController();
      const sent = new FormData(owner);
      sent.set("q", input.value);
      try {
        const answer = await fetch(field.dataset.combobox, {
          method: "POST", body: new URLSearchParams(sent), signal: asking.signal, headers: { "HX-Request": "true" },
        });
        if (!answer.ok) return open(false);
        const parts = document.createElement("template");
        parts.innerHTML = await answer.text();
        list.replaceChildren(...parts.content.querySelectorAll('[role="option"]'));
      } catch {
        return open(false);
      }
      if (document.activeElement !== input) return;
      options().forEach((one, place) => (one.id = `${list.id}-${place}`));
      open(options().length > 0);
      if (options().length) activate(0);
      said.textContent = options().length ? `${options().length} · ${$("words-choices").innerHTML}` : "";
    };
    const take = (option) => {
      // What is still being asked for would open the list again.
      clearTimeout(timer);
      asking?.abort();
      for (const { name, value } of option.attributes) {
        const filled = name.startsWith("data-fill-") && owner.elements[name.slice("data-fill-".length)];
        if (filled) filled.value = value;
      }
      input.value = option.dataset.label;
      open(false);
      owner.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
      keep(owner);
    };
    input.addEventListener("input", () => {
      // What was taken before no longer holds.
      for (const name of field.matches("select") ? [field.name] : ["lon", "lat"]) owner.elements[name].value = "";
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    });
    input.addEventListener("keydown", (event) => {
      const { key } = event;
      const count = options().length;
      if (key === "ArrowDown" || key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) return ask();
        activate((active + (key === "ArrowDown" ? 1 : -1) + count) % count);
      } else if (key === "Enter" && !event.altKey) {
        event.preventDefault();
        event.stopPropagation();
        if (!list.hidden && active >= 0) return take(options()[active]);
        // Enter before the answer is there waits for it.
        if (input.value || field.matches("select")) ask();
      } else if (key === "Escape" && !list.hidden) {
        event.preventDefault();
        open(false);
      }
    });
    input.addEventListener("blur", () => setTimeout(() => open(false), 100));
    list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest('[role="option"]');
      event.preventDefault();
      if (option) take(option);
    });
  };

  // A select keeps the value; the text field in its place is typed into.
  const instead = (select) => {
    const input = document.createElement("input");
    input.id = select.id;
    input.autocomplete = "off";
    const described = select.getAttribute("aria-describedby");
    if (described) input.setAttribute("aria-describedby", described);
    select.removeAttribute("id");
    select.hidden = true;
    const show = () => (input.value = select.value ? select.selectedOptions[0].label : "");
    show();
    select.addEventListener("restored", show);
    select.before(input);
    return input;
  };

  // The draft of a call stays in this tab alone, until it was sent: with its once-only key, so that sending it again is one case.
  const keep = (form) => {
    const typed = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    sessionStorage.setItem(form.dataset.draft, JSON.stringify(typed));
  };
  const restore = (form) => {
    const kept = JSON.parse(sessionStorage.getItem(form.dataset.draft) || "[]");
    const said = Object.fromEntries(kept);
    const phone = form.elements.contact_phone.value;
    if (form.elements.description.value || !(said.description || said.place || said.contact_phone)) return;
    if (!phone || phone === said.contact_phone) fill(form, kept);
    // Another caller's number came with the address. A number alone is nothing to be lost.
    else if (said.description || said.place) choose(form, kept, said);
  };
  // Which call goes on? Nothing is thrown away unless the clerk says so.
  const choose = (form, kept, said) => {
    const dialog = $("words-unsent").content.firstElementChild.cloneNode(true);
    dialog.querySelector("[data-said]").textContent = [said.contact_phone, said.description || said.place].filter(Boolean).join(" · ");
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "new") keep(form);
      else fill(form, kept);
      dialog.remove();
      focus("id_description");
    });
    document.body.append(dialog);
    dialog.showModal();
  };
  const fill = (form, kept) => {
    for (const [name, value] of kept) {
      const field = form.elements[name];
      if (!field) continue;
      if (field.type === "checkbox") field.checked = true;
      else field.value = value;
      if (field.matches?.("select")) field.dispatchEvent(new Event("restored"));
    }
    form.elements.contact_phone.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const prepare = (form) => {
    if ("ready" in form.dataset) return;
    form.dataset.ready = "";
    form.querySelectorAll("[data-combobox]").forEach(combobox);
    if ("sent" in form.dataset) sessionStorage.removeItem(form.dataset.draft);
    else restore(form);
    // The place and the class were put into boxes of their own: a field that was led to has lost the focus by that.
    const wrong = form.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus();
    else focus(form.elements.contact_phone.value ? "id_description" : "id_contact_phone");
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => keep(form));
    // Enter in a line leads on; it sends nothing.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.altKey || !event.target.matches("input")) return;
      event.preventDefault();
      const line = ["id_contact_phone", "id_contact_name", "id_description"];
      const next = line[line.indexOf(event.target.id) + 1];
      if (next) focus(event.target.id === "id_contact_phone" ? "id_description" : next);
    });
  };
  const focus = (id) => $(id)?.focus();
  const press = (selector) => {
    const button = document.querySelector(selector);
    if (button && !button.disabled && button.getClientRects().length) button.click();
  };

  const KEYS = {
    Digit1: () => focus("id_contact_phone"),
    Digit2: () => focus("id_description"),
    Digit3: () => focus("id_place"),
    Digit4: () => focus("id_class_code"),
    Digit5: () => focus("readback"),
    Digit6: () => press('#call [value="answered"]'),
    Digit7: () => press('#call [name="join"]'),
    Digit8: () => press('#call [name="same"]'),
    Enter: () => press('#call [value="file"]'),
    KeyC: () => press("[data-copies]"),
    KeyN: () => press("[data-next-call]"),
  };
  document.addEventListener("keydown", (event) => {
    const does = event.altKey && !event.ctrlKey && !event.metaKey && KEYS[event.code];
    if (!does || event.repeat) return;
    event.preventDefault();
    does();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    await navigator.clipboard.writeText($(button.dataset.copies).textContent.trim());
    button.firstChild.textContent = `${$("words-copied").innerHTML} `;
  });

  // A caller who is known has a name.
  document.addEventListener("htmx:afterSettle", () => {
    const call = $("call");
    if (!call) return;
    prepare(call);
    const known = document.querySelector("#caller [data-name]");
    const name = call.elements.contact_name;
    if (known && !name.value) name.value = known.dataset.name;
  });
  if ($("call")) prepare($("call"));
})();
