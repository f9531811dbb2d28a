/** The scores of a run's images, as the live stream tells them. */

/** @import { Score } from "../../types.d.ts" */

import { count, value } from "../../shared/format.js";

/**
 * Scores with more of them, in the order of their batches; of the same batch the newer one counts.
 * @param {Score[]} scores
 * @param {Score[]} more
 */
export function withMore(scores, more) {
  if (!more.length) return scores;
  const batches = new Set(more.map((score) => score.batch));
  return [...scores.filter((score) => !batches.has(score.batch)), ...more].sort((a, b) => a.batch - b.batch);
}

/**
 * The one with the least FID.
 * @param {Score[]} scores
 * @returns {Score | undefined}
 */
export function bestOf(scores) {
  const fids = scores.map((score) => score.fid);
  return scores[fids.indexOf(Math.min(...fids))];
}

/**
 * The last one up to a batch (null: of all).
 * @param {Score[]} scores
 * @param {number | null} batch
 */
export const scoreAt = (scores, batch) => scores.findLast((score) => batch === null || score.batch <= batch);

/**
 * A score's FID and the epoch that it is of: "8.4 (epoch 97)".
 * @param {Score | undefined} score
 */
export const fidAt = (score) => (score ? `${value(score.fid, 3)} (epoch ${count(score.epoch)})` : "–");
