// The one door to the server for the scripts: adds the token, waits for a new sign-in on 401 and then tries again.
// send(url, {fields, method, keepalive, signal}) → Response. Rejects only when the server cannot be reached (or on abort).
const token = () => document.querySelector('meta[name="csrf-token"]');
let signIn = null; // session.js puts a function here: () => Promise that ends when a person is signed in again

export function onSignedOut(ask) {
  signIn = ask;
}

export const csrf = () => token()?.content ?? "";

export function renewToken(value) {
  if (!value || !token()) return;
  token().content = value;
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = value;
}

export async function send(url, { fields = {}, method = "POST", keepalive = false, signal, quiet = false } = {}) {
  const body = method === "GET" ? undefined : fields instanceof URLSearchParams || fields instanceof FormData ? fields : new URLSearchParams(fields);
  const headers = { "X-CSRFToken": csrf(), "X-Requested-With": "fetch" };
  const answer = await fetch(url, { method, body, headers, keepalive, signal, credentials: "same-origin" });
  if (answer.status !== 401 || quiet || !signIn) return answer;
  await signIn();
  return send(url, { fields, method, signal });
}
