// Keeps the desk's pages up to date while they are open. Without this script every form and every link works as well.
"use strict";

document.documentElement.classList.add("js");

const byId = (id) => document.getElementById(id);
const parse = (html) => document.createRange().createContextualFragment(html);
const news = byId("news");
const line = byId("line");

// ------------------------------------------------------------------------------------------------ signing in by a link

// The token stands behind the # of the address, where no server and no log sees it before the button is pressed.
const LINKED = /^#[\w-]{22}$/;
function enter() {
  const token = location.hash;
  if (!LINKED.test(token)) return;
  const form = byId("entrance");
  if (!form) {
    location.replace(`/desk/in${token}`);
    return;
  }
  history.replaceState(null, "", location.pathname); // so that it stays in no history
  form.elements.token.value = token.slice(1);
  byId("typed").hidden = true;
  byId("linked").hidden = false;
  form.querySelector("button").focus();
}
enter();
addEventListener("hashchange", enter);

// -------------------------------------------------------------------------------------------------------- what is live

function listen(address, heard) {
  const stream = new EventSource(address);
  for (const [name, show] of Object.entries(heard)) {
    stream.addEventListener(name, (event) => show(JSON.parse(event.data)));
  }
  stream.addEventListener("rest", () => stream.close()); // a newer page of this browser has its place
  stream.addEventListener("gone", () => location.reload()); // signed out, here or elsewhere
  stream.addEventListener("open", () => {
    line.textContent = "";
    document.documentElement.classList.add("live");
  });
  stream.addEventListener("error", () => {
    line.textContent = byId("offline").content.textContent;
    document.documentElement.classList.remove("live");
    if (stream.readyState === EventSource.CLOSED) setTimeout(again, 3000, address, heard);
  });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// A stream that was refused does not come again by itself: signed out meanwhile, or too many are open.
async function again(address, heard) {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer?.status === 401) location.reload();
  else listen(address, heard);
}

// ------------------------------------------------------------------------------------------------------------ the list

const cases = byId("cases");
if (cases) {
  const live = "live" in cases.dataset;
  const count = (tab, number) => {
    const shown = document.querySelector(`[data-tab="${tab}"] [data-count]`);
    if (shown) shown.textContent = number;
  };
  listen(`${cases.dataset.stream}&stamp=${live ? cases.dataset.stamp : "none"}`, {
    list(told) {
      for (const [tab, number] of Object.entries(told.counts)) count(tab, number);
      if (live) showList(told);
    },
    mine(told) { count("mine", told.count); },
  });
  // Only while a row has the focus: nobody is surprised by a letter that they type elsewhere.
  cases.addEventListener("keydown", (event) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    const links = [...cases.querySelectorAll("a")];
    const next = links[links.indexOf(document.activeElement) + step];
    if (next) next.focus();
    event.preventDefault();
  });
}

function showList(told) {
  const focused = document.activeElement?.closest?.("[data-number]")?.dataset.number;
  const had = new Map([...cases.children].map((row) => [row.dataset.number, row]));
  const came = [];
  for (const number of told.order.map(String)) {
    let row = had.get(number);
    had.delete(number);
    if (told.rows[number]) {
      const made = parse(told.rows[number]).firstElementChild;
      if (!row) came.push(number);
      made.classList.toggle("fresh", !row);
      row?.remove();
      row = made;
    }
    if (row) cases.append(row);
  }
  for (const row of had.values()) row.remove();
  byId("empty").hidden = cases.children.length > 0;
  byId("later").hidden = !told.more;
  if (focused) document.querySelector(`#case-${focused} a`)?.focus({ preventScroll: true });
  if (came.length) news.textContent = came.map((one) => cases.dataset.new.replace("{number}", one)).join(" ");
}

// ------------------------------------------------------------------------------------------------------------ one case

const shown = byId("case");
if (shown) {
  keepDrafts();
  listen(shown.dataset.stream, { case: showCase });
}

function showCase(told) {
  const before = Number(document.querySelector('[name="seen"]')?.value ?? told.replies);
  for (const [name, html] of Object.entries(told.parts)) replace(byId(name), html);
  dropKept();
  if (told.replies <= before) return;
  for (const seen of document.querySelectorAll('[name="seen"]')) seen.value = told.replies;
  if (told.by === shown.dataset.me) return;
  const said = shown.dataset.replied.replace("{name}", told.by);
  news.textContent = said;
  const box = byId("reply");
  if (!box?.value.trim()) return;
  byId("replied").textContent = said;
  byId("replied").hidden = false;
}

// What is open, chosen or has the focus within the part stays so.
function replace(part, html) {
  const open = [...part.querySelectorAll("details[open]")].map((one) => one.id);
  const chosen = [...part.querySelectorAll("select")].map((one) => [one.id, one.value]);
  const focused = part.contains(document.activeElement) ? mark(document.activeElement) : null;
  part.replaceChildren(parse(html));
  for (const id of open) if (byId(id)) byId(id).open = true;
  for (const [id, value] of chosen) {
    const select = byId(id);
    if (select && [...select.options].some((one) => one.value === value)) select.value = value;
  }
  if (focused) [...part.querySelectorAll("button, select, summary, a")].find((one) => mark(one) === focused)?.focus();
}

const mark = (one) => `${one.tagName} ${one.id} ${one.value ?? ""} ${one.tagName === "SUMMARY" ? one.textContent : ""}`;

// What was typed is kept in this tab until it has arrived: the page may be left, and the session may end.
function keepDrafts() {
  for (const box of document.querySelectorAll("[data-draft]")) {
    const name = `case-${shown.dataset.number}-${box.dataset.draft}`;
    const kept = JSON.parse(sessionStorage.getItem(name) ?? "null");
    if (kept && !arrived(kept.nonce) && !box.value.trim()) box.value = kept.text;
    else if (kept && arrived(kept.nonce)) sessionStorage.removeItem(name);
    const keep = () => {
      const nonce = box.form.elements.nonce.value;
      sessionStorage.setItem(name, JSON.stringify({ text: box.value, nonce }));
    };
    box.addEventListener("input", keep);
    // A second press of a slow form is the same wish; it need not be sent.
    box.form.addEventListener("submit", (event) => {
      if (box.form.dataset.sent) event.preventDefault();
      box.form.dataset.sent = "1";
      keep();
    });
  }
}

function arrived(nonce) {
  return nonce && document.querySelector(`[data-mark*=":${CSS.escape(nonce)}:"]`) !== null;
}

function dropKept() {
  for (const box of document.querySelectorAll("[data-draft]")) {
    const name = `case-${shown.dataset.number}-${box.dataset.draft}`;
    const kept = JSON.parse(sessionStorage.getItem(name) ?? "null");
    if (kept && arrived(kept.nonce)) sessionStorage.removeItem(name);
  }
}
