// Who else is here. [data-presence-url]: POST typing=0|1 every ten seconds and at once when typing starts or stops;
// the answer is presence_people(others). Silent while the page is hidden; leaving says so (leaving=1).
import { send } from "./send.js";

const BEAT = 10000;
const TYPED = 8000;

export function start() {
  for (const bar of document.querySelectorAll("[data-presence-url]")) follow(bar);
}

function follow(bar) {
  let typedAt = 0;
  let told = false;
  const typing = () => Date.now() - typedAt < TYPED;

  async function beat() {
    if (document.visibilityState === "hidden" || !bar.isConnected) return;
    told = typing();
    const answer = await send(bar.dataset.presenceUrl, { fields: { typing: told ? "1" : "0" }, quiet: true }).catch(() => null);
    if (!answer?.ok) return;
    const people = await answer.text();
    if (people.trim() !== bar.innerHTML.trim()) bar.innerHTML = people;
  }

  document.addEventListener("input", (event) => {
    if (!event.target.closest("form[data-draft-url], form[data-presence]")) return;
    typedAt = Date.now();
    if (!told) beat();
  });
  document.addEventListener("visibilitychange", beat);
  window.addEventListener("pagehide", () => send(bar.dataset.presenceUrl, { fields: { leaving: "1" }, keepalive: true, quiet: true }).catch(() => {}));
  setInterval(beat, BEAT);
  beat();
}
