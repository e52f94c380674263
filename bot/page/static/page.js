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
  for (const item of [...parse(html).children]) {
    if (item.id && document.getElementById(item.id)) {
      if (item.dataset.turn) settle(document.getElementById(item.id), item);
      answered(item.dataset.nonce);
      continue;
    }
    list.querySelector(".welcome")?.remove();
    if (!item.dataset.turn) {
      insert(item, Infinity);
      continue;
    }
    answered(item.dataset.nonce);
    insert(item, numberOf(item));
    newest = item;
  }
  if (!newest) return null;
  if (atEnd) show(newest);
  else jump.hidden = false;
  if (document.hidden) document.title = `(${list.querySelectorAll("[data-unseen]").length + 1}) ${title}`;
  if (document.hidden) newest.dataset.unseen = "";
  return newest;
}

function answered(mark) {
  list.querySelector(`.pending[data-nonce="${CSS.escape(mark)}"]`)?.remove();
  forget(mark);
}

function insert(item, number) {
  const later = [...list.children].find((one) => one.classList.contains("pending") || numberOf(one) > number);
  list.insertBefore(item, later ?? null);
}

// A turn comes again when one of its buttons was pressed or its words were changed. Only that is shown anew, so that
// nothing is read aloud twice and what is unfolded stays so.
function settle(old, item) {
  const text = old.querySelector(".text"), said = item.querySelector(".text");
  if (text && said && text.innerHTML !== said.innerHTML) text.replaceWith(said);
  const choices = old.querySelector(".choices"), fresh = item.querySelector(".choices");
  if (!choices || !fresh || choices.outerHTML === fresh.outerHTML) return;
  const place = [...choices.querySelectorAll("button")].indexOf(document.activeElement);
  choices.replaceWith(fresh);
  fresh.querySelectorAll("button")[place]?.focus({ preventScroll: true });
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

// What the time changes: the timeline, and a demonstration's banner. A new frame comes every minute there: what has not
// changed is left alone, and the focus stays where it was.
let timeline = null;

function showFrame(parts) {
  view.dataset.stamp = parts.stamp;
  if (parts.timeline !== timeline) document.getElementById("timeline").replaceChildren(parse(parts.timeline));
  timeline = parts.timeline;
  const forward = document.getElementById("forward");
  if (!forward || !parts.forward) return;
  document.getElementById("clock").replaceChildren(parse(parts.clock));
  exchangeButtons(forward, parts.forward);
}

// What is the visitor's own: for whom they act, and what they can ask for then.
function showOwn(parts) {
  if (!parts || parts.stamp === view.dataset.own) return;
  view.dataset.own = parts.stamp;
  document.getElementById("acting").textContent = parts.acting;
  exchangeButtons(document.getElementById("starts"), parts.starts);
}

// Whoever goes by keyboard is still where they were.
function exchangeButtons(place, html) {
  const reach = () => [...place.querySelectorAll("button")];
  const at = reach().indexOf(document.activeElement);
  place.replaceChildren(parse(html));
  if (at >= 0) (reach()[at] ?? reach()[0]).focus({ preventScroll: true });
}

// -------------------------------------------------------------------------------------------------------- asking

const nonce = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18)))).replace(/[+/]/g, "-");

const language = document.documentElement.dataset.language;
let visitor = view.dataset.visitor;

// It follows no redirect and takes only JSON: a proxy's page of its own is no answer. It does not wait for ever either:
// what comes after would wait with it.
async function post(address, fields) {
  const answer = await fetch(`${address}?language=${language}`, {
    method: "POST", body: new URLSearchParams({ ...fields, visitor }), headers: { Accept: "application/json" },
    redirect: "error", signal: AbortSignal.timeout(30000),
  });
  return { status: answer.status, said: await answer.json() };
}

// What is not answered yet is kept in this tab: a reload or a switch of language loses nothing.
const store = (key, value) => {
  try {
    if (value) sessionStorage.setItem(key, value);
    else sessionStorage.removeItem(key);
  } catch { /* the browser keeps nothing: then a reload loses it */ }
};
const stored = (key) => { try { return sessionStorage.getItem(key) ?? ""; } catch { return ""; } };
const unsent = () => { try { return JSON.parse(stored("unsent") || "[]"); } catch { return []; } };
const keepUnsent = (all) => store("unsent", all.length ? JSON.stringify(all) : "");
const forget = (mark) => keepUnsent(unsent().filter((one) => markOf(one.fields) !== mark));
// All buttons under an answer have one nonce: what was pressed tells them apart.
const markOf = (fields) => (fields.under ? `${fields.nonce} ${fields.text}` : fields.nonce);

function ask(fields, label, button) {
  keepUnsent([...unsent().filter((one) => markOf(one.fields) !== markOf(fields)), { fields, label, visitor }]);
  send(pend(fields, label, button), fields, button);
}

function pend(fields, label, button) {
  const item = document.getElementById("pending").content.firstElementChild.cloneNode(true);
  item.dataset.nonce = markOf(fields);
  item.querySelector(".bubble").textContent = label;
  item.querySelector(".failure button").addEventListener("click", () => send(item, fields, button));
  list.querySelector(".welcome")?.remove();
  list.append(item);
  view.scrollTop = 0;
  return item;
}

let before = Promise.resolve(); // one after the other, so that the answers come in the order of the questions
let leaving = false; // the page is being made anew: what waits is sent, or offered, by the next one

function send(item, fields, button) {
  item.classList.remove("failed");
  item.querySelector(".failure").hidden = true;
  before = before.then(() => leaving || sendNow(item, fields, button));
}

async function sendNow(item, fields, button) {
  try {
    for (;;) {
      const { status, said } = await post("/", { ...fields, after: view.dataset.after });
      if (status === 409 && !said.wait) return anew();
      if (status === 200) {
        forget(markOf(fields));
        if (said.leave) return leave(said.leave);
        visitor = said.visitor ?? visitor;
        showOwn(said.own);
        const shown = showTurns(said.html);
        // The stream brings turns in their order: one that is new here and older than its last is of another database.
        if (item.isConnected || (shown && numberOf(shown) <= view.dataset.after)) anew();
        return;
      }
      if (status !== 429 && status !== 409) return failed(item, button, said.note);
      if (status === 429) item.querySelector(".state").textContent = words("too-many");
      await wait((said.wait || 2) * 1000);
    }
  } catch {
    // No connection, or something between us that is not Usher. The stream may have brought the answer already.
    if (item.isConnected) failed(item, button, words("not-sent"));
  }
}

function failed(item, button, why) {
  item.classList.add("failed");
  item.querySelector(".why").textContent = why;
  item.querySelector(".failure").hidden = false;
  button?.form?.querySelectorAll("[name][aria-disabled]").forEach((one) => one.removeAttribute("aria-disabled"));
  view.scrollTop = 0;
}

function anew() {
  leaving = true;
  location.reload();
}

// Somebody else's page now, or nobody's: nothing typed here is left for the next person.
function clear() {
  box.value = "";
  store("draft");
  store("unsent");
  leaving = true;
}

function leave(address) {
  stream?.close();
  clear();
  location.assign(address);
}

function gone() {
  clear();
  setTimeout(() => location.reload(), 300); // after the tab that signed out has its new cookie
}

// After a reload: what this visitor asked goes out again (twice is once), the rest waits for a press.
function takeUp() {
  for (const { fields, label, visitor: earlier } of unsent()) {
    const mark = markOf(fields);
    if (list.querySelector(`[data-nonce="${CSS.escape(mark)}"]`) || (fields.under && earlier !== visitor)) {
      forget(mark);
    } else if (earlier === visitor) {
      send(pend(fields, label, null), fields, null);
    } else {
      failed(pend(fields, label, null), null, words("not-sent"));
    }
  }
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
    leaving = true;
    store("draft");
    store("unsent");
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
  store("draft");
  ask({ text, nonce: nonce() }, text);
}

function askPressed(form, button) {
  const under = form.elements.under?.value;
  const fields = { text: button.value, nonce: under ? form.elements.nonce.value : nonce() };
  if (under) {
    fields.under = under;
    // Where one choice decides, the others are settled as well. They keep the focus, which a disabled one would lose.
    const settled = "once" in form.dataset ? form.querySelectorAll("button") : [button];
    settled.forEach((one) => one.setAttribute("aria-disabled", "true"));
  }
  const panel = button.closest("details.pull");
  if (panel) panel.open = false;
  ask(fields, button.textContent.trim(), under ? button : null);
}

async function move(form, button) {
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  try {
    const { status, said } = await post("/time", { moves: form.elements.moves.value, by: button.value });
    if (status === 200) {
      showFrame(said);
      line.textContent = document.querySelector("#clock time").textContent;
    } else {
      line.textContent = said.note;
    }
  } catch {
    line.textContent = words("offline");
  }
  delete form.dataset.sent;
}

// ------------------------------------------------------------------------------------------------ what arrives

let stream = null;
let again = 0, pause = 5000, silent = 0;

function listen() {
  clearTimeout(again);
  if (stream && stream.readyState !== EventSource.CLOSED) return;
  const { after, stamp, own: mine } = view.dataset;
  const query = new URLSearchParams({ after, stamp, own: mine, visitor, language });
  const own = stream = new EventSource(`/stream?${query}`);
  own.addEventListener("open", () => { line.textContent = ""; pause = 5000; heard(); });
  own.addEventListener("beat", heard);
  own.addEventListener("turns", (event) => {
    showTurns(JSON.parse(event.data).html);
    view.dataset.after = event.lastEventId; // only the stream tells it: it leaves nothing out
  });
  own.addEventListener("frame", (event) => showFrame(JSON.parse(event.data)));
  own.addEventListener("own", (event) => showOwn(JSON.parse(event.data)));
  own.addEventListener("gone", () => { own.close(); gone(); });
  own.addEventListener("reload", () => { own.close(); anew(); });
  own.addEventListener("rest", () => { clearTimeout(silent); own.close(); }); // newer tabs have the streams; back in view, this one asks again
  own.addEventListener("error", () => {
    // The browser comes again by itself, unless something that is not Usher answered.
    if (document.visibilityState === "visible" && list.querySelector("[data-turn]")) lost(own);
    if (own.readyState !== EventSource.CLOSED) return;
    again = setTimeout(listen, pause * (1 + Math.random()));
    pause = Math.min(pause * 2, 60000);
  });
}

// A connection can die without a word, as when a machine wakes in another network. Usher says something every 25 s.
function heard() {
  clearTimeout(silent);
  silent = setTimeout(() => { stream?.close(); listen(); }, 70000);
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
window.addEventListener("focus", listen);
window.addEventListener("pagehide", () => stream?.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });

// ---------------------------------------------------------------------------------------------- the question box

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

box.addEventListener("input", () => { store("draft", box.value); grow(); });
box.addEventListener("keydown", (event) => {
  // While Chinese is being composed, Enter chooses a character: it must not send.
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  box.form.requestSubmit();
});
box.required = false; // the note says what is missing, in the page's own language
box.value ||= stored("draft");
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
  if (copied === null && (selection.isCollapsed || event.target.closest?.("textarea"))) return;
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
takeUp();
listen();
