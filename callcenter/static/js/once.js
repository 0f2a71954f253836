// A form is sent once. The second press does nothing; a form with a draft is sent only when its draft is on the server, so that
// a lost connection or a sign-in that ran out never takes text with it. An empty input[name=once] gets a token for the server.
import { settled } from "./draft.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const sent = new WeakSet();

export const onceSent = (form) => sent.has(form);

function fillToken(form) {
  const once = form.elements.once;
  if (once?.value === "") once.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function onSubmit(event) {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented || form.dataset.revealForm !== undefined) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  fillToken(form);
  if (!form.matches("[data-draft-url]") || form.dataset.settled) return mark(form, event.submitter);
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.settling) return;
  form.dataset.settling = "yes";
  const safe = await settled(form);
  delete form.dataset.settling;
  if (!safe) return toast(say("draft-unsent"));
  form.dataset.settled = "yes";
  form.requestSubmit(event.submitter?.isConnected ? event.submitter : undefined);
  delete form.dataset.settled;
}

function mark(form, submitter) {
  sent.add(form);
  form.setAttribute("aria-busy", "true");
  submitter?.setAttribute("aria-disabled", "true");
}

function release(form) {
  sent.delete(form);
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll('[aria-disabled="true"][type="submit"]')) button.removeAttribute("aria-disabled");
}

export function start() {
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("htmx:afterRequest", (event) => event.target.matches?.("form") && release(event.target));
  window.addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form").forEach(release));
}
