// What the public site adds where scripts run: suggestions under the search line (form[data-suggestions]), copying an
// address ([data-share]), printing ([data-print]). Without it every page works.
const WAIT_MS = 250;

function suggest(form) {
  const line = form.querySelector("input[type=search]");
  const place = form.querySelector("[data-found]");
  let waiting, asked = 0;

  async function ask() {
    const words = line.value.trim();
    const mine = ++asked;
    let found = [];
    if (words.length > 1) {
      try {
        const answer = await fetch(`${form.dataset.suggestions}?q=${encodeURIComponent(words)}`);
        if (answer.ok) found = await answer.json();
      } catch {
        found = [];
      }
    }
    if (mine === asked) show(found);
  }

  function show(found) {
    const list = document.createElement("ul");
    list.className = "public-list";
    for (const one of found) {
      const link = document.createElement("a");
      link.className = "public-list__link";
      link.href = one.url;
      link.textContent = one.question;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    place.replaceChildren(...(found.length ? [list] : []));
  }

  line.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT_MS);
  });
  line.addEventListener("compositionend", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT_MS);
  });
}

function share(section) {
  const copy = section.querySelector("[data-share-copy]");
  const said = section.querySelector("[data-share-said]");
  if (navigator.clipboard && window.isSecureContext) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(section.querySelector("[data-share-url]").href);
      said.textContent = copy.dataset.done;
    });
  }
}

for (const form of document.querySelectorAll("form[data-suggestions]")) suggest(form);
for (const section of document.querySelectorAll("[data-share]")) share(section);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
document.documentElement.dataset.ready = "yes";
