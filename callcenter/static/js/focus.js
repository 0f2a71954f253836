// [data-focus]: gets the focus when the page opens (the summary of errors; the field where the work begins). The first one wins.
// The page's own place in the menu and among its neighbours is in sight: on a phone both are longer than the screen.
export function start() {
  for (const here of document.querySelectorAll(".rail [aria-current], .tabs [aria-current]")) {
    const row = here.closest(".desk__rail, .tabs");
    row.scrollLeft += Math.max(0, here.getBoundingClientRect().right - row.getBoundingClientRect().right);
  }
  document.querySelector("[data-focus]")?.focus({ preventScroll: false });
}
