// Pictures of an article. [data-picture-url=address] holds input[name=picture] (the file), input[name=picture_alt] (what it shows) and
// a button [data-picture-add]; data-picture-into="id" is the field that gets the markdown at its cursor. A picture dropped on that field
// or pasted into it is put into the file input, and the cursor goes to the words. Without scripts the button sends the form.
import { send } from "./send.js";
import { announce, say } from "./words.js";

class Picture {
  constructor(box) {
    this.box = box;
    this.form = box.closest("form");
    this.file = box.querySelector("[name=picture]");
    this.alt = box.querySelector("[name=picture_alt]");
    this.said = box.querySelector("[data-picture-said]");
    this.into = document.getElementById(box.dataset.pictureInto);
    box.querySelector("[data-picture-add]").addEventListener("click", (event) => this.add(event));
    this.alt.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && this.add(event));
    this.into.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
    this.into.addEventListener("drop", (event) => this.take(event, event.dataTransfer.files));
    this.into.addEventListener("paste", (event) => this.take(event, event.clipboardData.files));
  }

  take(event, files) {
    const picture = [...files].find((file) => file.type.startsWith("image/"));
    if (!picture) return;
    event.preventDefault();
    const holder = new DataTransfer();
    holder.items.add(picture);
    this.file.files = holder.files;
    this.tell("");
    this.box.closest("details")?.setAttribute("open", "");
    this.alt.focus();
  }

  async add(event) {
    event.preventDefault();
    if (this.running) return;
    this.running = true;
    this.tell(say("picture-sending"));
    const fields = new FormData();
    for (const name of ["programme", "article"]) fields.set(name, this.form.elements[name]?.value ?? "");
    fields.set("picture_alt", this.alt.value);
    if (this.file.files[0]) fields.set("picture", this.file.files[0]);
    try {
      const answer = await send(this.box.dataset.pictureUrl, { fields });
      const said = await answer.json().catch(() => ({}));
      if (answer.ok) this.insert(said.markdown);
      else this.tell(said.message ?? say("failed", { status: answer.status }), true);
    } catch {
      this.tell(say("away"), true);
    }
    this.running = false;
  }

  insert(markdown) {
    this.into.focus();
    const { selectionStart: at, value } = this.into;
    const before = at && value[at - 1] !== "\n" ? "\n\n" : "";
    this.into.setRangeText(`${before}${markdown}\n`, at, this.into.selectionEnd, "end");
    this.into.dispatchEvent(new Event("input", { bubbles: true }));
    this.file.value = "";
    this.alt.value = "";
    this.tell("");
    announce(say("picture-inserted"));
  }

  tell(words, wrong = false) {
    this.said.textContent = words;
    this.said.classList.toggle("field__error", wrong);
  }
}

for (const box of document.querySelectorAll("[data-picture-url]")) new Picture(box);
