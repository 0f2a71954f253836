// [data-focus]: gets the focus when the page opens (the summary of errors; the field where the work begins). The first one wins.
export function start() {
  document.querySelector("[data-focus]")?.focus({ preventScroll: false });
}
