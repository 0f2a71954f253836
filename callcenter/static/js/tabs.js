// Parts of one page behind tabs (components/tabs.html): arrows move, the chosen part is shown, the others are hidden.
function choose(tab, focus = true) {
  for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
    const on = other === tab;
    other.setAttribute("aria-selected", String(on));
    other.tabIndex = on ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !on;
  }
  if (focus) tab.focus();
}

function onKey(event) {
  const tabs = [...event.currentTarget.querySelectorAll("[role=tab]")];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  choose(tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length]);
}

export function start() {
  for (const list of document.querySelectorAll("[data-tabs]")) {
    choose(list.querySelector('[aria-selected="true"]'), false);
    list.addEventListener("keydown", onKey);
    list.addEventListener("click", (event) => event.target.closest("[role=tab]") && choose(event.target.closest("[role=tab]")));
  }
}
