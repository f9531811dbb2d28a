/** Numbers from seeds. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { noise, rng } from "../../../gan/app/components/playground/engine/random.js";

/**
 * Chris Doty-Humphrey's generator, written down once more.
 * @param {number} seed
 * @param {number} count
 */
function sfc32(seed, count) {
  const mask = 2n ** 32n - 1n;
  let [a, b, c, counter] = [0n, BigInt(seed) & mask, BigInt(seed) >> 32n, 1n];
  const out = [];
  for (let i = 0; i < 15 + count; i++) {
    const made = (a + b + counter) & mask;
    out.push(Number(made));
    counter += 1n;
    [a, b, c] = [b ^ (b >> 9n), (c + (c << 3n)) & mask, ((((c << 21n) | (c >> 11n)) & mask) + made) & mask];
  }
  return out.slice(15);
}

test("seeds give the numbers of sfc32", () => {
  for (const seed of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    const next = rng(seed);
    assert.deepEqual(Array.from({ length: 50 }, () => next() * 2 ** 32), sfc32(seed, 50));
  }
});

const SEEDS = 300;
const SIZE = 101;

/** @param {"normal" | "uniform"} kind */
const drawn = (kind) => Array.from({ length: SEEDS }, (_, seed) => [...noise(seed, SIZE, kind)]).flat();

/**
 * The largest distance between the distribution of some numbers and another one.
 * @param {number[]} numbers
 * @param {(x: number) => number} cdf of the other one
 */
function kolmogorov(numbers, cdf) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((x, i) => Math.abs(cdf(x) - (i + 0.5) / sorted.length)));
}

/**
 * Of the standard normal distribution (Abramowitz and Stegun, 7.1.26).
 * @param {number} x
 */
function normalCdf(x) {
  const t = 1 / (1 + 0.3275911 * (Math.abs(x) / Math.SQRT2));
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].reduce((sum, c) => sum * t + c, 0);
  const erf = 1 - series * t * Math.exp(-x * x / 2);
  return (1 + Math.sign(x) * erf) / 2;
}

test("noise is distributed as the run's own", () => {
  const limit = 1.63 / Math.sqrt(SEEDS * SIZE); // Kolmogorov and Smirnov at 1 %
  const normal = drawn("normal");
  assert.deepEqual(normal, drawn("normal"));
  assert.ok(new Set(normal).size > 0.999 * normal.length);
  assert.ok(kolmogorov(normal, normalCdf) < limit);
  assert.ok(kolmogorov(drawn("uniform"), (x) => (x + 1) / 2) < limit);
});

for (const kind of /** @type {const} */ (["normal", "uniform"])) {
  test(`${kind} noise of neighbouring seeds is independent`, () => {
    const numbers = drawn(kind);
    assert.ok(Math.abs(correlation(numbers.slice(0, -SIZE), numbers.slice(SIZE))) < 0.025);
  });
}

/**
 * @param {number[]} xs
 * @param {number[]} ys
 */
function correlation(xs, ys) {
  const mean = (/** @type {number[]} */ numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((x, i) => (x - meanX) * (ys[i] - meanY)));
  return covariance / Math.sqrt(mean(xs.map((x) => (x - meanX) ** 2)) * mean(ys.map((y) => (y - meanY) ** 2)));
}
