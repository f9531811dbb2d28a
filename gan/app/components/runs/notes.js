/** A box for notes on a run, which its lab report shows: kept as one types. */

/** @import { Refusal } from "../types.d.ts" */

import { h, setSentence, setText } from "../shared/dom.js";

const PAUSE_MS = 800; // without a key, until notes are kept
const MOST = 20_000; // characters, as the server takes them
const SILENCE = "The server did not answer, so your notes are only on this page; type again once it is connected.";

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 */
export function createNotes(base, name) {
  const address = `${base}/api/runs/${encodeURIComponent(name)}/notes`;
  const state = h("span", { class: "lg-muted", role: "status" });
  const refusal = h("p", { class: "lg-error", role: "alert" });
  const box = h("textarea", { class: "lg-notes", maxlength: MOST });
  box.disabled = true; // until what is kept is there
  const title = h("strong", { text: "Notes for the lab report" });
  const head = h("span", { class: "lg-notes-head" }, title, state);
  let kept = "";
  let timer = 0;

  async function load() {
    const found = await fetch(address).then((answer) => answer.json(), () => null);
    if (typeof found?.text !== "string") return setSentence(refusal, found?.error ?? SILENCE);
    box.value = kept = found.text;
    box.disabled = false;
  }

  /** Keep what is typed now. */
  async function keep() {
    clearTimeout(timer);
    const text = box.value;
    if (box.disabled || text === kept) return;
    const refused = await sent(address, text);
    setSentence(refusal, refused ?? "");
    if (refused === null) kept = text;
    setText(state, box.value === kept ? "kept" : "");
  }

  box.addEventListener("input", () => {
    setText(state, "");
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE_MS);
  });
  box.addEventListener("change", keep);
  load();
  return { el: h("label", { class: "lg-notes-label" }, head, box, refusal), keep };
}

/**
 * @param {string} address
 * @param {string} text
 * @returns {Promise<string | null>} one sentence if it was not kept
 */
async function sent(address, text) {
  try {
    const answer = await fetch(address, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text }),
      keepalive: text.length < MOST / 2, // also if the page is left; browsers allow 64 kB
    });
    return answer.ok ? null : /** @type {Refusal} */ (await answer.json()).error;
  } catch {
    return SILENCE;
  }
}
