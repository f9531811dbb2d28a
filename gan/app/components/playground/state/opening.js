/** Finds the run that the page opens with, and keeps the message about what went wrong. */

import { titleOf } from "../../shared/runs_feed.js";

/** @import { RunSummary } from "../../types.d.ts" */
/** @import { Engine, Epoch, ModelSource, PageState } from "../types.d.ts" */

/**
 * @param {object} parts
 * @param {Engine} parts.engine
 * @param {ModelSource} parts.source
 * @param {PageState} parts.state
 * @param {RunSummary[]} parts.known the runs as the page was asked for
 * @param {string} parts.ignored what was wrong with the link
 * @param {() => void} parts.changed
 */
export function createOpening({ engine, source, state, known, ignored, changed }) {
  let problem = ignored;
  let busy = false;

  /** @param {string} sentence "" takes back what was said */
  function say(sentence) {
    problem = sentence;
    changed();
  }

  /**
   * Collects what goes wrong while the page opens into one message.
   * @param {string} sentence
   */
  function complain(sentence) {
    say(busy ? [problem, sentence].filter(Boolean).join(" ") : sentence);
  }

  /**
   * Shows the wanted run if it exists and has weights, else the newest that has.
   * @param {string | null} wanted
   */
  async function begin(wanted) {
    busy = true;
    const names = source.runs.map((run) => run.name);
    const found = wanted !== null && names.includes(wanted);
    if (wanted !== null && !found) {
      const exists = known.some((run) => run.name === wanted);
      complain(exists ? `Run ${titleOf(wanted)} has no weights yet.` : `There is no run named '${wanted}'.`);
    }
    for (const name of found ? new Set([wanted, ...names]) : names) {
      state.epoch = await keptEpoch(name, state.epoch);
      if (await source.open(name, state.epoch)) break;
    }
    busy = false;
    changed();
  }

  /**
   * The epoch of a link, if it is kept.
   * @param {string} name
   * @param {Epoch} epoch
   * @returns {Promise<Epoch>}
   */
  async function keptEpoch(name, epoch) {
    if (epoch === "latest") return epoch;
    const kept = await engine.epochs(name).catch(() => []);
    if (kept.some((each) => each.epoch === epoch)) return epoch;
    complain(`Epoch ${epoch} of ${titleOf(name)} is not kept; these are its newest weights.`);
    return "latest";
  }

  return {
    begin,
    say,
    complain,
    busy: () => busy,
    problem: () => problem,
    /**
     * Shows a run's epoch.
     * @param {string} name
     * @param {Epoch} epoch
     */
    open(name, epoch) {
      if (name !== source.name) problem = "";
      state.epoch = epoch;
      return source.open(name, epoch);
    },
  };
}
