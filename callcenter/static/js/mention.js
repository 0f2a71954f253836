// @ in a note offers colleagues. textarea[data-mention="id"] and, below it, #id[data-mention-list=url]: with the first @ the
// address answers who they are, as [data-name][data-words].
// What follows the @ narrows the list; ↓ ↑ choose, Enter or Tab writes the name, Escape closes. Only names that fit are shown.
import { send } from "./send.js";
import { composing, fold } from "./words.js";

const BEFORE = /[@＠]([^\s@＠]{0,20})$/u;
const MOST = 6;

class Mention {
  constructor(text) {
    this.text = text;
    this.list = document.getElementById(text.dataset.mention);
    this.names = [];
    this.shown = [];
    text.addEventListener("input", () => this.look());
    text.addEventListener("keydown", (event) => this.onKey(event), true);
    text.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.list.addEventListener("click", (event) => event.target.closest("[data-name]") && this.write(event.target.closest("[data-name]")));
  }

  get begun() {
    return BEFORE.exec(this.text.value.slice(0, this.text.selectionStart));
  }

  async fetch() {
    this.fetched = true;
    const answer = await send(this.list.dataset.mentionList, { method: "GET" }).catch(() => null);
    if (!answer?.ok) return (this.fetched = false);
    this.list.innerHTML = await answer.text();
    this.names = [...this.list.querySelectorAll("[data-name]")];
    this.look();
  }

  look() {
    const begun = this.begun;
    if (!begun) return this.close();
    if (!this.fetched) return this.fetch();
    const wanted = fold(begun[1]);
    const fits = this.names.filter((name) => fold(`${name.dataset.name} ${name.dataset.words}`).includes(wanted)).slice(0, MOST);
    for (const name of this.names) name.hidden = !fits.includes(name);
    this.list.hidden = fits.length === 0;
    this.shown = fits;
    this.mark(0);
  }

  mark(at) {
    this.at = at;
    for (const name of this.names) name.setAttribute("aria-selected", String(name === this.shown[at]));
  }

  close() {
    this.list.hidden = true;
  }

  onKey(event) {
    if (this.list.hidden || composing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step && !["Enter", "Tab", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) return this.mark((this.at + step + this.shown.length) % this.shown.length);
    if (event.key === "Escape") return this.close();
    this.write(this.shown[this.at]);
  }

  write(name) {
    const end = this.text.selectionStart;
    const start = end - (this.begun?.[1].length ?? 0);
    this.text.focus();
    this.text.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, `${name.dataset.name} `)) this.text.setRangeText(`${name.dataset.name} `, start, end, "end");
    this.close();
  }
}

for (const text of document.querySelectorAll("textarea[data-mention]")) new Mention(text);
