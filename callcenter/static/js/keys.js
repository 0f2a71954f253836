// Shortcuts, declared on the elements that they work.
//   data-key="n"            one key, when nobody is typing          data-key="g t"      keys in turn
//   data-key="Alt+1"        works while typing too                  data-key="Mod+k"    Ctrl, or ⌘ on a Mac
//   data-key="n, Alt+n"     either
//   data-key-label          the words for the list (?); else the element's own
//   data-key-group          on an ancestor: the heading in the list
// A button, link, check box or radio is clicked; a field, a fieldset's choice or a part with tabindex gets the focus. Hidden and disabled elements are
// passed over; while a dialog is open only its own keys work; nothing is taken from an input method that is composing.
// Alt goes by the key's place (Option writes other letters on a Mac), all else by what it writes.
import { composing, say } from "./words.js";

const PAUSE = 1000;
const MAC = /Mac/.test(navigator.platform);
const TYPING = "textarea, select, [contenteditable]:not([contenteditable=false]), input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])";
let waiting = "";
let forget = 0;

function strokeOf(event) {
  const place = /^(?:Key|Digit)(.)$/.exec(event.code);
  let key = event.altKey && place ? place[1] : event.key;
  if (key === " ") key = "Space";
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && (key.length > 1 || parts.length)) parts.push("shift");
  return [...parts, key.toLowerCase()].join("+");
}

function normal(stroke) {
  const parts = stroke.toLowerCase().replace("ctrl", "mod").split("+");
  const key = parts.pop() || "+";
  return [...["mod", "alt", "shift"].filter((name) => parts.includes(name)), key].join("+");
}

const chordsOf = (element) => element.dataset.key.split(/,\s+/).map((chord) => chord.split(" ").map(normal).join(" "));
const singleKeysOff = () => document.cookie.split("; ").includes("single_keys=off");

function reachable(element) {
  if (element.disabled || element.getAttribute("aria-disabled") === "true") return false;
  return element.checkVisibility({ visibilityProperty: true }) || element.closest("[popover]") !== null;
}

function candidates() {
  const dialogs = document.querySelectorAll("dialog:modal");
  const place = dialogs.length ? dialogs[dialogs.length - 1] : document;
  return [...place.querySelectorAll("[data-key]")].filter(reachable);
}

export function press(element) {
  if (element.matches("a, button, summary, [type=checkbox], [type=radio], [type=submit]")) {
    if (element.matches("[type=radio], [type=checkbox]")) element.focus({ preventScroll: true });
    element.click();
    return;
  }
  if (element.matches("fieldset")) element = element.querySelector(":checked") ?? element.querySelector("input");
  element.focus();
  if (element.matches("[type=search]")) element.select();
}

function onKey(event) {
  if (composing(event) || event.defaultPrevented) return;
  if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  const stroke = strokeOf(event);
  const single = !/^(mod|alt)\+/.test(stroke);
  if (single && (event.target.closest?.(TYPING) || singleKeysOff())) return;
  clearTimeout(forget);
  const tried = waiting ? [`${waiting} ${stroke}`, stroke] : [stroke];
  waiting = "";
  const elements = candidates();
  for (const chord of tried) {
    const hit = elements.find((element) => chordsOf(element).includes(chord));
    if (hit) {
      event.preventDefault();
      press(hit);
      return;
    }
    if (elements.some((element) => chordsOf(element).some((known) => known.startsWith(`${chord} `)))) {
      event.preventDefault();
      waiting = chord;
      forget = setTimeout(() => (waiting = ""), PAUSE);
      return;
    }
  }
}

export function keysOnPage() {
  return [...document.querySelectorAll("[data-key]")].filter(reachable).map((element) => ({
    element,
    chord: element.dataset.key.split(/,\s+/)[0],
    label: element.dataset.keyLabel || element.ariaLabel || element.textContent.trim(),
    group: element.closest("[data-key-group]")?.dataset.keyGroup ?? say("keys-page"),
  }));
}

export function drawChord(chord) {
  const shown = { Mod: MAC ? "⌘" : "Ctrl", Alt: MAC ? "⌥" : "Alt", Enter: "↵", Escape: "Esc" };
  const span = document.createElement("span");
  span.className = "keys";
  for (const stroke of chord.split(" ")) {
    const kbd = span.appendChild(document.createElement("kbd"));
    kbd.className = "key";
    kbd.textContent = stroke.split("+").map((part) => shown[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" ");
  }
  return span;
}

function fillList() {
  const list = document.querySelector("[data-key-list]");
  const groups = Map.groupBy(keysOnPage(), (key) => key.group);
  list.replaceChildren();
  for (const [group, keys] of groups) {
    const part = list.appendChild(document.createElement("section"));
    part.className = "key-list__part";
    const title = part.appendChild(document.createElement("h3"));
    title.className = "key-list__group";
    title.textContent = group;
    for (const { chord, label } of keys) {
      const row = part.appendChild(document.createElement("p"));
      row.className = "key-list__row";
      const words = row.appendChild(document.createElement("span"));
      words.textContent = label;
      row.append(drawChord(chord));
    }
  }
  document.querySelector("[data-keys-off]").checked = singleKeysOff();
}

function drawForMac() {
  for (const key of document.querySelectorAll(".key")) key.textContent = key.textContent.replace("Ctrl", "⌘").replace("Alt", "⌥");
}

export function start() {
  if (MAC) drawForMac();
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => event.target.closest('[data-dialog="keys"]') && fillList(), true);
  document.querySelector("[data-keys-off]")?.addEventListener("change", (event) => {
    const life = event.target.checked ? 31536000 : 0;
    document.cookie = `single_keys=off; path=/; max-age=${life}; samesite=strict${location.protocol === "https:" ? "; secure" : ""}`;
  });
}
