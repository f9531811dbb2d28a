/**
 * The live knobs of a draft in the page's address, as far as they differ from their defaults, so that a copied link
 * opens the page with them. Python reads them there; the other settings are Streamlit's own widgets, which do the same.
 */

import { readTyped } from "../knobs/scale.js";

let kept = { number: 0, values: {} }; // the last draft; outlives a visit to another page

const ofDraft = (params) => (params.get("run") ?? "new") === "new";

/**
 * @param {(import("../knobs/scale.js").Knob & {default: number})[]} knobs the live ones
 * @param {() => {number: number, values: Record<string, number>}|null} shown the draft, or null while a run is shown
 * @param {(values: Record<string, number>) => void} adopt takes what the address says after Back or Forward
 */
export function createAddress(knobs, shown, adopt) {
  const page = location.pathname;

  /** Make the address say what the draft's knobs say. */
  function write() {
    const draft = shown();
    const url = new URL(location.href);
    if (draft === null || url.pathname !== page || !ofDraft(url.searchParams)) return;
    kept = { number: draft.number, values: { ...draft.values } };
    for (const { name, default: usual } of knobs) {
      const text = draft.values[name] === usual ? null : String(draft.values[name]);
      if (text === null) url.searchParams.delete(name);
      else if (text !== url.searchParams.get(name)) url.searchParams.set(name, text);
    }
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  function read() {
    const params = new URLSearchParams(location.search);
    if (location.pathname !== page || !ofDraft(params)) return;
    adopt(Object.fromEntries(knobs.map((knob) => [knob.name, readTyped(knob, params.get(knob.name) ?? "").value ?? knob.default])));
  }

  // Streamlit writes the address too, from what it knows; only newer browsers tell of that.
  const written = (event) => event.navigationType === "traverse" || write();
  const { navigation } = window;
  navigation?.addEventListener("currententrychange", written);
  window.addEventListener("popstate", read);
  return {
    write,
    /** A draft as Python began it, with what was moved since. */
    recall: ({ number, values }) => ({ ...values, ...(number === kept.number ? kept.values : {}) }),
    end() {
      navigation?.removeEventListener("currententrychange", written);
      window.removeEventListener("popstate", read);
    },
  };
}
