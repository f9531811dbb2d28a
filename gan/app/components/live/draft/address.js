/**
 * The live knobs of a draft in the page's address, as far as they differ from their defaults, so that a copied link
 * opens the page with them. Python reads them there; the other settings are Streamlit's own widgets, which do the same.
 */

/** @import { Knob, KnobValues } from "../../types.d.ts" */

import { readTyped } from "../knobs/scale.js";

/** @param {URLSearchParams} parameters */
const ofDraft = (parameters) => (parameters.get("run") ?? "new") === "new";

/**
 * @param {URL} url of a draft; its parameters are made to say what the knobs say
 * @param {Pick<Knob, "name" | "default">[]} knobs
 * @param {KnobValues} values
 */
export function writeKnobs(url, knobs, values) {
  for (const { name, default: usual } of knobs) {
    const text = values[name] === usual ? null : String(values[name]);
    if (text === null) url.searchParams.delete(name);
    else if (text !== url.searchParams.get(name)) url.searchParams.set(name, text);
  }
}

/**
 * The knobs that an address asks for; those that it does not name, or that cannot be, have their defaults.
 * @param {URLSearchParams} parameters
 * @param {Knob[]} knobs
 * @returns {KnobValues}
 */
export function readKnobs(parameters, knobs) {
  return Object.fromEntries(knobs.map((knob) => {
    const answer = readTyped(knob, parameters.get(knob.name) ?? "");
    return [knob.name, "value" in answer ? answer.value : knob.default];
  }));
}

/**
 * @param {Knob[]} knobs the live ones
 * @param {() => KnobValues | null} shown those of the draft, or null while a run is shown
 * @param {(values: KnobValues) => void} adopt takes what the address says after Back or Forward
 */
export function createAddress(knobs, shown, adopt) {
  const page = location.pathname;

  /** Make the address say what the draft's knobs say. */
  function write() {
    const values = shown();
    const url = new URL(location.href);
    if (values === null || url.pathname !== page || !ofDraft(url.searchParams)) return;
    writeKnobs(url, knobs, values);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  function read() {
    const parameters = new URLSearchParams(location.search);
    if (location.pathname === page && ofDraft(parameters)) adopt(readKnobs(parameters, knobs));
  }

  // Streamlit writes the address too, from what it knows; only newer browsers tell of that.
  /** @param {{ navigationType?: string | null }} event */
  const written = (event) => event.navigationType === "traverse" || write();
  const { navigation } = window;
  navigation?.addEventListener("currententrychange", written);
  window.addEventListener("popstate", read);
  return {
    write,
    end() {
      navigation?.removeEventListener("currententrychange", written);
      window.removeEventListener("popstate", read);
    },
  };
}
