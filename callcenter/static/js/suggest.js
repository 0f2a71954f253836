// FAQ beside the text.
//   textarea[data-suggest-url]     POST text=… 250 ms after the last key that no input method is composing
//   data-suggest-panel="id"        gets the answer, the fragment suggestions(items)
//   data-suggest-into="id"         the field that [data-insert] buttons write to (their keys: Alt+1 … Alt+5)
// Inserting is one step of the field's own undo (Ctrl+Z) and notes the version told as input[name=told_revision] in [data-told].
import { send } from "./send.js";
import { announce, say } from "./words.js";

const PAUSE = 250;

function follow(text) {
  const panel = document.getElementById(text.dataset.suggestPanel);
  let timer = 0;
  let asked = text.value.trim();
  let running = null;

  async function ask() {
    const words = text.value.trim();
    if (words === asked) return;
    asked = words;
    running?.abort();
    running = new AbortController();
    const answer = await send(text.dataset.suggestUrl, { fields: { text: words }, signal: running.signal }).catch(() => null);
    if (!answer?.ok || words !== text.value.trim()) return;
    show(panel, await answer.text());
  }

  const soon = (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, PAUSE);
  };
  text.addEventListener("input", soon);
  text.addEventListener("compositionend", soon);
}

function show(panel, fragment) {
  const before = signature(panel);
  const next = document.createElement("template");
  next.innerHTML = fragment;
  if (signature(next.content) === before) return;
  panel.replaceChildren(next.content);
  window.htmx?.process(panel);
  markTold();
  announce(say("suggest-count", { count: panel.querySelector("[data-suggestions]")?.dataset.count ?? 0 }));
}

const signature = (place) => [...place.querySelectorAll("[data-revision].suggestion")].map((item) => item.dataset.revision).join();
const toldRevisions = () => new Set([...document.querySelectorAll("[data-told-revision]")].map((item) => item.dataset.toldRevision));

function markTold() {
  const told = toldRevisions();
  for (const item of document.querySelectorAll(".suggestion[data-revision]")) item.classList.toggle("suggestion--told", told.has(item.dataset.revision));
}

// execCommand is the only way that leaves the field's undo whole; setRangeText is for browsers without it.
export function insert(field, text) {
  field.focus();
  const before = field.value.slice(0, field.selectionStart);
  const piece = before && !before.endsWith("\n") ? `\n${text}` : text;
  if (document.execCommand("insertText", false, piece)) return;
  field.setRangeText(piece, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: piece }));
}

function note(form, { revision, toldLabel }) {
  const list = form?.querySelector("[data-told]");
  if (!list || toldRevisions().has(revision)) return;
  const tag = list.appendChild(document.createElement("span"));
  tag.className = "tag";
  tag.dataset.toldRevision = revision;
  tag.append(toldLabel ?? revision);
  const input = tag.appendChild(document.createElement("input"));
  Object.assign(input, { type: "hidden", name: "told_revision", value: revision });
  const remove = tag.appendChild(document.createElement("button"));
  Object.assign(remove, { type: "button", className: "tag__remove", textContent: "×", ariaLabel: say("told-remove") });
  remove.dataset.toldRemove = "";
}

function onClick(event) {
  const remove = event.target.closest("[data-told-remove]");
  if (remove) {
    const form = remove.closest("form");
    remove.closest("[data-told-revision]").remove();
    markTold();
    form?.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const source = document.querySelector("textarea[data-suggest-into]");
  const field = document.getElementById(button.dataset.insertInto ?? source?.dataset.suggestInto);
  if (!field) return;
  note(field.form, button.dataset);
  insert(field, button.dataset.insert);
  markTold();
  announce(say("suggest-inserted"));
}

export function start() {
  document.querySelectorAll("textarea[data-suggest-url]").forEach(follow);
  document.addEventListener("click", onClick);
}
