/** Another run in the same charts: chosen from a list, kept in the address (`?with=NAME`), followed by its own stream. */

import { button, h, icon } from "../../shared/dom.js";
import { titleOf } from "../../shared/runs_feed.js";
import { openStream } from "../stream/stream.js";

const PARAMETER = "with";
const CLOSE = "M4 4l8 8M12 4l-8 8";
const DOWN = "M3.5 6l4.5 4.5L12.5 6";

/** Make the address of a run (null: of a draft) name the other one (null: none) beside all that it says. */
function write(run, name) {
  const url = new URL(location.href);
  if (url.searchParams.get("run") !== (run ?? "new")) return;
  if (name === null) url.searchParams.delete(PARAMETER);
  else url.searchParams.set(PARAMETER, name);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

/**
 * @param {string} base the server's base path
 * @param {() => object|null} run the one on the page
 * @param {(sentence: string) => void} tell says why an address cannot be followed
 * @param {() => void} changed called when there is more of the other run, another one or none
 */
export function createComparison(base, run, tell, changed) {
  const label = h("span", { class: "lg-compare-label" });
  const choose = button({ class: "lg-button lg-small lg-quiet", title: "Draw another run into these charts", "aria-haspopup": "dialog", onclick: open }, label);
  const clear = button({ class: "lg-button lg-small lg-quiet lg-compare-clear", title: "End the comparison",
    "aria-label": "End the comparison", onclick: () => set(null) }, icon(CLOSE));
  const el = h("div", { class: "lg-compare" }, choose, clear);
  let stream = null;
  let picker = null;
  let kin = null; // the family tree, once its module is here
  let shown = null; // the run on the page
  let other = null; // the run that is wanted beside it

  // Streamlit writes the address too, from what it knows; only newer browsers tell of that.
  const address = () => write(shown, other);
  window.navigation?.addEventListener("currententrychange", address);

  /** @param {string|null} name */
  async function set(name) {
    stream?.close();
    stream = null;
    other = name;
    if (name !== null) {
      kin ??= await import("./ancestry.js");
      await kin.follow(base, changed);
      if (other !== name) return;
      if (kin.has(name)) stream = openStream(base, name, { frame: changed, grid() {}, status() {}, gone: () => set(null) });
      else {
        tell(`${kin.known(name) ? `Run ${titleOf(name)} is damaged` : `There is no run named '${name.slice(0, 64)}'`}, so nothing is compared.`);
        other = null;
      }
    }
    address();
    label.replaceChildren(...(other ? [h("i", {}), h("span", { text: titleOf(other), dir: "auto" })] : ["Compare", icon(DOWN)]));
    clear.hidden = !other;
    changed();
  }

  async function open() {
    if (picker) return picker.close();
    const { createRunPicker } = await import("./run_picker.js");
    picker ??= createRunPicker(base, run(), { pick: set, closed: () => (picker = null) });
    el.append(picker.el);
    picker.focus();
  }

  label.append("Compare", icon(DOWN));
  clear.hidden = true;
  return {
    el,
    /** Its stream, once something of it is here. */
    stream: () => (stream?.run ? stream : null),
    /** @returns {import("../charts/batch_lines.js").Place} where the two runs part, if one is (or both are) a branch of the other's family */
    fork() {
      const epoch = stream?.run && run() && kin?.fork(run(), stream.run);
      return epoch === null || epoch === undefined ? null : { batch: epoch * run().batches_per_epoch, label: "branch" };
    },
    /**
     * Another run is on the page: compare it with the proposed one, or else with the run that the address names.
     * @param {string|null} name
     * @param {string|null} proposed
     */
    begin(name, proposed) {
      picker?.close();
      el.hidden = name === null;
      shown = name;
      const wanted = proposed ?? new URL(location.href).searchParams.get(PARAMETER);
      const next = name === null || wanted === name ? null : wanted;
      if (next !== other) set(next);
      else address();
    },
    end() {
      other = null;
      picker?.close();
      stream?.close();
      window.navigation?.removeEventListener("currententrychange", address);
      kin?.leave(changed);
    },
  };
}
