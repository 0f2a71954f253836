// A personal value, opened for a reason. button[data-reveal=url] asks for it in dialog#reveal and POSTs reason and reason_text;
// 200 answers the fragment unmasked(…), which stands in place of [data-masked]; it is masked again after its
// data-remask-seconds, whenever the page is hidden, and when it covers itself. 422 and 423 answer {"message"}, which the dialog says.
import { opened } from "./dialog.js";
import { send } from "./send.js";
import { announce, say } from "./words.js";

let button = null;

async function onSubmit(event) {
  if (!event.target.matches("[data-reveal-form]")) return;
  event.preventDefault();
  const form = event.target;
  const { reason, reason_text } = Object.fromEntries(new FormData(form));
  const answer = await send(button.dataset.reveal, { fields: { reason: reason ?? "", reason_text: reason_text ?? "" } }).catch(() => null);
  if (!answer?.ok) return complain(form, await messageOf(answer));
  show(await answer.text());
  form.closest("dialog").close();
}

async function messageOf(answer) {
  if (!answer) return say("reveal-away");
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  return (isJson && (await answer.json()).message) || say("failed", { status: answer.status });
}

function complain(form, message) {
  const place = form.querySelector("[data-reveal-error]");
  place.textContent = message;
  place.hidden = false;
}

function show(fragment) {
  const masked = button.closest("[data-masked]");
  const label = button.dataset.revealLabel;
  const holder = document.createElement("template");
  holder.innerHTML = fragment.trim();
  const open = holder.content.firstElementChild;
  open.tabIndex = -1;
  masked.replaceWith(open);
  open.focus();
  const hide = () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onHidden);
    document.removeEventListener("covered", hide);
    if (!open.isConnected) return;
    open.replaceWith(masked);
    announce(say("reveal-remasked", { label }));
  };
  const onHidden = () => document.visibilityState === "hidden" && hide();
  const timer = setTimeout(hide, Number(open.dataset.remaskSeconds ?? 120) * 1000);
  document.addEventListener("visibilitychange", onHidden);
  document.addEventListener("covered", hide);
}

function onClick(event) {
  const pressed = event.target.closest("[data-reveal]");
  if (!pressed) return;
  button = pressed;
  opened("reveal", (dialog) => {
    dialog.querySelector("form").reset();
    dialog.querySelector("[data-reveal-error]").hidden = true;
    dialog.querySelector("[data-reveal-what]").textContent = pressed.dataset.revealLabel;
  });
}

export function start() {
  if (!document.getElementById("reveal")) return;
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit, true);
}
