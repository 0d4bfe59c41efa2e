// Security keys: a question from the server, an answer from the key, and the form goes off with it. Nothing is kept.
const all = (selector) => [...document.querySelectorAll(selector)];
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const number = (id, how) => ({ type: "public-key", id: bytes(id), ...(how ? { transports: how.split(",") } : {}) });

async function question(address, part, form) {
  // What it is about stands on the page, or is chosen in a field of the same form.
  const { action, of } = part.dataset;
  const subject = of ? form.elements[of].value : part.dataset.subject;
  const body = new URLSearchParams(action ? { action, subject } : {});
  for (const name of ["csrf", "login_name"]) if (form.elements[name]) body.set(name, form.elements[name].value);
  const answer = await fetch(address, { method: "POST", body, redirect: "manual" });
  if (!answer.ok) throw new Error("refused");
  return answer.json();
}
const fill = (form, told) => Object.entries(told).forEach(([name, value]) => (form.elements[name].value = value));
const say = (part, word) => (part.querySelector("[role=status]").textContent = part.dataset[word] ?? "");

// Whoever has typed digits and then presses this means the key.
async function show(part, form) {
  say(part, "");
  try {
    const asked = await question(part.dataset.key, part, form);
    if (!asked.keys.length) return say(part, "none");
    const { rawId, response } = await navigator.credentials.get({
      publicKey: {
        challenge: bytes(asked.challenge), rpId: asked.rp_id, timeout: asked.timeout_ms, userVerification: "required",
        allowCredentials: asked.keys.map((id, place) => number(id, asked.transports[place])),
      },
    });
    fill(form, {
      "key.credential": text(rawId), "key.client_data": text(response.clientDataJSON),
      "key.authenticator_data": text(response.authenticatorData), "key.signature": text(response.signature),
      code: "", recovery_code: "",
    });
    form.requestSubmit();
  } catch {
    say(part, "failed");
  }
}

async function add(part, form) {
  say(part, "");
  try {
    const asked = await question(part.dataset.newKey, part, form);
    const { response } = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(asked.challenge), rp: { id: asked.rp_id, name: "office" }, timeout: asked.timeout_ms,
        user: { id: bytes(asked.owner), name: asked.owner_name, displayName: asked.owner_name },
        pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })), attestation: "none",
        authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
        excludeCredentials: asked.taken.map((id) => number(id)),
      },
    });
    fill(form, {
      "new.client_data": text(response.clientDataJSON), "new.attestation": text(response.attestationObject),
      "new.transports": (response.getTransports?.() ?? []).join(","),
    });
    form.requestSubmit();
  } catch {
    say(part, "failed");
  }
}

if (window.PublicKeyCredential) {
  all("[data-key]").forEach((part) => {
    part.hidden = false;
    part.querySelector("button").addEventListener("click", () => show(part, part.closest("form")));
  });
  all("[data-new-key]").forEach((part) => {
    const form = part.closest("form");
    part.hidden = false;
    form.addEventListener("submit", (event) => {
      if (form.elements["new.attestation"].value) return;
      event.preventDefault();
      add(part, form);
    });
  });
} else all("[data-no-key]").forEach((part) => (part.hidden = false));
// An answer is good once: whoever comes back to the page asks again.
addEventListener("pageshow", () => all("[name^='key.'], [name^='new.']").forEach((input) => (input.value = "")));
