/**
 * Labels of conditional networks (Mirza and Osindero 2014): which digit, or class, an image shall show. A label is ten
 * numbers behind z, and behind the pixels: 1 for the wanted digit and 0 for the others, or shares of two of them.
 */

import { row } from "./vectors.js";

export const LABELS = 10; // numbers of a label, whichever digits a run has

/** The label of each digit alone; always the same objects, so that an image is not made twice. */
const ONE_HOT = Array.from({ length: LABELS }, (_, digit) => {
  const label = new Float32Array(LABELS);
  label[digit] = 1;
  return label;
});

/** @param {number} digit from 0 to 9 */
export const oneHot = (digit) => ONE_HOT[digit];

/**
 * The label at t of the path through some digits, from the first to the last. A closed path returns to the first one.
 * @param {number[]} digits at least one
 * @param {number} t from 0 to 1 for the whole path
 * @param {boolean} closed
 */
export function labelAt(digits, t, closed) {
  const segments = closed ? digits.length : digits.length - 1;
  const at = t * segments;
  const segment = Math.min(Math.floor(at), Math.max(0, segments - 1));
  const [from, to] = [digits[segment], digits[(segment + 1) % digits.length]];
  const share = at - segment;
  if (share === 0 || from === to) return oneHot(from);
  return share === 1 ? oneHot(to) : oneHot(from).map((x, i) => (1 - share) * x + share * oneHot(to)[i]);
}

/**
 * The digit with the largest share in each of n labels.
 * @param {Float32Array} label one for all images, or one for each
 * @param {number} first the number of the first image
 * @param {number} n
 */
export function digitsOf(label, first, n) {
  return Array.from({ length: n }, (_, k) => {
    const shares = labelOf(label, first + k);
    return shares.indexOf(Math.max(...shares));
  });
}

/**
 * Rows with the labels behind them.
 * @param {Float32Array} rows n * size
 * @param {number} n
 * @param {number} size
 * @param {Float32Array} label one for all images, or one for each
 * @param {number} first the number of the first image
 */
export function withLabels(rows, n, size, label, first) {
  const out = new Float32Array(n * (size + LABELS));
  for (let k = 0; k < n; k++) {
    out.set(row(rows, k, size), k * (size + LABELS));
    out.set(labelOf(label, first + k), k * (size + LABELS) + size);
  }
  return out;
}

/**
 * @param {Float32Array} label one for all images, or one for each
 * @param {number} i the number of the image
 */
const labelOf = (label, i) => (label.length === LABELS ? label : row(label, i, LABELS));
