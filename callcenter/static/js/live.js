// What changes while a page is looked at. body[data-live-url] is the stream; it is open only while the tab is visible, so
// that many tabs cost nothing. It names topics and counts, never a value: what is shown is asked for again by htmx.
//   [data-live="tray mine"][hx-get][hx-trigger="live"]   asked again when one of these topics changed: once in two seconds at most,
//                                                        not while the pointer moves over it or a dialog is open; the focus stays on its link
//   [data-count="tray"] > [data-number]                  shows the newest count (data-most: that many or more); hides at none, unless data-count-stays
//   [data-live-list="tickets?state=open&newest=…"]       the list that the page shows: [data-count="new"] tells how many came above it
//   [data-live-rows] tr[data-ticket]                     a row whose ticket changed is marked; [data-live-changed] says how many
// #live-away is shown after ten seconds without the stream.
import { send } from "./send.js";
import { say } from "./words.js";

const GAP = 2000;
const SPREAD = 800; // a hundred pages do not ask at the same moment
const MOVED = 3000;
const REST = 30000;
const AWAY = 10000;
const EVERYTHING = "*";

let stream = null;
let since = null;
let tries = 0;
let away = 0;
let rest = 0;
let again = 0;
let movedAt = 0;
const waiting = new Map();
const askedAt = new WeakMap();

const visible = () => document.visibilityState === "visible";
const parts = (selector) => [...document.querySelectorAll(selector)];

// --- the stream

function open() {
  clearTimeout(rest);
  clearTimeout(again);
  if (stream || !visible()) return;
  const url = new URL(document.body.dataset.liveUrl, location.href);
  if (since) url.searchParams.set("since", since);
  const list = document.querySelector("[data-live-list]")?.dataset.liveList;
  if (list) url.searchParams.set("list", list);
  stream = new EventSource(url);
  stream.addEventListener("open", () => {
    tries = 0;
    present();
  });
  stream.addEventListener("news", hear);
  stream.addEventListener("end", (event) => {
    close();
    if (event.data === "session") ask();
    else if (event.data !== "too_many") later(2000);
  });
  stream.addEventListener("error", () => {
    missed();
    if (stream?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    close();
    ask();
  });
}

function close() {
  stream?.close();
  stream = null;
}

// Refused: signed out (then the page covers itself and this waits for the new sign-in), full, or the house is away.
async function ask() {
  const answer = await send(document.body.dataset.sessionUrl, { method: "GET" }).catch(() => null);
  tries += 1;
  later(answer?.ok && tries === 1 ? 1000 : Math.min(60000, 4000 * 2 ** tries));
}

function later(milliseconds) {
  clearTimeout(again);
  again = setTimeout(open, milliseconds * (0.75 + Math.random() / 2));
}

function missed() {
  document.documentElement.dataset.live = "away";
  away ||= setTimeout(() => (document.getElementById("live-away").hidden = !visible()), AWAY);
}

function present() {
  clearTimeout(away);
  away = 0;
  document.documentElement.dataset.live = "open";
  document.getElementById("live-away").hidden = true;
}

function onVisibility() {
  if (!visible()) {
    rest = setTimeout(close, REST);
    return;
  }
  open();
  for (const part of waiting.keys()) plan(part);
}

// --- what it says

function hear(event) {
  since = event.lastEventId || since;
  const { topics, tickets, counts } = JSON.parse(event.data);
  for (const [name, number] of Object.entries(counts)) count(name, number);
  const all = topics.includes(EVERYTHING);
  for (const part of parts("[data-live]")) if (all || part.dataset.live.split(" ").some((topic) => topics.includes(topic))) refresh(part);
  mark(tickets);
}

function count(name, number) {
  for (const place of parts(`[data-count="${name}"]`)) {
    const shown = place.querySelector("[data-number]");
    shown.textContent = number >= Number(shown.dataset.most ?? Infinity) ? `${number}+` : number;
    place.hidden = !number && !("countStays" in place.dataset);
    place.toggleAttribute("data-none", !number);
  }
}

function mark(tickets) {
  for (const list of parts("[data-live-rows]")) {
    for (const id of tickets) for (const row of list.querySelectorAll(`[data-ticket="${id}"]`)) moved(row);
    const note = document.querySelector("[data-live-changed]");
    const some = list.querySelectorAll("[data-moved]").length;
    if (note && some) {
      note.hidden = false;
      note.querySelector("[data-live-text]").textContent = say("live-changed", { count: some });
    }
  }
}

function moved(row) {
  if ("moved" in row.dataset) return;
  row.dataset.moved = "";
  const badge = document.createElement("span");
  badge.className = "live-moved";
  badge.textContent = say("live-row");
  row.querySelector(".rows__link").after(badge);
}

// --- asking again

function refresh(part) {
  if (waiting.has(part)) return;
  waiting.set(part, 0);
  plan(part);
}

function plan(part) {
  clearTimeout(waiting.get(part));
  const due = Math.max(0, (askedAt.get(part) ?? 0) + GAP - Date.now()) + Math.random() * SPREAD;
  waiting.set(part, setTimeout(() => renew(part), due));
}

function renew(part) {
  if (!part.isConnected) return waiting.delete(part);
  if (!visible()) return; // onVisibility plans it anew
  const touched = part.matches(":hover") && Date.now() - movedAt < MOVED;
  if (touched || document.querySelector("dialog:modal")) return plan(part);
  waiting.delete(part);
  askedAt.set(part, Date.now());
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  if (focused) part.addEventListener("htmx:afterSwap", () => part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus(), { once: true });
  part.dispatchEvent(new CustomEvent("live"));
}

export function start() {
  if (!document.body.dataset.liveUrl || !document.getElementById("live-away")) return;
  document.addEventListener("pointermove", () => (movedAt = Date.now()), { passive: true });
  document.addEventListener("visibilitychange", onVisibility);
  window.addEventListener("online", open);
  window.addEventListener("focus", () => open());
  window.addEventListener("pagehide", close);
  open();
}
