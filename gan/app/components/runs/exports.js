/** Download a run: one button a format. One that is being made says so, and one that cannot be made says why. */

/** @import { ExportFormat, Refusal } from "../types.d.ts" */

import { button, h, setAttr, setBlocked, setSentence, setText } from "../shared/dom.js";
import { titleOf } from "../shared/runs_feed.js";
import { createNotes } from "./notes.js";

const KEPT_MS = 60_000; // for which a file is kept in memory, so that the browser can save it

/**
 * All formats of one run.
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {ExportFormat[]} formats
 * @param {() => Promise<void>} [before] what must be done before one is made
 */
function createFormats(base, name, formats, before) {
  const run = `${base}/api/runs/${encodeURIComponent(name)}`;
  const refusal = h("p", { class: "lg-error", role: "alert" });
  const zip = h("a", { class: "lg-export-format", href: `${run}/run.zip`, download: `${name}.zip` },
    ...createLabel(name, "Zip", "All of the run, to go on with it elsewhere."));
  const others = formats.map((format) => createFormat(`${run}/export/${format.kind}`, name, format, refusal, before));
  return h("div", { class: "lg-exports" }, zip, ...others, refusal);
}

/**
 * The button of one format.
 * @param {string} address
 * @param {string} name of the run
 * @param {ExportFormat} format
 * @param {HTMLElement} refusal where to say what is wrong
 * @param {() => Promise<void>} [before]
 */
function createFormat(address, name, { label, meaning, missing }, refusal, before) {
  const state = h("span", { class: "lg-export-state" });
  const text = createLabel(name, label, missing ?? meaning);
  const el = button({ class: "lg-export-format", onclick: make }, ...text, state);
  setBlocked(el, missing);

  async function make() {
    setText(refusal, "");
    setText(state, "making…");
    setBlocked(el, "It is being made.");
    setAttr(el, "aria-busy", "true");
    await before?.();
    setSentence(refusal, (await download(address)) ?? "");
    setText(state, "");
    setBlocked(el, null);
    setAttr(el, "aria-busy", null);
  }

  return el;
}

/**
 * What stands on a button: the format's name and meaning; for those who hear it, also of which run.
 * @param {string} name of the run
 * @param {string} label
 * @param {string} meaning
 */
function createLabel(name, label, meaning) {
  const text = h("span", { class: "lg-muted" });
  setSentence(text, meaning);
  const title = h("strong", { class: "lg-export-label" },
    h("span", { class: "lg-sr", text: `Download ${titleOf(name)} as ` }), label);
  return [title, h("span", { class: "lg-sr", text: ": " }), text];
}

/**
 * Have a file made and save it.
 * @param {string} address
 * @returns {Promise<string | null>} one sentence if there is none
 */
async function download(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok) return /** @type {Refusal} */ (await answer.json()).error;
    const [, filename] = /filename="([^"]*)"/.exec(answer.headers.get("Content-Disposition") ?? "") ?? [];
    const url = URL.createObjectURL(await answer.blob());
    h("a", { href: url, download: filename ?? "" }).click();
    setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
    return null;
  } catch {
    return "The server did not answer; try again when the page is connected.";
  }
}

/**
 * A button that opens the formats of a run.
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {ExportFormat[]} formats
 */
export function createExportMenu(base, name, formats) {
  /** @type {HTMLElement | null} */
  let panel = null;
  const el = button({
    class: "lg-button lg-small", text: "Take home", "aria-label": `Take home: ${titleOf(name)}`,
    "aria-haspopup": "dialog", onclick: open,
  });

  function createPanel() {
    const label = `Take ${titleOf(name)} home`;
    return h("div", { class: "lg-popover", popover: "auto", role: "dialog", "aria-label": label },
      createFormats(base, name, formats));
  }

  function open() {
    panel ??= createPanel();
    if (!panel.isConnected) el.after(panel);
    panel.showPopover();
    const place = el.getBoundingClientRect();
    const below = Math.min(place.bottom + 4, innerHeight - panel.offsetHeight - 8);
    panel.style.top = `${Math.max(8, below)}px`;
    panel.style.left = `${Math.max(8, place.right - panel.offsetWidth)}px`;
  }

  return { el };
}

/**
 * The formats of the run on the page, and for its owner a box for notes.
 * @param {{ base: string, formats?: ExportFormat[] }} data
 */
export function createExportCard({ base, formats = [] }) {
  const el = h("div");
  let shown = "";
  return {
    el,
    /**
     * @param {string | null} name
     * @param {{ notes?: boolean }} [data] whether this run's notes are for whoever looks: a student's page goes from
     *   the teacher's run to one of the student's own
     */
    select(name, { notes = false } = {}) {
      const next = JSON.stringify([name, notes]);
      if (name === null || next === shown) return;
      shown = next;
      const own = notes ? createNotes(base, name) : null;
      el.replaceChildren(...(own ? [own.el] : []), createFormats(base, name, formats, own?.keep));
    },
  };
}
