// Ctrl/⌘-K: places and deeds by name. It offers every [data-command] (label in the attribute, other names in data-words),
// every shortcut of the page, what body[data-commands-url] answers ([{"label", "url", "words"}], asked for once), and a search.
import { keysOnPage, press } from "./keys.js";
import { send } from "./send.js";
import { composing, fold, say } from "./words.js";

let dialog, input, list;
let fetched = null;
let chosen = 0;
let shown = [];

function commands() {
  const places = [...document.querySelectorAll("[data-command]")].map((element) => ({
    label: element.dataset.command,
    words: element.dataset.words ?? "",
    group: element.matches("a") ? say("palette-go") : say("palette-do"),
    run: () => element.click(),
  }));
  const known = new Set(places.map((place) => place.label));
  const deeds = keysOnPage()
    .filter(({ label, element }) => label && !known.has(label) && !dialog.contains(element) && element.dataset.dialog !== "palette")
    .map(({ label, element }) => ({ label, words: "", group: say("palette-do"), run: () => press(element) }));
  const far = (fetched ?? []).map(({ label, words = "", url }) => ({ label, words, group: say("palette-go"), run: () => location.assign(url) }));
  return [...deeds, ...places, ...far.filter((place) => !known.has(place.label))];
}

function searchCommand(words) {
  const form = document.querySelector("form.search");
  if (!words || !form) return [];
  const run = () => {
    form.elements.q.value = words;
    form.requestSubmit();
  };
  return [{ label: say("palette-search", { words }), group: "", run }];
}

function draw() {
  const words = input.value.trim();
  const wanted = fold(words).split(/\s+/);
  const fits = ({ label, words: other }) => wanted.every((word) => fold(`${label} ${other}`).includes(word));
  shown = [...commands().filter(fits).slice(0, 12), ...searchCommand(words)];
  chosen = 0;
  list.replaceChildren(...shown.map(option));
  mark();
}

function option({ label, group }, at) {
  const node = document.createElement("div");
  node.className = "palette__option";
  node.id = `palette-option-${at}`;
  node.role = "option";
  node.append(label);
  const kind = node.appendChild(document.createElement("span"));
  kind.className = "palette__group";
  kind.textContent = group;
  node.addEventListener("click", () => run(at));
  return node;
}

function mark() {
  [...list.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === chosen)));
  const node = list.children[chosen];
  input.setAttribute("aria-activedescendant", node?.id ?? "");
  node?.scrollIntoView({ block: "nearest" });
}

function run(at) {
  const command = shown[at];
  dialog.close();
  command?.run();
}

function onKey(event) {
  if (composing(event)) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    chosen = (chosen + step + shown.length) % Math.max(shown.length, 1);
    mark();
  } else if (event.key === "Enter") {
    event.preventDefault();
    run(chosen);
  }
}

async function fetchOnce() {
  const url = document.body.dataset.commandsUrl;
  if (!url || fetched) return;
  fetched = [];
  const answer = await send(url, { method: "GET" }).catch(() => null);
  if (answer?.ok) fetched = await answer.json();
  draw();
}

export function start() {
  dialog = document.getElementById("palette");
  if (!dialog) return;
  input = dialog.querySelector("input");
  list = dialog.querySelector("[role=listbox]");
  input.addEventListener("input", draw);
  input.addEventListener("keydown", onKey);
  new MutationObserver(() => {
    if (!dialog.open) return;
    input.value = "";
    input.focus();
    draw();
    fetchOnce();
  }).observe(dialog, { attributeFilter: ["open"] });
}
