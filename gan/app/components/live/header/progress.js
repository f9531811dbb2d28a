/** How far a run is: its epoch, its batch, its speed and the time left. */

/** @import { Snapshot } from "../../types.d.ts" */
/** @import { Replayed } from "../recording/moment.js" */

import { count, duration } from "../../shared/format.js";
import { currentEpoch } from "../../shared/states.js";

const NONE = { text: "–", share: 0 };

/**
 * @typedef {{ text: string, share: number }} Figure `share`: of what it grows to, from 0 to 1
 */

/**
 * @param {Snapshot | Replayed | null} run
 * @param {boolean} lost the server does not answer
 * @returns {{ epoch: Figure, batch: Figure, rate: string, left: string }}
 */
export function progressOf(run, lost) {
  if (!run || !run.batches_per_epoch) return { epoch: NONE, batch: NONE, rate: "–", left: "–" };
  const per = run.batches_per_epoch;
  const total = run.epochs * per;
  const within = run.batch ? ((run.batch - 1) % per) + 1 : 0;
  const moves = !lost && (run.state === "running" || run.state === "replay") && run.rate > 0;
  const epochs = `${count(currentEpoch(run, per))} / ${count(run.epochs)}`;
  return {
    epoch: total ? { text: epochs, share: Math.min(1, run.batch / total) } : NONE,
    batch: { text: `${count(within)} / ${count(per)}`, share: within / per },
    rate: moves ? count(run.rate) : "–",
    left: moves ? duration(secondsLeft(run, total)) : "–",
  };
}

/**
 * @param {Snapshot | Replayed} run
 * @param {number} total all batches that it is to train; a replay ends where the recording does, and a run of a desk
 *   where it has trained as much as it may
 */
function secondsLeft(run, total) {
  const end = "until" in run ? run.until : Math.min(total, run.stop_at ?? Infinity, run.desk_end ?? Infinity);
  const limit = run.state === "running" && run.settings.seconds ? run.settings.seconds - run.seconds : Infinity;
  return Math.max(0, Math.min((end - run.batch) / run.rate, limit));
}
