/** What each state of a run is called and what may be done in it. */

/** @import { RunState, RunSummary } from "../types.d.ts" */

const RESUMABLE = new Set(["paused", "stopped", "interrupted", "failed", "diverged", "finished"]);
const ACTIVE = new Set(["running", "paused", "queued"]);

/**
 * The word on the badge.
 * @param {RunState} state
 */
export const word = (state) => (state === "elsewhere" ? "trained elsewhere" : state);

/**
 * Whether a run in this state has a thread of this server.
 * @param {RunState} state
 */
export const active = (state) => ACTIVE.has(state);

/** @param {Pick<RunSummary, "state" | "resumable" | "over">} run */
export const resumable = (run) => !notKept(run) && RESUMABLE.has(run.state) && !run.over;

/**
 * The epoch in training, or the last one that was trained; 0 before the first batch. The same on every page.
 * @param {Pick<RunSummary, "batch" | "epochs">} run
 * @param {number} per batches of an epoch
 */
export const currentEpoch = ({ batch, epochs }, per) => (per && batch ? Math.min(epochs, Math.ceil(batch / per)) : 0);

/**
 * Why a run cannot be resumed at all, or null: it was trimmed, and can only be branched or trained again as a new run.
 * @param {Pick<RunSummary, "state" | "resumable">} run
 */
export function notKept(run) {
  if (run.resumable || active(run.state)) return null;
  return "Its training state was not kept, so it cannot go on; branch from it, or train it again as a new run.";
}

/**
 * Why a run cannot be steered, or null.
 * @param {{ state: RunState }} run
 */
export function readOnly(run) {
  if (run.state === "elsewhere") return "Another process trains this run; it can only be watched here.";
  if (run.state === "damaged") return "This run is damaged and can only be deleted.";
  return null;
}
