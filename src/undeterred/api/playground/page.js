"use strict";
// Swagger UI over this server's own document; the form at the top logs in and fills in "Authorize".
const who = document.getElementById("who");
const form = document.getElementById("login");

const last = ["Alpha", "Internal"];
let token = "";

// The filter finds words of what a call does too, not only of its path and tag.
const found = (call, text) =>
  [call.get("path"), call.getIn(["operation", "summary"]), call.getIn(["operation", "operationId"])].some((said) =>
    String(said).toLowerCase().includes(text)
  );
const opsFilter = (tags, phrase) => {
  const text = phrase.toLowerCase().trim();
  return tags
    .map((tag, name) => (name.toLowerCase().includes(text) ? tag : tag.update("operations", (calls) => calls.filter((call) => found(call, text)))))
    .filter((tag) => tag.get("operations").size > 0);
};

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 2,
  plugins: [() => ({ fn: { opsFilter } })],
  tagsSorter: (a, b) => last.includes(a) - last.includes(b) || a.localeCompare(b),
  operationsSorter: (a, b) => a.get("path").localeCompare(b.get("path")) || a.get("method").localeCompare(b.get("method")),
  filter: true,
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  onComplete: () => token && ui.preauthorizeApiKey("Authorize", token),
  responseInterceptor: (answer) => {
    if (answer.ok && /\/api\/v1\/auth\/login$/.test(answer.url) && answer.obj && answer.obj.token) welcome(answer.obj);
    return answer;
  },
});

function welcome(answer) {
  token = answer.token;
  ui.preauthorizeApiKey("Authorize", token);
  who.textContent = `Logged in as ${answer.user.username}: every call below carries your token.`;
  who.className = "in";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const body = JSON.stringify({ username: fields.get("username"), password: fields.get("password"), isHashed: false });
  try {
    const reply = await fetch("/api/v1/auth/login", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const answer = await reply.json();
    if (reply.ok) return welcome(answer);
    who.textContent = `Not logged in: ${answer.error ? answer.error.error : reply.statusText}`;
  } catch (problem) {
    who.textContent = `Not logged in: the server did not answer (${problem.message})`;
  }
  who.className = "wrong";
});
