// Idle and signed out. The page warns a minute before body[data-idle-seconds] have passed without a person's act, then covers itself:
// nothing typed is lost, nothing stays readable (opened values are masked: the document hears "covered"). A 401 to any script does the same.
//   body[data-session-url]   GET answers 200 {"csrf_token", "person"} or 401 (never counts as an act); POST tells that the person is at work
//                            (at most once a minute, only when something was pressed)
// The sign-in opens in another tab; when this one is looked at again, it asks and goes on. Another person's sign-in reloads the page.
import { onSignedOut, renewToken, send } from "./send.js";
import { say } from "./words.js";

const WARNING = 60;
const TOLD = 60000;
let last = Date.now();
let told = Date.now();
let waiting = [];
let title = document.title;

const limit = () => Number(document.body.dataset.idleSeconds || 0);
const sessionUrl = () => document.body.dataset.sessionUrl;
const part = (id) => document.getElementById(id);

function acted() {
  if (part("cover")?.open) return;
  last = Date.now();
  if (part("idle")?.open) part("idle").close();
  if (!sessionUrl() || last - told < TOLD) return;
  told = last;
  send(sessionUrl()).catch(() => {});
}

function tick() {
  if (!limit() || part("cover").open) return;
  const left = Math.ceil(limit() - (Date.now() - last) / 1000);
  if (left <= 0) cover();
  else if (left <= WARNING) warn(left);
}

function warn(left) {
  const dialog = part("idle");
  dialog.querySelector("[data-idle-left]").textContent = say("idle-left", { seconds: left });
  if (!dialog.open) dialog.showModal();
}

function cover() {
  if (part("idle").open) part("idle").close();
  part("cover").querySelector("[data-cover-error]").hidden = true;
  if (part("cover").open) return;
  title = document.title;
  document.title = title.replace(/^.* \| /, "");
  part("cover").showModal();
  document.dispatchEvent(new CustomEvent("covered"));
}

export function signedIn() {
  cover();
  return new Promise((done) => waiting.push(done));
}

async function back({ say: aloud = false } = {}) {
  if (!part("cover").open || !sessionUrl()) return;
  const answer = await send(sessionUrl(), { method: "GET", quiet: true }).catch(() => null);
  if (!answer?.ok) {
    part("cover").querySelector("[data-cover-error]").hidden = !aloud;
    return;
  }
  const { csrf_token, person } = await answer.json();
  if (document.body.dataset.person && String(person) !== document.body.dataset.person) return location.reload();
  renewToken(csrf_token);
  last = told = Date.now();
  document.title = title;
  part("cover").close();
  waiting.splice(0).forEach((done) => done());
}

export function start() {
  if (!part("cover")) return;
  onSignedOut(signedIn);
  part("cover").addEventListener("cancel", (event) => event.preventDefault());
  part("cover").querySelector("[data-cover-return]").addEventListener("click", () => back({ say: true }));
  window.addEventListener("focus", () => back());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && (tick(), back()));
  for (const kind of ["keydown", "pointerdown", "wheel"]) document.addEventListener(kind, acted, { capture: true, passive: true });
  setInterval(tick, 1000);
}
