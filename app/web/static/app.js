// What the staff's pages gain with script. Each of them works without; nothing here writes markup or keeps anything.
const all = (selector) => [...document.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

// A second press within a few seconds sends nothing: the first is on its way. A form whose answer is a file leaves
// the page where it is, so the guard ends by itself.
const GUARD_MS = 5000;
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (Date.now() - (sent.get(event.target) ?? 0) < GUARD_MS) event.preventDefault();
  else sent.set(event.target, Date.now());
});
addEventListener("pageshow", () => all("form").forEach((form) => sent.delete(form)));

// An opened value goes when its time is over, by the clock on the wall: a lid that was shut counts too.
const loaded = Date.now();
const shown = all("[data-remask-seconds]").map((value) => [value, loaded + 1000 * Number(value.dataset.remaskSeconds)]);
function mask(value) {
  value.replaceChildren(value.dataset.remaskWords ?? "");
  value.classList.remove("am-value", "am-opened");
}

// In a conversation the page is covered sooner: whoever is there has said so within the last minute, by writing or by
// a hand on the machine. What could not be saved keeps its page, which is blanked instead.
const COVER_SECONDS = 300;
const HERE_MS = 60000;
const unsaved = new Set();
let touched = 0;
document.addEventListener("input", (event) => event.target.form && unsaved.add(event.target.form));
["keydown", "pointerdown", "pointermove", "wheel"].forEach((kind) => addEventListener(kind, () => (touched = Date.now()), { passive: true }));
function cover() {
  since = -Infinity;
  shown.forEach(([value]) => mask(value));
  if (unsaved.size) blank();
  else location.replace(`${session.dataset.cover}?to=${location.pathname}`);
}

// Before the session ends the page asks, and another tab that stayed speaks for all of them.
const WARN_SECONDS = 300;
const session = byId("am-session");
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("am-session") : null;
let since = loaded;
function stayed() {
  since = Date.now();
  if (session?.open) session.close();
}
function ended() {
  since = -Infinity;
  shown.forEach(([value]) => mask(value));
  all("#am-session [data-while]").forEach((part) => (part.hidden = true));
  all("#am-session [data-after]").forEach((part) => (part.hidden = false));
  if (!session.open) session.showModal();
}
async function stay(form) {
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    if (!answer.ok) throw new Error("refused");
    stayed();
    tabs?.postMessage("stayed");
  } catch {
    ended();
  }
}
session?.querySelector("form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  stay(event.target);
});
// Escape means the same as doing nothing, and would hide what is about to happen.
session?.addEventListener("cancel", (event) => event.preventDefault());
if (session && tabs) {
  tabs.onmessage = () => since > -Infinity && stayed();
  tabs.postMessage("stayed");
}

function look() {
  const now = Date.now();
  shown.filter(([, until]) => now >= until).forEach(([value]) => mask(value));
  if (!session || since === -Infinity) return;
  if (session.dataset.cover && now - since >= 1000 * COVER_SECONDS) return cover();
  if (session.dataset.cover && touched > since && now - since >= HERE_MS) {
    touched = 0;
    stay(session.querySelector("form"));
  }
  const left = Number(session.dataset.idleSeconds) - (now - since) / 1000;
  if (left <= 0) ended();
  else if (left <= WARN_SECONDS && !session.open) session.showModal();
}
if (session || shown.length) {
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
}

// What is typed at a step is saved by itself, sealed on the server; nothing of it stays in this browser. Only what has
// changed is sent, since each save has its entry in the log.
const SAVE_MS = 20000;
function autosave(form) {
  const told = form.querySelector("[data-draft-said]");
  const say = (word, more = "") => (told.textContent = `${told.dataset[word]} ${more}`.trim());
  const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", numberingSystem: "latn" });
  let changed = false;
  let over = false;
  let under = null;
  async function send() {
    const body = new URLSearchParams(new FormData(form));
    body.set("auto", "1");
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "manual" });
      if (answer.status === 401) return ended();
      if (answer.status !== 200 && answer.status !== 409) throw new Error("refused");
      const found = await answer.json();
      if (found.saved) form.elements.draft.value = found.version;
      else over = true;
      if (found.aside) form.elements.aside.value = found.aside;
      if (!found.saved) return say("stale");
      if (!changed) unsaved.delete(form);
      stayed();
      tabs?.postMessage("stayed");
      say("saved", clock());
    } catch {
      changed = true;
      say("failed");
    }
  }
  function save() {
    if (!changed || over || under) return;
    changed = false;
    under = send().finally(() => (under = null));
  }
  form.addEventListener("input", () => (changed = true));
  // The form says which version it holds: it waits for the answer that is on its way.
  form.addEventListener("submit", (event) => {
    if (under) {
      event.preventDefault();
      under.finally(() => form.requestSubmit(event.submitter));
    } else over = true;
  });
  addEventListener("pageshow", () => (over = false));
  document.addEventListener("visibilitychange", () => document.hidden && save());
  setInterval(save, SAVE_MS);
}
all("form[data-draft]").forEach(autosave);

// Keys: g t, g c, / and ? and b. Never inside a field, and not at all where somebody has switched them off.
const GOES = { t: "/today", c: "/cases" };
const inField = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
let before = "";
function blank() {
  const page = byId("am-blank");
  if (!page) return;
  if (page.open) page.close();
  else page.showModal();
}
function press(key) {
  if (before === "g" && GOES[key]) document.querySelector(`.am-nav a[href="${GOES[key]}"]`)?.click();
  else if (key === "/") document.querySelector("[data-filter]")?.focus();
  else if (key === "?") byId("am-keys")?.showModal();
  else if (key === "b") blank();
  else return false;
  return key !== "g";
}
if (!document.querySelector('[data-shortcuts="off"]')) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || inField(event.target)) return;
    if (document.querySelector("dialog[open]:not(#am-blank)")) return;
    if (press(event.key)) event.preventDefault();
    before = event.key;
  });
}

// A large file goes in slices, so that a cut line costs little and the session stays: it goes on where it stopped.
const SLICE_BYTES = 32 * 1024 * 1024;
const EDGE_BYTES = 1024 * 1024;
async function printOf(file) {
  const told = [file.name, file.size, file.lastModified].join("\n");
  const part = new Blob([told, file.slice(0, EDGE_BYTES), file.slice(-EDGE_BYTES)]);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()));
  return [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
function put(address, body, headers, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => (request.status === 200 ? done(JSON.parse(request.responseText)) : failed(request.status));
    request.onerror = () => failed(0);
    request.send(body);
  });
}
async function begun(place, csrf, file, print) {
  const told = { csrf, size_bytes: file.size, fingerprint: print, file_name: file.name.slice(0, 255), media_type: file.type.slice(0, 100) };
  const answer = await fetch(`${place}/begin`, { method: "POST", body: new URLSearchParams(told) });
  if (!answer.ok) throw answer.status;
  return (await answer.json()).id;
}
async function sendInSlices(part, file, csrf) {
  const bar = part.querySelector("progress");
  const place = part.dataset.upload;
  const print = await printOf(file);
  part.dataset.row ||= await begun(place, csrf, file, print);
  const address = `${place}/slices/${part.dataset.row}`;
  let { arrived_bytes: at } = await (await fetch(address)).json();
  bar.hidden = false;
  for (let state = "INCOMING"; state !== "KEPT"; stayed()) {
    const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": at, "Upload-Fingerprint": print, "X-CSRF": csrf };
    const show = (loaded) => (bar.value = (at + loaded) / file.size);
    ({ state, arrived_bytes: at } = await put(address, file.slice(at, at + SLICE_BYTES), headers, show));
  }
}
all("[data-scripted]").forEach((part) => (part.hidden = !crypto.subtle));
all("[data-upload]").forEach((part) =>
  part.querySelector("form").addEventListener("submit", async (event) => {
    const [file] = event.target.elements.file.files;
    if (!crypto.subtle || !file || (file.size < SLICE_BYTES && !part.dataset.row)) return;
    event.preventDefault();
    const button = event.target.querySelector("button");
    button.disabled = true;
    try {
      await sendInSlices(part, file, event.target.elements.csrf.value);
      location.assign(part.dataset.upload);
    } catch (status) {
      part.querySelector("[role=status]").textContent = status >= 400 ? part.dataset.refused : part.dataset.stopped;
    }
    button.disabled = false;
  }),
);
