// htmx in the house's manners: every request carries the token; 401 waits for a sign-in and is sent again; what failed is said in a toast,
// in the server's own words where it gave some; the focus stays where it was.
import { csrf } from "./send.js";
import { signedIn } from "./session.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

function refusalIn(page) {
  return new DOMParser().parseFromString(page, "text/html").querySelector("[data-refusal]")?.textContent.trim();
}

// htmx writes the page's address into the session storage when it starts; nothing of ours stays in the browser.
const PATH = "htmx-current-path-for-history";

export function start() {
  sessionStorage.removeItem(PATH);
  document.addEventListener("htmx:configRequest", (event) => (event.detail.headers["X-CSRFToken"] = csrf()));
  document.addEventListener("htmx:sendError", () => toast(say("away")));
  document.addEventListener("htmx:responseError", async (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status !== 401) return toast(refusalIn(xhr.responseText) || say("failed", { status: xhr.status }));
    await signedIn();
    window.htmx.ajax(requestConfig.verb, requestConfig.path, { source: requestConfig.elt, target: requestConfig.target, values: Object.fromEntries(requestConfig.formData) });
  });
}
