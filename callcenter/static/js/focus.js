// [data-focus]: gets the focus when the page opens (the summary of errors; the field where the work begins). The first one wins.
// The page's own place in the menu is in sight: on a phone the menu is longer than the screen.
export function start() {
  document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.querySelector("[data-focus]")?.focus({ preventScroll: false });
}
