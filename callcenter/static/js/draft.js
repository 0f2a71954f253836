// What is typed is kept on the server while it is typed; nothing is kept in the browser but the page itself.
//   form[data-draft-url]      POST here: the form's fields (no files, no passwords, no csrf_token) and draft_version
//   data-draft-version        the version that the page was made with (0: none); the server answers {"version", "saved_at"}
//   [data-draft-status]       inside the form: says how it stands (data-state: clean, saving, saved, away, refused, differs)
// 409 {"version", "saved_at", "fields"}: another device changed it: both texts are shown, one is chosen, nothing is lost.
// Server away: the text stays in the page, the form says so, and tries again after 1, 2, 4 … 30 seconds, or when the network returns.
// settled(form) → promise of true when everything typed is on the server, false when it cannot be now (once.js asks before sending).
// The server fills a page with the draft that it holds; there is nothing to restore here.
import { opened } from "./dialog.js";
import { onceSent } from "./once.js";
import { send } from "./send.js";
import { clock, say } from "./words.js";

const QUIET = 600; // after the last key
const LONGEST = 1500; // after the first unsaved key
const drafts = new Map();

class Draft {
  constructor(form) {
    this.form = form;
    this.version = form.dataset.draftVersion ?? "0";
    this.saved = this.text();
    this.pause = 1000;
    form.addEventListener("input", () => this.touched());
    form.addEventListener("change", () => this.touched());
  }

  fields() {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value !== "string" || name === "csrf_token" || name === "once") continue;
      if (this.form.elements[name]?.type !== "password") fields.append(name, value);
    }
    return fields;
  }

  text() {
    return this.fields().toString();
  }

  get dirty() {
    return this.text() !== this.saved;
  }

  touched() {
    this.form.toggleAttribute("data-unsaved", this.dirty);
    if (!this.dirty || this.asking) return;
    this.since ??= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(QUIET, this.since + LONGEST - Date.now())));
  }

  // One save at a time; keys typed meanwhile make the next one.
  save(options = {}) {
    clearTimeout(this.timer);
    this.since = undefined;
    if (this.running) return this.running.then(() => (this.dirty && !this.failed ? this.save(options) : undefined));
    if (!this.dirty || this.asking) return Promise.resolve();
    this.running = this.post(options).finally(() => (this.running = null));
    return this.running;
  }

  async post({ keepalive = false } = {}) {
    const fields = this.fields();
    const text = fields.toString();
    fields.set("draft_version", this.version);
    if (!this.failed) this.show("saving");
    try {
      const answer = await send(this.form.dataset.draftUrl, { fields, keepalive: keepalive && text.length < 50000, quiet: keepalive });
      await this.answered(answer, text);
    } catch {
      this.away();
    }
  }

  async answered(answer, text) {
    if (answer.status === 409) return this.differs(await answer.json());
    if (answer.status >= 500 || answer.status === 429) return this.away();
    this.failed = !answer.ok;
    if (!answer.ok) return this.show("refused");
    const { version, saved_at } = await answer.json();
    this.version = String(version);
    this.saved = text;
    this.pause = 1000;
    this.form.toggleAttribute("data-unsaved", this.dirty);
    this.show("saved", { time: clock(saved_at ? new Date(saved_at) : new Date()) });
    if (this.dirty) this.touched();
  }

  away() {
    this.failed = true;
    this.show("away", { seconds: Math.round(this.pause / 1000) });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), this.pause);
    this.pause = Math.min(this.pause * 2, 30000);
  }

  show(state, values) {
    const status = this.form.querySelector("[data-draft-status]");
    if (!status) return;
    status.dataset.state = state;
    const words = say(`draft-${state}`, values);
    if (status.textContent !== words) status.textContent = words;
  }

  async differs({ version, saved_at, fields }) {
    this.show("differs");
    this.asking = true;
    const names = Object.keys(fields).filter((name) => this.valueOf(name) !== fields[name] && this.form.elements[name]);
    const choice = names.length ? await opened("differs", (dialog) => this.drawDifference(dialog, names, fields, saved_at)) : "mine";
    this.asking = false;
    this.version = String(version);
    for (const name of names) this.choose(name, fields[name], choice);
    this.saved = "";
    await this.post();
  }

  valueOf(name) {
    return this.form.elements[name]?.value;
  }

  choose(name, theirs, choice) {
    const field = this.form.elements[name];
    if (choice === "theirs") field.value = theirs;
    if (choice === "both" && field.type === "textarea") field.value = `${field.value}\n\n${theirs}`;
    field.dispatchEvent?.(new Event("input", { bubbles: true }));
  }

  drawDifference(dialog, names, fields, savedAt) {
    const time = savedAt ? clock(new Date(savedAt)) : "";
    dialog.dataset.hold = "";
    dialog.classList.add("dialog--wide");
    dialog.querySelector("h2").textContent = say("differs-title");
    const lead = element("p", "quiet", say("differs-lead"));
    const sides = names.map((name) => {
      const box = element("div", "diff");
      box.append(side(say("differs-mine"), this.valueOf(name)), side(say("differs-theirs", { time }), fields[name]));
      return box;
    });
    const foot = element("div", "dialog__foot");
    for (const [value, kind] of [["theirs", "secondary"], ["mine", "secondary"], ["both", "primary"]]) {
      const button = element("button", `button button--${kind}`, say({ theirs: "differs-use-theirs", mine: "differs-use-mine", both: "differs-join" }[value]));
      button.type = "button";
      button.addEventListener("click", () => dialog.close(value));
      foot.append(button);
    }
    dialog.oncancel = (event) => event.preventDefault();
    dialog.querySelector("[data-differs]").replaceChildren(lead, ...sides, foot);
  }
}

function element(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

function side(title, text) {
  const box = element("div", "diff__side");
  box.append(element("p", "diff__head", title), element("p", "diff__text", text));
  return box;
}

export async function settled(form) {
  const draft = drafts.get(form);
  if (!draft) return true;
  await Promise.race([draft.save(), new Promise((done) => setTimeout(done, 4000))]);
  return !draft.dirty;
}

function adopt(root) {
  for (const form of root.querySelectorAll("form[data-draft-url]")) if (!drafts.has(form)) drafts.set(form, new Draft(form));
}

const saveAll = (options) => {
  for (const [form, draft] of drafts) {
    if (!form.isConnected) drafts.delete(form);
    else if (draft.dirty && !onceSent(form)) draft.save(options);
  }
};

export function start() {
  adopt(document);
  document.addEventListener("htmx:load", (event) => adopt(event.detail.elt.parentNode ?? document));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && saveAll({ keepalive: true }));
  window.addEventListener("pagehide", () => saveAll({ keepalive: true }));
  window.addEventListener("online", () => saveAll());
}
