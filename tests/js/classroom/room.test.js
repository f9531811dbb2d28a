/** The wall of all desks. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { moveInWords, shortened } from "../../../gan/app/components/classroom/desk_tile.js";
import { GAP, SHAPE, columnsFor } from "../../../gan/app/components/classroom/wall_layout.js";

test("forty desks are on one screen, and few are as large as they can be", () => {
  for (const [width, height] of [[1892, 1010], [1412, 830]]) {
    const columns = columnsFor(40, width, height);
    const wide = (width - GAP * (columns - 1)) / columns;
    assert.ok(Math.ceil(40 / columns) * (wide * SHAPE + GAP) <= height + GAP, `${width} x ${height}`);
  }
  assert.ok(columnsFor(6, 1892, 1010) < columnsFor(40, 1892, 1010));
  assert.equal(columnsFor(40, 362, 700), 2); // a phone: the wall scrolls
});

test("a knob move says what was turned from where to where, and a step of one network which", () => {
  const move = { batch: 5, knob: "lr_g", label: "Generator learning rate" };
  assert.equal(moveInWords({ ...move, before: 0.0002, after: 0.001 }), "Generator learning rate 0.0002 → 0.001");
  assert.equal(shortened(moveInWords({ ...move, before: 0.0002, after: 0.001 })), "G learning rate 0.0002 → 0.001");
  assert.equal(shortened("Dropout 0.5 → 0.2"), "Dropout 0.5 → 0.2");
  assert.equal(moveInWords({ ...move, label: "Discriminator only", before: null, after: null }), "Discriminator only");
});
