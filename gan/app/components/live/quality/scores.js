/** The scores of a run's images, as the live stream tells them; a score has `batch`, `epoch`, `fid`, `histogram`, ... */

import { count, value } from "../../shared/format.js";

/** Scores with more of them, in the order of their batches; of the same batch the newer one counts. */
export function withMore(scores, more) {
  if (!more.length) return scores;
  const batches = new Set(more.map((score) => score.batch));
  return [...scores.filter((score) => !batches.has(score.batch)), ...more].sort((a, b) => a.batch - b.batch);
}

/** The one with the least FID, or undefined. */
export const bestOf = (scores) => scores.reduce((best, score) => (best && best.fid <= score.fid ? best : score), undefined);

/** The last one up to a batch (null: of all), or undefined. */
export const scoreAt = (scores, batch) => scores.findLast((score) => batch === null || score.batch <= batch);

/** A score's FID and the epoch that it is of: "8.4 (epoch 97)". */
export const fidAt = (score) => (score ? `${value(score.fid, 3)} (epoch ${count(score.epoch)})` : "–");
