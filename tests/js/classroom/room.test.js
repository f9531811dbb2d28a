/** The wall of all desks. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { moveInWords, shortened } from "../../../gan/app/components/classroom/desk_tile.js";
import { GAP, SHAPE, layoutOf } from "../../../gan/app/components/classroom/wall_layout.js";

test("forty desks are on one screen, and few are as large as they can be", () => {
  for (const [width, height] of [[1892, 1010], [1412, 830]]) {
    for (const count of [1, 4, 12, 40]) {
      const { columns, size } = layoutOf(count, width, height);
      assert.ok(Math.ceil(count / columns) * (size * SHAPE + GAP) <= height + GAP, `${count}: ${width} x ${height}`);
      assert.ok(columns * (size + GAP) <= width + GAP);
    }
  }
  assert.equal(layoutOf(4, 1892, 1010).columns, 2); // in two rows they are larger than in one
  assert.ok(layoutOf(6, 1892, 1010).columns < layoutOf(40, 1892, 1010).columns);
  assert.deepEqual(layoutOf(40, 362, 700), { columns: 2, size: 177 }); // a phone: the wall scrolls
});

test("the last row can read all that stands on twelve desks, and name and FID of forty", () => {
  const READABLE = 23.5; // px of a screen that is 1920 wide
  const css = readFileSync(new URL("../../../gan/app/components/classroom/room.css", import.meta.url), "utf-8");
  const [usual, many] = css.split("@container (width < 250px)");
  /** @param {number} count */
  const widthOf = (count) => layoutOf(count, 1892, 1010).size - 2;
  const sizes = [...usual.matchAll(/font-size: (?:max\(9px, )?([\d.]+)cqw/g)].map(([, share]) => Number(share) / 100);
  assert.ok(sizes.length >= 5);
  assert.ok(widthOf(12) >= 250 && Math.min(...sizes) * widthOf(12) >= READABLE);
  assert.ok(widthOf(40) < 250);
  /** @param {string} text @param {string} part */
  const sizeOf = (text, part) => Number(text.match(`\\.${part} {[^}]*font-size: ([\\d.]+)cqw`)?.[1]) / 100;
  assert.ok(sizeOf(usual, "lg-desk-name") * widthOf(40) >= READABLE);
  assert.ok(sizeOf(many, "lg-desk-fid") * widthOf(40) >= READABLE);
});

test("a knob move says what was turned from where to where, and a step of one network which", () => {
  const move = { batch: 5, knob: "lr_g", label: "Generator learning rate" };
  assert.equal(moveInWords({ ...move, before: 0.0002, after: 0.001 }), "Generator learning rate 0.0002 → 0.001");
  assert.equal(shortened(move.label), "G learning rate");
  assert.equal(shortened("Dropout"), "Dropout");
  assert.equal(moveInWords({ ...move, label: "Discriminator only", before: null, after: null }), "Discriminator only");
});
