/**
 * The notice that the server does not answer. It covers nothing and goes by itself; the page then works as before.
 *
 * Streamlit knows first: it holds a connection of its own, asks for the server every few seconds once that is lost, and
 * writes what it knows into an attribute of its root. Its dialog about it would cover the page and ask for the
 * internet, which LiveGAN does not need, so that dialog is closed before it is seen.
 */

import { h } from "./dom.js";

const STATE = "data-test-connection-state";
export const GRACE = 700; // ms; a connection that is made anew at once is not worth a word
export const TEXT = "The server does not answer; trying again.";

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Set<(lost: boolean) => void>} */
const readers = new Set();
let noticed = false;
let watchers = 0;
let stop = () => {};

/**
 * Be told when the server answers again.
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function onServerBack(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Be told when the notice comes or goes.
 * @param {(lost: boolean) => void} listener
 * @returns {() => void} ends it
 */
export function onServerNotice(listener) {
  readers.add(listener);
  if (noticed) listener(true);
  return () => readers.delete(listener);
}

const connected = () => document.querySelector(`[${STATE}]`)?.getAttribute(STATE) === "CONNECTED";

/** Whether the server is known not to answer. */
export const serverLost = () => watchers > 0 && !connected();

/**
 * Watch the connection; however many ask for it, there is one notice a page.
 * @returns {() => void} ends it
 */
export function watchServer() {
  watchers += 1;
  if (watchers === 1) stop = watch();
  return () => {
    watchers -= 1;
    if (watchers === 0) stop();
  };
}

function watch() {
  const notice = h("div", { class: "lg-server-notice", role: "status" });
  document.body.append(notice);
  let lost = false;
  let timer = 0;

  /** @param {boolean} now */
  function tell(now) {
    noticed = now;
    notice.textContent = now ? TEXT : "";
    for (const reader of readers) reader(now);
  }

  function look() {
    if (lost !== connected()) return;
    lost = !lost;
    clearTimeout(timer);
    timer = setTimeout(() => tell(lost), lost ? GRACE : 0);
    if (!lost) for (const listener of listeners) listener();
  }

  const state = new MutationObserver(look);
  state.observe(document.querySelector(`[${STATE}]`) ?? document.body, { attributes: true, attributeFilter: [STATE] });
  const dialogs = new MutationObserver(() => connected() || closeDialog());
  dialogs.observe(document.body, { childList: true });
  look();
  return () => {
    clearTimeout(timer);
    noticed = false;
    state.disconnect();
    dialogs.disconnect();
    notice.remove();
  };
}

/** Close Streamlit's dialog about the connection, and no other; it does not open again until the next time. */
function closeDialog() {
  /** @type {NodeListOf<HTMLElement>} */
  const dialogs = document.querySelectorAll('[data-testid="stDialog"]');
  for (const dialog of dialogs) {
    if (dialog.querySelector("h2")?.textContent !== "Connection error") continue;
    dialog.style.display = "none";
    /** @type {HTMLElement | null} */ (dialog.querySelector('button[aria-label="Close"]'))?.click();
  }
}
