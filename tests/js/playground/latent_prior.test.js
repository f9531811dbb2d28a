/** Where random vectors lie. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { planeThrough, wholePlane } from "../../../gan/app/components/playground/engine/latent_plane.js";
import { likelyRegion, randomNorm } from "../../../gan/app/components/playground/engine/latent_prior.js";
import { noise } from "../../../gan/app/components/playground/engine/random.js";
import { norm } from "../../../gan/app/components/playground/engine/vectors.js";
import { randomVectors } from "./ends.js";

for (const kind of /** @type {const} */ (["normal", "uniform"])) {
  test(`random vectors of ${kind} noise are as long as it is said`, () => {
    for (const d of [10, 100, 512]) {
      const norms = Array.from({ length: 400 }, (_, seed) => norm(noise(seed, d, kind)));
      const mean = norms.reduce((sum, x) => sum + x, 0) / norms.length;
      const spread = Math.sqrt(norms.reduce((sum, x) => sum + (x - mean) ** 2, 0) / norms.length);
      const said = randomNorm(kind, d);
      assert.ok(Math.abs(mean - said.mean) < 5 * said.spread / Math.sqrt(norms.length) + 0.01 * said.mean);
      assert.ok(Math.abs(spread / said.spread - 1) < 0.2);
    }
  });
}

/** @typedef {Parameters<typeof likelyRegion>[1]} Model */

/**
 * @param {number} latentDim
 * @param {"normal" | "uniform"} kind
 */
const modelOf = (latentDim, kind) => /** @type {Model} */ ({ latentDim, settings: { noise: kind } });

/**
 * @param {number} latentDim
 * @param {"normal" | "uniform"} kind
 */
function region(latentDim, kind) {
  const plane = latentDim <= 2 ? wholePlane(latentDim) : throughRandom(latentDim);
  return likelyRegion(plane, modelOf(latentDim, kind));
}

/** @param {number} d */
function throughRandom(d) {
  const [a, b, c] = randomVectors(3, d, d);
  return planeThrough(a, b, c);
}

test("in two dimensions the dashed circle holds 95 % of all random vectors, the square all", () => {
  const radius = region(2, "normal")?.radius ?? 0;
  const norms = Array.from({ length: 4000 }, (_, seed) => norm(noise(seed, 2, "normal")));
  const within = norms.filter((length) => length <= radius).length / norms.length;
  assert.ok(Math.abs(within - 0.95) < 0.015);
  assert.deepEqual([region(2, "uniform")?.round, region(2, "uniform")?.radius], [false, 1]);
});

test("there is no such place on a line, nor for a cube that is cut by a plane", () => {
  assert.equal(region(1, "normal"), null);
  assert.equal(region(100, "uniform"), null);
});

test("on a plane through three random vectors the circle passes near all of them", () => {
  const circle = region(100, "normal");
  assert.ok(circle?.round && circle.radius > 0);
  assert.ok(Math.abs(Math.hypot(circle.x, circle.y) - circle.radius) < 1.5); // `a` is the plane's origin
});
