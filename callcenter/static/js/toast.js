// What just happened, with a way back.
//   toast(text, {undo: url})        from a script
//   HX-Trigger: {"toast": {"text": …, "undo": url}}   from the server with a fragment
//   components/toast.html           from the server inside a fragment
import { send } from "./send.js";
import { announce, say } from "./words.js";

const STAYS = 8000;

export function toast(text, { undo } = {}) {
  const node = document.createElement("div");
  node.className = "toast";
  const words = node.appendChild(document.createElement("span"));
  words.className = "toast__text";
  words.textContent = text;
  if (undo) node.append(part("toast__undo", say("undo"), { undo, key: "z", keyLabel: say("undo") }));
  const close = part("toast__close", "×", { toastClose: "" });
  close.ariaLabel = say("close");
  node.append(close);
  document.getElementById("toasts").append(node);
  expire(node);
}

function part(name, text, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = name;
  button.textContent = text;
  Object.assign(button.dataset, data);
  return button;
}

function expire(node) {
  const leave = () => (node.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : node.remove());
  setTimeout(leave, STAYS);
}

async function onClick(event) {
  const undo = event.target.closest("[data-undo]");
  const node = event.target.closest(".toast");
  if (undo) {
    undo.disabled = true;
    const answer = await send(undo.dataset.undo).catch(() => null);
    node?.remove();
    if (answer?.ok) {
      toast(say("undone"));
      document.dispatchEvent(new CustomEvent("undone", { detail: { url: undo.dataset.undo } }));
    } else toast(answer ? say("failed", { status: answer.status }) : say("away"));
  } else if (event.target.closest("[data-toast-close]")) node.remove();
}

export function start() {
  const place = document.getElementById("toasts");
  if (!place) return;
  place.addEventListener("click", onClick);
  for (const node of place.children) expire(node);
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail));
  document.addEventListener("announce", (event) => announce(event.detail.value ?? event.detail.text));
}
