/** Take a run home: one button a format. What takes a while to make says so, and what cannot be made says why. */

import { button, h, setAttr, setBlocked, setSentence, setText } from "../shared/dom.js";
import { titleOf } from "../shared/runs_feed.js";

/** @typedef {{kind: string, label: string, meaning: string, missing: string|null}} Format `missing`: what to install */

/**
 * All formats of one run.
 * @param {string} base the server's base path
 * @param {Format[]} formats
 */
function createFormats(base, name, formats) {
  const run = `${base}/api/runs/${encodeURIComponent(name)}`;
  const refusal = h("p", { class: "lg-error", role: "alert" });
  const zip = h("a", { class: "lg-take-format", href: `${run}/run.zip`, download: `${name}.zip` },
    ...words(name, "Zip", "All of the run, to go on with it elsewhere."));

  const makers = formats.map(({ kind, label, meaning, missing }) => {
    const state = h("span", { class: "lg-take-state" });
    const make = button({ class: "lg-take-format", onclick: () => take(make, kind, state) },
      ...words(name, label, missing ?? meaning), state);
    setBlocked(make, missing);
    return make;
  });

  async function take(make, kind, state) {
    setText(refusal, "");
    setText(state, "making…");
    setBlocked(make, "It is being made.");
    setAttr(make, "aria-busy", "true");
    const sentence = await download(`${run}/export/${kind}`);
    setSentence(refusal, sentence ?? "");
    setText(state, "");
    setBlocked(make, null);
    setAttr(make, "aria-busy", null);
  }

  return h("div", { class: "lg-take" }, zip, ...makers, refusal);
}

/** What stands on a button: the format's name and what it is; for those who hear it, also of which run. */
function words(name, label, meaning) {
  const text = h("span", { class: "lg-muted" });
  setSentence(text, meaning);
  const title = h("strong", { class: "lg-take-label" }, h("span", { class: "lg-sr", text: `Download ${titleOf(name)} as ` }), label);
  return [title, h("span", { class: "lg-sr", text: ": " }), text];
}

/** Have a file made and keep it. @returns {Promise<string|null>} one sentence if there is none */
async function download(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok) return (await answer.json()).error;
    const [, filename] = /filename="([^"]*)"/.exec(answer.headers.get("Content-Disposition")) ?? [];
    const url = URL.createObjectURL(await answer.blob());
    h("a", { href: url, download: filename ?? "" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return null;
  } catch {
    return "The server did not answer; try again when the page is connected.";
  }
}

/** A button that opens the formats of a run. */
export function createTakeMenu(base, name, formats) {
  let panel = null;
  const el = button({ class: "lg-button lg-small", text: "Take home", "aria-haspopup": "dialog", "aria-label": `Take home: ${titleOf(name)}`, onclick: open });

  function open() {
    panel ??= h("div", { class: "lg-popover", popover: "auto", role: "dialog", "aria-label": `Take ${titleOf(name)} home` }, createFormats(base, name, formats));
    if (!panel.isConnected) el.after(panel);
    panel.showPopover();
    const place = el.getBoundingClientRect();
    const below = Math.min(place.bottom + 4, innerHeight - panel.offsetHeight - 8);
    panel.style.top = `${Math.max(8, below)}px`;
    panel.style.left = `${Math.max(8, place.right - panel.offsetWidth)}px`;
  }

  return { el };
}

/** The formats of the run on the page. */
export function createTakeCard({ base, formats }) {
  const el = h("div", {});
  let shown = null;
  return {
    el,
    select(name) {
      if (name === shown) return;
      shown = name;
      el.replaceChildren(createFormats(base, name, formats));
    },
  };
}
