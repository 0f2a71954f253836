// Asks before something is lost.
//   button[data-confirm="text"]   asks in the house's dialog before it acts
//   form[data-guard]              leaving the page with changes asks (browser's own question); a form with a draft asks only
//                                 while something is not on the server yet
import { opened } from "./dialog.js";
import { onceSent } from "./once.js";

const asked = new WeakSet();
const first = new WeakMap();
const textOf = (form) => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();

async function onClick(event) {
  const button = event.target.closest("[data-confirm]");
  if (!button || asked.has(button)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const answer = await opened("confirm", (dialog) => {
    dialog.querySelector("[data-confirm-text]").textContent = button.dataset.confirm;
    dialog.querySelector("[data-confirm-yes]").onclick = () => dialog.close("yes");
  });
  if (answer !== "yes") return;
  asked.add(button);
  button.click();
  asked.delete(button);
}

function unsaved(form) {
  if (onceSent(form)) return false;
  return form.matches("[data-draft-url]") ? form.hasAttribute("data-unsaved") : textOf(form) !== first.get(form);
}

export function start() {
  document.addEventListener("click", onClick, true);
  const guarded = () => [...document.querySelectorAll("form[data-guard], form[data-draft-url]")];
  for (const form of guarded()) first.set(form, textOf(form));
  window.addEventListener("beforeunload", (event) => guarded().some(unsaved) && event.preventDefault());
}
