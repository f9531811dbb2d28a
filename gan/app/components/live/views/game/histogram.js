/** Counting numbers into bins, over a range that follows them calmly. */

/** @import { Numbers } from "../../../shared/frames.js" */

const OUTSIDE = 0.01; // share of the numbers at either end that the range need not hold
const MARGIN = 0.08; // of the range, at both ends
const FOLLOWING = 0.35; // how far the range goes at a time towards what it should be
const LEAST = 1e-3; // the narrowest range

/** @typedef {[low: number, high: number]} Range */

/**
 * A range that holds nearly all of these numbers, and `middle` if there is one.
 * @param {Numbers[]} groups
 * @param {number | null} middle
 * @returns {Range}
 */
export function rangeOf(groups, middle) {
  const ends = groups.filter((group) => group.length).map((group) => {
    const sorted = Float64Array.from(group).sort();
    const off = Math.floor(OUTSIDE * (sorted.length - 1));
    return [sorted[off], sorted[sorted.length - 1 - off]];
  });
  const within = middle === null ? [] : [middle];
  const low = Math.min(...within, ...ends.map(([first]) => first));
  const high = Math.max(...within, ...ends.map(([, last]) => last));
  const margin = Math.max(LEAST, (high - low) * MARGIN);
  return [low - margin, high + margin];
}

/**
 * The range to show next: it goes towards the wanted one, so that the hills slide and not the axis.
 * @param {Range | null} before
 * @param {Range} wanted
 * @returns {Range}
 */
export function following(before, wanted) {
  if (!before) return wanted;
  const far = (wanted[1] - wanted[0]) / (before[1] - before[0]);
  if (far > 4 || far < 0.25) return wanted;
  return [before[0] + (wanted[0] - before[0]) * FOLLOWING, before[1] + (wanted[1] - before[1]) * FOLLOWING];
}

/**
 * The share of the numbers in each of `count` bins; what lies outside the range is in the first or the last one.
 * @param {Numbers} numbers
 * @param {Range} range
 * @param {number} count
 */
export function shares(numbers, [low, high], count) {
  const bins = new Float64Array(count);
  for (const x of numbers) {
    bins[Math.min(count - 1, Math.max(0, Math.floor(((x - low) / (high - low)) * count)))] += 1 / numbers.length;
  }
  return bins;
}

/** @param {number} logit */
export const probability = (logit) => 1 / (1 + Math.exp(-logit));

/**
 * A share or a probability in percent, with what is almost nothing or all told apart from nothing and all.
 * @param {number} share
 */
export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  const places = share === 0 || share === 1 || (share >= 0.0995 && share <= 0.9005) ? 0 : 1;
  return `${(100 * share).toFixed(places)} %`;
}

/**
 * An output in words: a probability in percent, or a score.
 * @param {number} output
 * @param {boolean} probabilities
 */
export function outputInWords(output, probabilities) {
  if (probabilities) return percent(probability(output));
  const size = Math.abs(output);
  return output.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "−");
}
