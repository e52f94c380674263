// The page of a test on a terminal PC. Without this script the code is typed, and everything else works as well.
"use strict";

// The token stands behind the # of the address, where no server and no log sees it before the button is pressed.
const linked = document.getElementById("linked");
const token = location.hash.slice(1);
if (linked && /^[\w-]{16,64}$/.test(token)) {
  linked.elements.token.value = token;
  linked.hidden = false;
  document.getElementById("typed").hidden = true;
  linked.querySelector("button").focus();
  for (const other of document.querySelectorAll("[data-keeps]")) other.hash = token;
}

const shown = document.getElementById("hint");
if (shown) look(shown.dataset);

document.addEventListener("change", (event) => {
  if (event.target.name === "saw" && event.target.value === "other") document.getElementById("said").focus();
});

// What a page can find out of another site: that something answers, not what; that it fails, not why.
async function look(known) {
  const AT_ONCE = 4000, PATIENCE = 12000; // milliseconds
  const form = document.querySelector("form"), began = performance.now();
  let elsewhere = false;
  document.addEventListener("securitypolicyviolation", (event) => {
    if (/^(connect|img)-src/.test(event.effectiveDirective)) elsewhere = true; // it was sent on to another site
  });
  shown.hidden = false;
  const picture = known.picture ? await loads(known, PATIENCE) : false;
  const answers = picture || (await answered(known.url, PATIENCE));
  const took = Math.round(performance.now() - began);
  await new Promise((done) => setTimeout(done, 200)); // the violation is told after the failure
  const failed = took < AT_ONCE ? "failed" : "slow";
  const hint = picture ? "good" : elsewhere ? "elsewhere" : answers ? "answered" : failed;
  form.elements.hint.value = hint;
  form.elements.hint_ms.value = took;
  shown.textContent = document.querySelector(`template[data-hint="${hint}"]`).content.textContent;
}

async function answered(url, patience) {
  const asked = { mode: "no-cors", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(patience) };
  try {
    await fetch(url, asked);
    return true;
  } catch {
    return false;
  }
}

function loads({ picture, width, height }, patience) {
  return new Promise((done) => {
    const image = new Image();
    image.referrerPolicy = "no-referrer";
    image.onload = () => done(image.naturalWidth === Number(width) && image.naturalHeight === Number(height));
    image.onerror = () => done(false);
    setTimeout(() => done(false), patience);
    image.src = `${picture}${picture.includes("?") ? "&" : "?"}usher=${Date.now()}`;
  });
}
