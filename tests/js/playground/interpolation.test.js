/** Straight lines and arcs through the latent space, paths through several points, and squares of four. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { mixCorners, pathPoint, pathSteps } from "../../../gan/app/components/playground/engine/interpolation.js";
import { norm, row, stack } from "../../../gan/app/components/playground/engine/vectors.js";
import { SIZES, pairs, randomVectors } from "./ends.js";

/** @import { Interpolation } from "../../../gan/app/components/playground/engine/interpolation.js" */

const STEPS = 9;
/** @type {Interpolation[]} */
const KINDS = ["linear", "spherical"];

/**
 * @param {Float32Array} flat
 * @param {number} d
 */
const rows = (flat, d) => Array.from({ length: flat.length / d }, (_, i) => row(flat, i, d));

/**
 * The steps of the walk between two ends.
 * @param {[Float32Array, Float32Array]} ends
 * @param {Interpolation} kind
 */
const walk = (ends, kind) => rows(pathSteps(ends, STEPS, kind, false), ends[0].length);

/**
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other
 */
const farthest = (one, other) => Array.from(one).reduce((most, x, i) => Math.max(most, Math.abs(x - other[i])), 0);

for (const size of SIZES) {
  test(`walks between vectors of ${size} numbers begin and end at their ends`, () => {
    for (const ends of pairs(size)) {
      for (const kind of KINDS) {
        const made = walk(ends, kind);
        assert.ok(made.every((z) => z.every(Number.isFinite)));
        assert.deepEqual([made[0], made[STEPS - 1]], ends);
      }
    }
  });

  test(`the straight walk between vectors of ${size} numbers is a line`, () => {
    for (const [a, b] of pairs(size)) {
      const scale = Math.max(norm(a), norm(b));
      walk([a, b], "linear").forEach((z, i) => {
        const t = i / (STEPS - 1);
        assert.ok(farthest(z, Float64Array.from(a, (x, k) => (1 - t) * x + t * b[k])) <= 1e-6 * scale);
      });
    }
  });
}

test("from one side of zero to the other there is no way around it", () => {
  for (const ends of pairs(1)) {
    const straight = walk(ends, "linear");
    walk(ends, "spherical").forEach(([x], i) => {
      assert.ok(Math.abs(x - straight[i][0]) <= 1e-9 + 1e-5 * Math.abs(straight[i][0]));
    });
  }
});

test("on the spherical walk the norm goes evenly from that of one end to that of the other", () => {
  for (const size of SIZES.slice(1)) {
    for (const ends of pairs(size)) {
      const scale = Math.max(...ends.map(norm));
      const norms = walk(ends, "spherical").map(norm);
      const [first, last] = [norms[0], norms[STEPS - 1]];
      norms.forEach((length, i) => {
        assert.ok(length >= Math.min(first, last) - 1e-6 * scale);
        assert.ok(length <= Math.max(first, last) + 1e-6 * scale);
        assert.ok(Math.abs(length - (first + (i / (STEPS - 1)) * (last - first))) <= 2e-6 * scale);
      });
    }
  }
});

test("a spherical walk turns by the same share of the angle at each step, also between opposite ends", () => {
  for (const size of [2, 3, 100]) {
    for (const ends of pairs(size).filter((pair) => pair.every((z) => norm(z) > 0))) {
      const units = walk(ends, "spherical").map((z) => Float64Array.from(z, (x) => x / norm(z)));
      const whole = angle(units[0], units[STEPS - 1]);
      for (let i = 1; i < STEPS; i++) {
        const share = whole / (STEPS - 1);
        assert.ok(Math.abs(angle(units[i - 1], units[i]) - share) <= 2e-4 + 1e-5 * share);
      }
    }
  }
});

/**
 * @param {Float64Array} a unit vector
 * @param {Float64Array} b unit vector
 */
const angle = (a, b) => 2 * Math.asin(Math.min(1, norm(a.map((x, i) => x - b[i])) / 2));

const POINTS = randomVectors(4, 7, 2);

for (const kind of KINDS) {
  test(`a closed ${kind} path passes all points and leads home`, () => {
    const tour = rows(pathSteps(POINTS, 21, kind, true), 7); // 5 steps a segment
    assert.deepEqual([0, 5, 10, 15, 20].map((i) => tour[i]), [...POINTS, POINTS[0]]);
    const home = rows(pathSteps([POINTS[3], POINTS[0]], 6, kind, false), 7);
    tour.slice(15).forEach((z, i) => assert.ok(farthest(z, home[i]) <= 1e-6));
    tour.slice(0, 20).forEach((z, i) =>
      assert.ok(farthest(z, pathPoint(POINTS, i / 20 + 3, kind, true)) <= 1e-5)); // the fourth round
    assert.deepEqual(pathSteps(POINTS.slice(0, 1), 3, kind, true), stack([POINTS[0], POINTS[0], POINTS[0]]));
  });

  test(`a ${kind} mixture has its corners, and is no longer than they are`, () => {
    const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([x, y]) => mixCorners(POINTS, x, y, kind));
    assert.deepEqual(corners, POINTS);
    const shares = Array.from({ length: 9 }, (_, i) => i / 8);
    const norms = shares.flatMap((y) => shares.map((x) => norm(mixCorners(POINTS, x, y, kind))));
    const bounds = POINTS.map(norm);
    assert.ok(Math.max(...norms) <= Math.max(...bounds) + 1e-5);
    const longEnough = Math.min(...norms) >= Math.min(...bounds) - 1e-5;
    assert.equal(longEnough, kind === "spherical"); // a straight mixture does get too short
  });
}
