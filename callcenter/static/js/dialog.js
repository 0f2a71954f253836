// Native dialogs. data-dialog="id" opens one, data-close closes it, so does a click beside it unless data-hold stands on it.
// opened(id, before) opens by hand and returns a promise of the dialog's returnValue.
export function opened(id, before) {
  const dialog = document.getElementById(id);
  before?.(dialog);
  dialog.returnValue = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue), { once: true }));
}

function onClick(event) {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    opener.closest("[popover]")?.hidePopover();
    opened(opener.dataset.dialog);
    return;
  }
  const closer = event.target.closest("[data-close]");
  if (closer) {
    closer.closest("dialog")?.close();
    return;
  }
  if (event.target.matches?.("dialog:modal:not(.cover, [data-hold])") && beside(event)) event.target.close();
}

function beside({ target, clientX, clientY }) {
  const box = target.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

export function start() {
  document.addEventListener("click", onClick);
}
