/**
 * Other runs in the same charts: chosen from a list, kept in the address (`?with=NAME&with=NAME`), each with a stream
 * and a place of its own, which decides on its colour.
 */

/** @import { RunSummary, Snapshot } from "../../types.d.ts" */
/** @import { Place } from "../charts/batch_lines.js" */
/** @import { Stream } from "../stream/stream.js" */

import { button, h, icon, setBlocked } from "../../shared/dom.js";
import { titleOf, watchRuns } from "../../shared/runs_feed.js";
import { openStream } from "../stream/stream.js";
import { fork } from "./ancestry.js";
import { createChips } from "./chips.js";
import { MOST, added, placed, removed, sameRuns } from "./places.js";

const PARAMETER = "with";
const NO_RUN = "The link names a run to compare with, but none to show; choose a run, then Compare.";
const CLOSE = "M4 4l8 8M12 4l-8 8";
const DOWN = "M3.5 6l4.5 4.5L12.5 6";

/**
 * @param {string} base the server's base path
 * @param {() => Snapshot | null} run the one on the page
 * @param {(sentence: string) => void} tell says why an address cannot be followed
 * @param {() => void} changed called when there is more of the other runs, others, or another one stands out
 */
export function createComparison(base, run, tell, changed) {
  const buttons = createButtons(open, () => set([]));
  const family = createFamily(base, changed);
  const chips = createChips((name) => set(removed(places, name)), changed);
  const names = () => places.filter((name) => name !== null);
  const streams = createStreams(base, changed, (name) => set(removed(places, name)));
  /** @type {{ close: () => void, chosen: (names: string[]) => void } | null} */
  let picker = null;
  /** @type {string | null} */
  let shown = null; // the run on the page
  /** @type {(string | null)[]} */
  let places = []; // the names of the runs that are to be compared with it; null: a place that was left
  let first = true; // the page has not turned to a run or a draft yet
  const address = keepAddress(() => ({ run: shown, others: names() }));

  /** @param {(string | null)[]} wanted */
  async function set(wanted) {
    places = wanted;
    if (names().length) {
      const { refused, why } = refusalsOf(names(), await family.runs());
      if (places !== wanted) return;
      places = refused.reduce(removed, wanted);
      if (why) tell(why);
    }
    streams.watch(names());
    address.write();
    buttons.update(names().length > 0);
    chips.update(places);
    picker?.chosen(names());
    changed();
  }

  async function open() {
    const now = run();
    if (picker || !now) return picker?.close();
    const { openRunPicker } = await import("./run_picker.js");
    picker ??= openRunPicker(buttons.el, base, now, { most: MOST,
      pick: (name) => set(places.includes(name) ? removed(places, name) : added(places, name)),
      closed: () => (picker = null) });
    picker.chosen(names());
  }

  return {
    el: buttons.el,
    chips: chips.el,
    block: buttons.block,
    /** The streams of the runs by their places. */
    streams: () => places.map(streams.of),
    /** The place of the run that stands out, or null. */
    lit: chips.lit,
    /**
     * Where the run and the only one that it is compared with part, if one is (or both are) a branch of the other's
     * family.
     * @returns {Place}
     */
    fork: () => (names().length === 1 ? forkOf(run(), streams.of(names()[0])?.run ?? null, family.known()) : null),
    /**
     * Another run is on the page: compare it with the proposed ones, or else with the runs that the address names.
     * @param {string | null} name
     * @param {string[] | null} proposed
     */
    begin(name, proposed) {
      picker?.close();
      buttons.el.hidden = chips.el.hidden = name === null;
      shown = name;
      const wanted = proposed ?? new URL(location.href).searchParams.getAll(PARAMETER);
      if (first && name === null && !proposed && wanted.length) tell(NO_RUN);
      first = false;
      const next = name === null ? [] : placed(wanted, name);
      if (sameRuns(next, names())) address.write();
      else set(next);
    },
    end() {
      picker?.close();
      streams.watch([]);
      for (const part of [address, family]) part.end();
    },
  };
}

/**
 * @param {Snapshot | null} run
 * @param {Snapshot | null} other
 * @param {Map<string, RunSummary>} known
 * @returns {Place}
 */
function forkOf(run, other, known) {
  const epoch = run && other ? fork(run, other, known) : null;
  return epoch === null || !run ? null : { batch: epoch * run.batches_per_epoch, label: "branch" };
}

/**
 * @param {string} base
 * @param {() => void} changed called when more has come of one
 * @param {(name: string) => void} gone called when a run is gone
 */
function createStreams(base, changed, gone) {
  /** @type {Map<string, Stream>} */
  const open = new Map();
  return {
    /**
     * Have the streams of these runs, and no others.
     * @param {string[]} names
     */
    watch(names) {
      for (const [name, stream] of open) {
        if (names.includes(name)) continue;
        stream.close();
        open.delete(name);
      }
      for (const name of names) {
        if (open.has(name)) continue;
        open.set(name, openStream(base, name, { frame: changed, grid() {}, status() {}, gone: () => gone(name) }));
      }
    },
    /**
     * The stream of a run, once something of it is here.
     * @param {string | null} name
     */
    of(name) {
      const stream = name === null ? undefined : open.get(name);
      return stream?.run ? stream : null;
    },
  };
}

/**
 * The runs that cannot be compared with, and why the first of them cannot.
 * @param {string[]} names
 * @param {Map<string, RunSummary>} known
 */
function refusalsOf(names, known) {
  const refused = names.filter((name) => refusalOf(name, known.get(name)) !== null);
  return { refused, why: refused.length ? refusalOf(refused[0], known.get(refused[0])) ?? "" : "" };
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
 * @param {() => void} open chooses runs
 * @param {() => void} end the comparison
 */
function createButtons(open, end) {
  const label = h("span", { class: "lg-compare-label" }, "Compare", icon(DOWN));
  const choose = button({ class: "lg-button lg-small lg-quiet", "aria-haspopup": "dialog", onclick: open,
    title: `Draw up to ${MOST} other runs into these charts` }, label);
  const clear = button({ class: "lg-button lg-small lg-quiet lg-compare-clear", title: "End the comparison",
    "aria-label": "End the comparison", hidden: true, onclick: end }, icon(CLOSE));
  return {
    el: h("div", { class: "lg-compare" }, choose, clear),
    /** @param {string | null} reason why no run can be chosen */
    block: (reason) => setBlocked(choose, reason),
    /** @param {boolean} comparing */
    update: (comparing) => (clear.hidden = !comparing),
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
 * Make the address of a run (null: of a draft) name the others along with all that it says.
 * @param {() => { run: string | null, others: string[] }} all
 */
function keepAddress(all) {
  function write() {
    const { run, others } = all();
    const url = new URL(location.href);
    if (url.searchParams.get("run") !== (run ?? "new")) return;
    url.searchParams.delete(PARAMETER);
    for (const other of others) url.searchParams.append(PARAMETER, other);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  // Streamlit writes the address too, from what it knows; only newer browsers tell of that.
  window.navigation?.addEventListener("currententrychange", write);
  return { write, end: () => window.navigation?.removeEventListener("currententrychange", write) };
}
