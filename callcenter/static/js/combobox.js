// A select that can be typed into (WAI-ARIA combobox with a list). select[data-combobox] stays in the form and keeps the value.
//   option[data-words]     other names: kana, romaji, short forms         optgroup label: stands before the option as its path
//   data-placeholder       what the empty box says
// Down/Up move, Enter takes, Escape closes, Tab takes what is marked after typing. Nothing happens while an input method composes.
import { announce, composing, fold, say } from "./words.js";

let made = 0;

class Combobox {
  constructor(select) {
    this.select = select;
    this.id = `combobox-${++made}`;
    this.options = [...select.options].filter((option) => option.value !== "").map((option) => this.read(option));
    this.draw();
    this.close();
    this.restore();
  }

  read(option) {
    const group = option.parentElement.matches("optgroup") ? option.parentElement.label : "";
    const [label, path] = [option.textContent.trim(), group];
    return { value: option.value, label, path, text: fold(`${path} ${label} ${option.dataset.words ?? ""}`) };
  }

  draw() {
    const { select } = this;
    const holder = element("div", "combobox");
    this.box = element("input", select.className);
    Object.assign(this.box, { type: "text", id: `${this.id}-box`, role: "combobox", autocomplete: "off", spellcheck: false, placeholder: select.dataset.placeholder ?? "" });
    this.list = element("div", "combobox__list");
    Object.assign(this.list, { id: `${this.id}-list`, role: "listbox" });
    this.box.setAttribute("aria-controls", this.list.id);
    this.box.setAttribute("aria-autocomplete", "list");
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) if (select.hasAttribute(name)) this.box.setAttribute(name, select.getAttribute(name));
    this.box.disabled = select.disabled;
    const label = select.labels[0];
    if (label) {
      label.htmlFor = this.box.id;
      label.id ||= `${this.id}-label`;
      this.list.setAttribute("aria-labelledby", label.id);
    } else this.box.ariaLabel = this.list.ariaLabel = select.ariaLabel;
    if (select.dataset.key) {
      Object.assign(this.box.dataset, { key: select.dataset.key, keyLabel: select.dataset.keyLabel ?? "" });
      select.removeAttribute("data-key");
    }
    select.hidden = true;
    select._combobox = this.box;
    holder.append(this.box, this.list);
    select.after(holder);
    this.box.addEventListener("input", (event) => this.typed(event));
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("click", () => this.show(this.options));
    this.box.addEventListener("blur", () => this.left());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.clicked(event));
  }

  typed(event) {
    event.stopPropagation();
    const wanted = fold(this.box.value.trim()).split(/[\s›>]+/);
    this.show(this.options.filter(({ text }) => wanted.every((word) => text.includes(word))));
    if (!event.isComposing) announce(say("combobox-count", { count: this.shown.length }));
  }

  show(options) {
    this.shown = options;
    this.marked = this.box.value && options.length ? Math.max(0, options.findIndex(({ value }) => value === this.select.value)) : -1;
    this.list.replaceChildren(...options.map((option, at) => this.row(option, at)));
    if (!options.length) this.list.append(this.none());
    this.list.hidden = false;
    this.box.ariaExpanded = "true";
    this.mark();
  }

  row({ label, path }, at) {
    const row = element("div", "combobox__option", label);
    Object.assign(row, { id: `${this.id}-${at}`, role: "option" });
    if (path) row.append(element("span", "combobox__path", path));
    return row;
  }

  none() {
    const row = element("div", "combobox__none", say("combobox-none"));
    row.role = "option";
    row.ariaDisabled = "true";
    return row;
  }

  mark() {
    [...this.list.querySelectorAll("[role=option]")].forEach((row, at) => {
      row.setAttribute("aria-selected", String(at === this.marked));
      if (at === this.marked) row.scrollIntoView({ block: "nearest" });
    });
    if (this.marked >= 0) this.box.setAttribute("aria-activedescendant", `${this.id}-${this.marked}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (composing(event)) return;
    const open = !this.list.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !event.altKey) {
      event.preventDefault();
      if (!open) return this.show(this.options);
      this.marked = (this.marked + step + this.shown.length) % Math.max(this.shown.length, 1);
      this.mark();
    } else if (event.key === "Enter" && open && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.take(this.marked);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.restore();
      this.close();
    } else if (event.key === "Tab" && open && this.marked >= 0) this.take(this.marked);
  }

  clicked(event) {
    const row = event.target.closest("[role=option]");
    if (row) this.take([...this.list.children].indexOf(row));
  }

  take(at) {
    const option = this.shown[at];
    if (option) this.set(option.value);
    this.close();
  }

  set(value) {
    const changed = this.select.value !== value;
    this.select.value = value;
    this.restore();
    if (changed) for (const kind of ["input", "change"]) this.select.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  // What the box says is what the select holds; emptied means none, if the select has an empty option.
  left() {
    if (this.box.value.trim() === "" && [...this.select.options].some((option) => option.value === "")) this.set("");
    this.restore();
    this.close();
  }

  restore() {
    const held = this.options.find(({ value }) => value === this.select.value);
    this.box.value = held ? [held.path, held.label].filter(Boolean).join(" › ") : "";
  }

  close() {
    this.list.hidden = true;
    this.box.ariaExpanded = "false";
    this.box.removeAttribute("aria-activedescendant");
  }
}

function element(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

function adopt(root) {
  for (const select of root.querySelectorAll("select[data-combobox]")) if (!select._combobox) new Combobox(select);
}

export function start() {
  adopt(document);
  document.addEventListener("htmx:load", (event) => adopt(event.detail.elt.parentNode ?? document));
}
