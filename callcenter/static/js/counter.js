// [data-counter=limit] on a field: #<field id>-count says how many characters it has. It warns and never cuts.
import { say } from "./words.js";

function count(field) {
  const place = document.getElementById(`${field.id}-count`);
  const limit = Number(field.dataset.counter);
  if (!place) return;
  const length = [...field.value].length;
  const over = length - limit;
  place.toggleAttribute("data-over", over > 0);
  place.textContent = say(over > 0 ? "count-over" : "count", { length, limit, over });
}

export function start() {
  document.querySelectorAll("[data-counter]").forEach(count);
  document.addEventListener("input", (event) => event.target.matches?.("[data-counter]") && count(event.target));
}
