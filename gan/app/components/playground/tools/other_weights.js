/** The weights that are compared with those on show. */

import { titleOf, versionOf } from "../../shared/runs_feed.js";
import { messageOf } from "../engine/errors.js";

/** @import { RunSummary } from "../../types.d.ts" */
/** @import { Model } from "../engine/engine.js" */
/** @import { Page, PageState } from "../types.d.ts" */

/** @typedef {NonNullable<PageState["comparison"]>} Wanted */

/** @param {Page} page */
export function createOtherWeights({ engine, state, source, say, requestDraw }) {
  let key = ""; // of what was asked for last
  /** @type {number[]} the epochs of that run */
  let kept = [];
  /** @type {Model | null} */
  let model = null;

  /** Fetches what the state wants, if it is there: a link may name anything. */
  async function load() {
    const wanted = state.comparison;
    const run = source.runs.find((each) => each.name === wanted?.run);
    const next = keyOf(wanted, run);
    if (key === next) return;
    key = next;
    if (!wanted || wanted.epoch !== "latest" || model?.run !== wanted.run) model = null; // else it has only trained on
    if (!wanted) return;
    if (!run) return refuse(`There is no run named '${wanted.run}' to compare with.`);
    try {
      await ask(wanted, run, next);
    } catch (error) {
      if (key === next) refuse(messageOf(error));
    }
  }

  /**
   * @param {Wanted} wanted
   * @param {RunSummary} run
   * @param {string} mine a later request has another key
   */
  async function ask({ run: name, epoch }, run, mine) {
    const epochs = (await engine.epochs(name)).map((each) => each.epoch);
    if (key !== mine) return;
    kept = epochs;
    if (epoch !== "latest" && !kept.includes(epoch)) {
      return refuse(`Epoch ${epoch} of ${titleOf(name)} is not kept.`);
    }
    const loaded = await engine.load(name, epoch, versionOf(run));
    if (key !== mine) return;
    model = loaded;
    requestDraw();
  }

  /** @param {string} sentence */
  function refuse(sentence) {
    state.comparison = null;
    say(sentence);
  }

  return { load, kept: () => kept, model: () => model };
}

/**
 * Changes when something else is wanted, or when the newest weights are others.
 * @param {Wanted | null} wanted
 * @param {RunSummary | undefined} run
 */
function keyOf(wanted, run) {
  if (!wanted) return "";
  return `${wanted.run} ${wanted.epoch} ${wanted.epoch === "latest" ? run?.batch : ""}`;
}
