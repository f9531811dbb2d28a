/** Which part of the plane the map shows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { boundedView, fittedView } from "../../../gan/app/components/playground/tools/map_layout.js";
import { tilesInView } from "../../../gan/app/components/playground/tools/map_tiles.js";

/** @import { Layout } from "../../../gan/app/components/playground/tools/map_layout.js" */

/**
 * @param {[number, number][]} places
 * @param {number} whole
 */
function layout(places, whole = 0) {
  const marks = places.map((at) => ({ text: "A", at }));
  return /** @type {Layout} */ ({ marks, whole, middle: [0, 0] });
}

test("a view that nobody has moved shows all picks, with some room", () => {
  const { x, y, span } = fittedView(layout([[-3, 0], [3, 1]]), 0.5);
  assert.deepEqual([x, y], [0, 0]);
  assert.equal(span, 7.5);
  assert.equal(fittedView(layout([[0, 3]]), 0.5).span, 15); // the map is half as high as wide
  assert.equal(fittedView(layout([[0, 0]]), 1).span, 0.5);
  assert.equal(fittedView(layout([[9, 9]], 8), 1).span, 8);
});

test("a view ends where the map ends", () => {
  assert.deepEqual(boundedView(-5000, 5000, 1e6), { x: -999, y: 999, span: 200 });
  assert.equal(boundedView(0, 0, 0).span, 0.05);
});

test("tiles cover a view, the nearest to its middle first", () => {
  for (const [x, y, width, level] of [[0, 0, 8, 0], [3.3, -7.1, 5, 2], [100, 50, 0.7, 5], [0, 0, 200, -3]]) {
    const view = { x, y, width, height: width / 2 };
    const size = 8 * 2 ** -level;
    const half = 2 ** -level / 2;
    const tiles = tilesInView(level, view);
    const left = Math.min(...tiles.map(({ i }) => i * size - half));
    const right = Math.max(...tiles.map(({ i }) => (i + 1) * size - half));
    assert.ok(left <= x - width / 2 && right >= x + width / 2);
    assert.ok(tiles.every(({ j }) => j * size - half < y + width / 4 && (j + 1) * size - half >= y - width / 4));
    const far = tiles.map(({ i, j }) => Math.hypot((i + 0.5) * size - x, (j + 0.5) * size - y));
    assert.deepEqual(far, far.toSorted((a, b) => a - b));
  }
});
