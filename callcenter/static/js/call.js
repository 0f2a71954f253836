// The call screen's own habits.
//   [data-enter="id"]           Enter in this line presses that button (and never files the call)
//   [data-subject-from="id"]    the first line of this text is offered as the subject until somebody writes one
//   input[data-chosen]          ticking an application shows what belongs to it (the button with hx-trigger "chosen" asks)
//   HX-Trigger {"move": {"to": id}}  from the server, after the left column was exchanged: where the cursor goes on
// Enter in any other line does nothing.
import { composing } from "./words.js";

const LONGEST = 40;

function firstLine(text) {
  const line = (text.split("\n").map((part) => part.trim()).find(Boolean) ?? "").split("。")[0];
  return [...line].length <= LONGEST ? line : `${[...line].slice(0, LONGEST - 1).join("")}…`;
}

function followSubject(text) {
  const subject = document.getElementById(text.dataset.subjectFrom);
  const standing = subject.placeholder;
  const show = () => (subject.placeholder = firstLine(text.value) || standing);
  text.addEventListener("input", show);
  show();
}

function onEnter(event) {
  if (event.key !== "Enter" || composing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!event.target.matches?.("form.call input:not([type=checkbox], [type=radio], [type=submit], [role=combobox])")) return;
  event.preventDefault();
  document.getElementById(event.target.dataset.enter)?.click();
}

function move(event) {
  const field = document.getElementById(event.detail.to);
  field?.focus();
  if (field?.matches("textarea")) field.setSelectionRange(field.value.length, field.value.length);
}

for (const text of document.querySelectorAll("[data-subject-from]")) followSubject(text);
document.addEventListener("keydown", onEnter);
document.addEventListener("move", move);
document.addEventListener("change", (event) => {
  if (event.target.matches?.("input[data-chosen]")) event.target.dispatchEvent(new CustomEvent("chosen", { bubbles: true }));
});
