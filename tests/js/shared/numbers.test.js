/** What counts as a number in a field or a link. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { numberOf } from "../../../gan/app/components/shared/numbers.js";

test("plain digits with a sign, a point and an exponent are a number", () => {
  const texts = ["7", "+7", "-0.5", ".5", "5.", "1e-3", "2E+2"];
  assert.deepEqual(texts.map(numberOf), [7, 7, -0.5, 0.5, 5, 0.001, 200]);
});

test("anything else that JavaScript or Python would read as one is none", () => {
  for (const text of ["", " ", " 7", "0x10", "0b1", "1_0", "Infinity", "NaN", "1e", "1e1000", "٣", ".", "-", "1,5"]) {
    assert.ok(Number.isNaN(numberOf(text)), JSON.stringify(text));
  }
});

test("digits without end are not read", () => {
  assert.equal(numberOf("1".repeat(300)), Number("1".repeat(300)));
  assert.ok(Number.isNaN(numberOf("1".repeat(801))));
});
