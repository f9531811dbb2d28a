/** Planes of the latent space. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  coordinates, planeGrid, planePoint, planeThrough,
} from "../../../gan/app/components/playground/engine/latent_plane.js";
import { combined, dot, norm, row } from "../../../gan/app/components/playground/engine/vectors.js";
import { pairs, randomVectors } from "./ends.js";

/**
 * Three points each; the last 20 on one line.
 * @param {number} size
 * @returns {[Float32Array, Float32Array, Float32Array][]}
 */
function triples(size) {
  const ends = pairs(size);
  const thirds = randomVectors(ends.length, size, 1);
  return ends.map(([a, b], i) => {
    const onLine = i - (ends.length - 20);
    return [a, b, onLine < 0 ? thirds[i] : combined(a, -2 + (4 * onLine) / 19, a, 0)];
  });
}

/**
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other
 */
const farthest = (one, other) => Array.from(one).reduce((most, x, i) => Math.max(most, Math.abs(x - other[i])), 0);

for (const size of [1, 2, 3, 100]) {
  test(`a plane is a true map of three points of ${size} numbers`, () => {
    for (const points of triples(size)) {
      const plane = planeThrough(...points);
      const { u, v, origin } = plane;
      assert.deepEqual(origin, points[0]);
      assert.ok(Math.abs(norm(u) - 1) <= 1e-6);
      assert.ok(Math.abs(norm(v) - (size > 1 ? 1 : 0)) <= 1e-6);
      assert.ok(Math.abs(dot(u, v)) <= 1e-6);
      const scale = Math.max(1e-30, ...points.flatMap((z) => [...z].map(Math.abs)));
      for (const z of size > 1 ? points : []) {
        const [x, y] = coordinates(plane, z);
        assert.ok(farthest(planePoint(plane, x, y), z) <= 1e-5 * scale);
      }
    }
  });

  test(`a grid of a plane of ${size} numbers goes to the right, then down`, () => {
    for (const points of triples(size)) {
      const plane = planeThrough(...points);
      const { u, v, origin } = plane;
      const scale = Math.max(1, ...points.flatMap((z) => [...z].map(Math.abs)));
      const grid = planeGrid(plane, -1, 2, 0.5, 3, 2);
      [2, 2.5].forEach((down, j) => [-1, -0.5, 0].forEach((right, i) => {
        const cell = Float64Array.from(origin, (x, k) => x + right * u[k] + down * v[k]);
        assert.ok(farthest(row(grid, 3 * j + i, size), cell) <= 1e-5 * scale);
      }));
    }
  });
}
