// Lists walked by keys. [data-rows] holds [data-row]; j or ↓ and k or ↑ move the focus from link to link, Enter opens (the link's own),
// Home and End go to the ends, x ticks the row's check box. The arrows work only inside a list, j and k from anywhere on the page.
import { composing } from "./words.js";

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const linkOf = (row) => row.querySelector(".rows__link, a, button");

function listFor(target) {
  return target.closest("[data-rows]") ?? [...document.querySelectorAll("[data-rows]")].find((list) => list.checkVisibility());
}

function onKey(event) {
  if (composing(event) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest(TYPING) || document.querySelector("dialog:modal")) return;
  const inside = event.target.closest("[data-rows]");
  const letters = !document.cookie.split("; ").includes("single_keys=off");
  const key = letters || event.key.length > 1 ? event.key : "";
  if (!["j", "k", "x"].includes(key) && !(inside && ["ArrowDown", "ArrowUp", "Home", "End"].includes(key))) return;
  const list = listFor(event.target);
  const rows = [...(list?.querySelectorAll("[data-row]") ?? [])].filter(linkOf);
  if (!rows.length) return;
  const now = rows.indexOf(event.target.closest("[data-row]"));
  event.preventDefault();
  if (key === "x") return rows[now]?.querySelector("[type=checkbox]")?.click();
  const to = { j: now + 1, ArrowDown: now + 1, k: now - 1, ArrowUp: now - 1, Home: 0, End: rows.length - 1 }[key];
  linkOf(rows[Math.min(Math.max(to, 0), rows.length - 1)]).focus();
}

export function start() {
  document.addEventListener("keydown", onKey);
}
