/** Another run in the same charts: chosen from a list, kept in the address (`?with=NAME`), with a stream of its own. */

/** @import { RunSummary, Snapshot } from "../../types.d.ts" */
/** @import { Place } from "../charts/batch_lines.js" */
/** @import { Stream } from "../stream/stream.js" */

import { button, h, icon, setBlocked } from "../../shared/dom.js";
import { titleOf, watchRuns } from "../../shared/runs_feed.js";
import { openStream } from "../stream/stream.js";
import { fork } from "./ancestry.js";

const PARAMETER = "with";
const NO_RUN = "The link names a run to compare with, but none to show; choose a run, then Compare.";
const CLOSE = "M4 4l8 8M12 4l-8 8";
const DOWN = "M3.5 6l4.5 4.5L12.5 6";

/**
 * @param {string} base the server's base path
 * @param {() => Snapshot | null} run the one on the page
 * @param {(sentence: string) => void} tell says why an address cannot be followed
 * @param {() => void} changed called when there is more of the other run, another one or none
 */
export function createComparison(base, run, tell, changed) {
  const buttons = createButtons(open, () => set(null));
  const family = createFamily(base, changed);
  /** @type {Stream | null} */
  let stream = null;
  /** @type {{ close: () => void } | null} */
  let picker = null;
  /** @type {string | null} */
  let shown = null; // the run on the page
  /** @type {string | null} */
  let other = null; // the run that is to be compared with it
  let first = true; // the page has not turned to a run or a draft yet
  const address = keepAddress(() => ({ run: shown, other }));

  /** @param {string | null} name */
  async function set(name) {
    stream?.close();
    stream = null;
    other = name;
    if (name !== null) {
      const refusal = refusalOf(name, (await family.runs()).get(name));
      if (other !== name) return;
      if (refusal) tell(refusal);
      if (refusal) other = null;
      else stream = openStream(base, name, { frame: changed, grid() {}, status() {}, gone: () => set(null) });
    }
    address.write();
    buttons.update(other);
    changed();
  }

  async function open() {
    const now = run();
    if (picker || !now) return picker?.close();
    const { openRunPicker } = await import("./run_picker.js");
    picker ??= openRunPicker(buttons.el, base, now, { pick: set, closed: () => (picker = null) });
  }

  return {
    el: buttons.el,
    block: buttons.block,
    /** Its stream, once something of it is here. */
    stream: () => (stream?.run ? stream : null),
    /**
     * Where the two runs part, if one is (or both are) a branch of the other's family.
     * @returns {Place}
     */
    fork() {
      const now = run();
      const epoch = stream?.run && now ? fork(now, stream.run, family.known()) : null;
      return epoch === null || !now ? null : { batch: epoch * now.batches_per_epoch, label: "branch" };
    },
    /**
     * Another run is on the page: compare it with the proposed one, or else with the run that the address names.
     * @param {string | null} name
     * @param {string | null} proposed
     */
    begin(name, proposed) {
      picker?.close();
      buttons.el.hidden = name === null;
      shown = name;
      const wanted = proposed ?? new URL(location.href).searchParams.get(PARAMETER);
      if (first && name === null && wanted !== null) tell(NO_RUN);
      first = false;
      const next = name === null || wanted === name ? null : wanted;
      if (next !== other) set(next);
      else address.write();
    },
    end() {
      other = null;
      picker?.close();
      stream?.close();
      address.end();
      family.end();
    },
  };
}

/**
 * Why a run cannot be compared with, or null.
 * @param {string} name
 * @param {RunSummary | undefined} run
 */
function refusalOf(name, run) {
  if (!run) return `There is no run named '${name.slice(0, 64)}', so nothing is compared.`;
  return run.state === "damaged" ? `Run ${titleOf(name)} is damaged, so nothing is compared.` : null;
}

/**
 * @param {() => void} open chooses a run
 * @param {() => void} end the comparison
 */
function createButtons(open, end) {
  const label = h("span", { class: "lg-compare-label" }, "Compare", icon(DOWN));
  const choose = button({ class: "lg-button lg-small lg-quiet", title: "Draw another run into these charts",
    "aria-haspopup": "dialog", onclick: open }, label);
  const clear = button({ class: "lg-button lg-small lg-quiet lg-compare-clear", title: "End the comparison",
    "aria-label": "End the comparison", hidden: true, onclick: end }, icon(CLOSE));
  return {
    el: h("div", { class: "lg-compare" }, choose, clear),
    /** @param {string | null} reason why no run can be chosen */
    block: (reason) => setBlocked(choose, reason),
    /** @param {string | null} other */
    update(other) {
      const named = other === null ? null : h("span", { text: titleOf(other), dir: "auto" });
      label.replaceChildren(...(named ? [h("i"), named] : ["Compare", icon(DOWN)]));
      clear.hidden = other === null;
    },
  };
}

/**
 * All runs by name, kept up to date from the first time that they are asked for.
 * @param {string} base
 * @param {() => void} changed
 */
function createFamily(base, changed) {
  /** @type {Map<string, RunSummary>} */
  let runs = new Map();
  /** @type {Promise<void> | null} */
  let arrived = null;
  let end = () => {};
  return {
    known: () => runs,
    async runs() {
      arrived ??= new Promise((resolve) => {
        end = watchRuns(base, (list) => {
          runs = new Map(list.runs.map((run) => [run.name, run]));
          resolve();
          changed();
        });
      });
      await arrived;
      return runs;
    },
    end: () => end(),
  };
}

/**
 * Make the address of a run (null: of a draft) name the other one (null: none) along with all that it says.
 * @param {() => { run: string | null, other: string | null }} both
 */
function keepAddress(both) {
  function write() {
    const { run, other } = both();
    const url = new URL(location.href);
    if (url.searchParams.get("run") !== (run ?? "new")) return;
    if (other === null) url.searchParams.delete(PARAMETER);
    else url.searchParams.set(PARAMETER, other);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  // Streamlit writes the address too, from what it knows; only newer browsers tell of that.
  window.navigation?.addEventListener("currententrychange", write);
  return { write, end: () => window.navigation?.removeEventListener("currententrychange", write) };
}
