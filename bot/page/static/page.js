// Niceties only: without this script every form still posts and every answer is still shown.
"use strict";

const box = document.getElementById("question");

// A double click would give up the answer under way and wait for the same one again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 2000); // sending may have been stopped by hand
});

window.addEventListener("pageshow", () => {
  // A page brought back by the Back button must be usable again.
  for (const form of document.forms) delete form.dataset.sent;
  // Only now: the browser has gone to #newest, which takes the focus away. On a phone, focus would cover half of the
  // answer with the keyboard.
  if (box && window.matchMedia("(pointer: fine)").matches) box.focus({ preventScroll: true });
});

if (box) {
  box.addEventListener("keydown", (event) => {
    // While Chinese is being composed, Enter chooses a character: it must not send.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    box.form.requestSubmit();
  });
}
