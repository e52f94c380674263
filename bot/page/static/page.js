// Sends without leaving the page, and shows what arrives by itself. Without this script every form still posts and
// every answer is still shown.
"use strict";

const view = document.getElementById("conversation");
const list = view.querySelector(".conversation");
const box = document.getElementById("question");
const note = document.getElementById("note");
const line = document.getElementById("line");
const jump = document.getElementById("jump");
const words = (id) => document.getElementById(id).content.textContent.trim();
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const title = document.title;

document.documentElement.classList.add("js");

// ------------------------------------------------------------------------------------------------- what is shown

const numberOf = (item) => Number(item.dataset.turn);
const fromBottom = () => Math.abs(view.scrollTop); // the list is reversed: 0 is the newest
const parse = (html) => document.createRange().createContextualFragment(html);

// Turns come by the stream and by the answer to a question; whichever comes second changes nothing.
function showTurns(html) {
  const atEnd = fromBottom() < 80;
  let newest = null;
  for (const item of parse(html).querySelectorAll("li")) {
    if (item.id && document.getElementById(item.id)) {
      if (item.dataset.turn) replace(document.getElementById(item.id), item);
      continue;
    }
    list.querySelector(".welcome")?.remove();
    if (!item.dataset.turn) {
      insert(item, Infinity);
      continue;
    }
    list.querySelector(`.pending[data-nonce="${CSS.escape(item.dataset.nonce)}"]`)?.remove();
    insert(item, numberOf(item));
    view.dataset.after = Math.max(view.dataset.after, numberOf(item));
    newest = item;
  }
  if (!newest) return;
  if (atEnd) show(newest);
  else jump.hidden = false;
  if (document.hidden) document.title = `(${list.querySelectorAll("[data-unseen]").length + 1}) ${title}`;
  if (document.hidden) newest.dataset.unseen = "";
}

function insert(item, number) {
  const later = [...list.children].find((one) => one.classList.contains("pending") || numberOf(one) > number);
  list.insertBefore(item, later ?? null);
}

// A turn comes again when one of its buttons was pressed: what is unfolded or has the focus stays so.
function replace(old, item) {
  const fresh = [...item.querySelectorAll("details")];
  [...old.querySelectorAll("details")].forEach((one, place) => { if (fresh[place]) fresh[place].open = one.open; });
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(item);
  if (focused) refocus(item, focused);
}

function refocus(within, before) {
  const same = [...within.querySelectorAll(before.tagName)].find(
    (one) => one.value === before.value && one.textContent === before.textContent);
  same?.focus({ preventScroll: true });
}

// The answer is what one waits for: its beginning is in view, its question above it as far as there is room.
function show(item) {
  const over = item.getBoundingClientRect().height - view.clientHeight;
  if (over > 0) item.querySelector(".usher").scrollIntoView({ block: "start" });
  else view.scrollTop = 0;
  jump.hidden = true;
}

view.addEventListener("scroll", () => { if (fromBottom() < 80) jump.hidden = true; }, { passive: true });
jump.addEventListener("click", () => { view.scrollTop = 0; jump.hidden = true; box.focus(); });

// What the time changes: the timeline, and a demonstration's banner.
function showFrame(parts) {
  view.dataset.stamp = parts.stamp;
  document.getElementById("timeline").replaceChildren(parse(parts.timeline));
  const banner = document.getElementById("demonstration");
  if (!banner || !parts.demonstration) return;
  const open = banner.querySelector("details").open;
  const focused = banner.contains(document.activeElement) ? document.activeElement : null;
  banner.replaceChildren(parse(parts.demonstration));
  banner.querySelector("details").open = open;
  if (focused) refocus(banner, focused);
}

// -------------------------------------------------------------------------------------------------------- asking

const nonce = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18)))).replace(/[+/]/g, "-");

// A fetch that follows no redirect and takes only JSON: a proxy's page of its own is no answer.
async function post(address, fields) {
  const answer = await fetch(address, {
    method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" }, redirect: "error",
  });
  return { status: answer.status, said: await answer.json() };
}

function ask(fields, label, button) {
  const item = document.getElementById("pending").content.firstElementChild.cloneNode(true);
  item.dataset.nonce = fields.nonce;
  item.querySelector(".bubble").textContent = label;
  item.querySelector(".failure button").addEventListener("click", () => send(item, fields, button));
  list.querySelector(".welcome")?.remove();
  list.append(item);
  view.scrollTop = 0;
  send(item, fields, button);
}

let before = Promise.resolve(); // one after the other, so that the answers come in the order of the questions

function send(item, fields, button) {
  item.classList.remove("failed");
  item.querySelector(".failure").hidden = true;
  before = before.then(() => sendNow(item, fields, button));
}

async function sendNow(item, fields, button) {
  try {
    for (;;) {
      const { status, said } = await post("/", { ...fields, after: view.dataset.after });
      if (said.reload) return reload(fields, button);
      if (status === 200) {
        showTurns(said.html);
        item.remove();
        return;
      }
      if (status !== 429) return failed(item, button, said.note);
      item.querySelector(".state").textContent = words("too-many");
      await wait(said.wait * 1000);
    }
  } catch {
    // No connection, or something between us that is not Usher. The stream may have brought the answer already.
    if (item.isConnected) failed(item, button, words("offline"));
  }
}

function failed(item, button, why) {
  item.classList.add("failed");
  item.querySelector(".why").textContent = why;
  item.querySelector(".failure").hidden = false;
  button?.form?.querySelectorAll("[aria-disabled]").forEach((one) => one.removeAttribute("aria-disabled"));
  view.scrollTop = 0;
}

function reload(fields, button) {
  if (!button && fields) keepDraft(fields.text);
  location.reload();
}

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  const where = form.getAttribute("action");
  if (where === "/time") {
    event.preventDefault();
    move(form, button);
  } else if (where === "/" && form.method === "post") {
    event.preventDefault();
    if (form.classList.contains("composer")) askTyped();
    else if (button && button.getAttribute("aria-disabled") !== "true") askPressed(form, button);
  } else if (where === "/signout") {
    stream?.close(); // or its "gone" would reload this page before the next one is there
    keepDraft("");
  }
});

function askTyped() {
  const text = box.value.trim();
  const over = [...text].length - box.dataset.limit;
  box.setAttribute("aria-invalid", String(over > 0));
  note.textContent = !text ? box.dataset.empty : over > 0 ? box.dataset.left.replace("{count}", over.toLocaleString()) : "";
  box.focus();
  if (!text || over > 0) return;
  box.value = "";
  keepDraft("");
  ask({ text, nonce: nonce() }, text);
}

function askPressed(form, button) {
  const under = form.elements.under?.value;
  const fields = { text: button.value, nonce: under ? form.elements.nonce.value : nonce() };
  if (under) {
    fields.under = under;
    // They keep the focus, which a disabled button would lose.
    form.querySelectorAll("button").forEach((one) => one.setAttribute("aria-disabled", "true"));
  }
  ask(fields, button.textContent.trim(), under ? button : null);
}

async function move(form, button) {
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  try {
    const { status, said } = await post("/time", { moves: form.elements.moves.value, by: button.value });
    if (status === 200) {
      showFrame(said);
      line.textContent = document.querySelector("#demonstration time").textContent;
    }
  } catch {
    delete form.dataset.sent;
    line.textContent = words("offline");
  }
}

// ------------------------------------------------------------------------------------------------ what arrives

let stream = null;
let again = 0, pause = 5000;

function listen() {
  clearTimeout(again);
  if (stream && stream.readyState !== EventSource.CLOSED) return;
  const query = new URLSearchParams({ after: view.dataset.after, stamp: view.dataset.stamp });
  const own = stream = new EventSource(`/stream?${query}`);
  own.addEventListener("open", () => { line.textContent = ""; pause = 5000; });
  own.addEventListener("turns", (event) => showTurns(JSON.parse(event.data).html));
  own.addEventListener("frame", (event) => showFrame(JSON.parse(event.data)));
  own.addEventListener("gone", () => { own.close(); location.reload(); });
  own.addEventListener("reload", () => { own.close(); location.reload(); });
  own.addEventListener("rest", () => own.close()); // newer tabs have the streams; back in view, this one asks again
  own.addEventListener("error", () => {
    // The browser comes again by itself, unless something that is not Usher answered.
    if (document.visibilityState === "visible") lost(own);
    if (own.readyState !== EventSource.CLOSED) return;
    again = setTimeout(listen, pause * (1 + Math.random()));
    pause = Math.min(pause * 2, 60000);
  });
}

function lost(own) {
  // A short cut is mended before anybody could read of it.
  setTimeout(() => { if (own === stream && own.readyState !== EventSource.OPEN) line.textContent = words("offline"); }, 4000);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  document.title = title;
  list.querySelectorAll("[data-unseen]").forEach((one) => delete one.dataset.unseen);
  listen();
});
window.addEventListener("online", listen);
window.addEventListener("pagehide", () => stream?.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });

// ---------------------------------------------------------------------------------------------- the question box

function keepDraft(text) {
  try {
    if (text) sessionStorage.setItem("draft", text);
    else sessionStorage.removeItem("draft");
  } catch { /* the browser keeps nothing: then a reload loses the draft */ }
}

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

box.addEventListener("input", () => { keepDraft(box.value); grow(); });
box.addEventListener("keydown", (event) => {
  // While Chinese is being composed, Enter chooses a character: it must not send.
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  box.form.requestSubmit();
});
box.required = false; // the note says what is missing, in the page's own language
try { box.value ||= sessionStorage.getItem("draft") ?? ""; } catch { /* as above */ }
// On a phone, focus would cover half of the page with the keyboard.
if (window.matchMedia("(pointer: fine)").matches) box.focus({ preventScroll: true });

// ------------------------------------------------------------------------------------------ copying and printing

function sourcesOf(item) {
  const quotes = [...item.querySelectorAll("figure")].map((one) =>
    `${one.querySelector("figcaption").textContent}: “${one.querySelector("blockquote").textContent}”`);
  return [...quotes, item.querySelector(".copy").dataset.answered];
}

const withSource = (item, text) => [text, ...sourcesOf(item)].join("\n\n");
let copied = null; // what the button copies; null while a person copies what is selected

document.addEventListener("copy", (event) => {
  const selection = document.getSelection();
  const item = selection.anchorNode?.parentElement?.closest(".exchange");
  const text = item?.querySelector(".usher .text");
  const within = item?.querySelector("figure") && text.contains(selection.anchorNode) && text.contains(selection.focusNode);
  if (copied === null && !within) return; // words of several answers are copied as they stand
  event.clipboardData.setData("text/plain", copied ?? withSource(item, selection.toString()));
  event.preventDefault();
});

list.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const item = button.closest(".exchange");
  copied = withSource(item, item.querySelector(".usher .text").textContent);
  const done = document.execCommand("copy"); // works without https, which the newer way does not
  copied = null;
  if (done) line.textContent = button.dataset.done;
  setTimeout(() => { if (line.textContent === button.dataset.done) line.textContent = ""; }, 3000);
});

const folded = () => document.querySelectorAll("details.source:not([open])");
window.addEventListener("beforeprint", () => folded().forEach((one) => { one.open = true; one.dataset.printed = ""; }));
window.addEventListener("afterprint", () => document.querySelectorAll("details[data-printed]").forEach((one) => {
  one.open = false;
  delete one.dataset.printed;
}));

// ---------------------------------------------------------------------------------------------- what pulls down

document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.pull[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.pull[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
});

if (location.search) history.replaceState(null, "", location.pathname);
listen();
