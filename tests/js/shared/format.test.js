/** Numbers and times as the pages write them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  age, anyValue, bytes, count, duration, figure, ratio, value,
} from "../../../gan/app/components/shared/format.js";

test("counts are whole and grouped by thousands", () => {
  assert.deepEqual([0, 999, 12345, 1.5].map(count), ["0", "999", "12,345", "2"]);
});

test("a knob's value has no exponent and no zeros at its end", () => {
  const shown = [0, 100, 0.5, 0.0002, 1e-6, 0.9999].map((x) => value(x));
  assert.deepEqual(shown, ["0", "100", "0.5", "0.0002", "0.000001", "0.9999"]);
  assert.equal(value(1 / 3), "0.3333");
  assert.equal(value(-1 / 3, 2), "-0.33");
  assert.equal(value(1e-20), "0");
});

test("what is no number is a dash", () => {
  for (const x of [Number.NaN, Infinity, -Infinity]) {
    assert.equal(value(x), "–");
    assert.equal(figure(x), "–");
  }
  assert.equal(duration(-1), "–");
  assert.equal(duration(Number.NaN), "–");
});

test("any setting can be written: numbers, words and lists", () => {
  assert.deepEqual([anyValue(0.0002), anyValue("adam"), anyValue([128, 256])], ["0.0002", "adam", "128, 256"]);
});

test("a ratio has 1 on its smaller side", () => {
  assert.equal(ratio(0.001, 0.0002), "5 : 1");
  assert.equal(ratio(0.0002, 0.01), "1 : 50");
  assert.equal(ratio(0.0002, 0.0002), "1 : 1");
  assert.equal(ratio(0.0002, 0.0002004), "0.998 : 1"); // nearly equal: as 1 : 1.002 it would read 1 : 1
});

test("a figure has the same number of places whatever it is", () => {
  assert.deepEqual([figure(0.65214), figure(2), figure(99.96, 1)], ["0.652", "2.000", "100.0"]);
});

test("sizes are in kB, MB or GB", () => {
  assert.deepEqual([0, 640e3, 1.25e6, 86e6, 1.2e9].map(bytes), ["0 kB", "640 kB", "1.3 MB", "86 MB", "1.2 GB"]);
});

test("a duration has its two largest units", () => {
  const seconds = [0, 45, 59.7, 200, 7500, 3 * 86400 + 4 * 3600];
  assert.deepEqual(seconds.map(duration), ["0 s", "45 s", "1 min 0 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"]);
});

test("an age has its largest unit, and the future is now", () => {
  const ages = [-10, 59, 60, 3599, 7200, 90000].map((seconds) => age(1e9 - seconds, 1e9));
  assert.deepEqual(ages, ["just now", "just now", "1 min ago", "59 min ago", "2 h ago", "1 d ago"]);
});
