// What the scripts say: the Japanese stands in frames/_words.html, behind gettext.
// say("draft-saved", {time: "10:42"}) fills {time}. announce(text) reads it out without moving anything.
const words = new Map();

for (const node of document.getElementById("words")?.content.children ?? []) words.set(node.dataset.word, node.textContent);

export function say(key, values = {}) {
  return (words.get(key) ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function announce(text) {
  const place = document.getElementById("announce");
  if (!place) return;
  place.textContent = "";
  requestAnimationFrame(() => (place.textContent = text));
}

export const clock = (moment) => moment.toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Tokyo" });

// Width, case and kana make no difference when a person looks for a word.
export const fold = (text) =>
  text.normalize("NFKC").toLowerCase().replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));

// A key that belongs to the input method, not to us.
export const composing = (event) => event.isComposing || event.keyCode === 229;
