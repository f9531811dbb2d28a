/** The knobs' sliders and fields: positions, words, what is typed, and the ratio of the learning rates. */

/** @import { Knob } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { readKnobs, writeKnobs } from "../../../gan/app/components/live/draft/address.js";
import { ratesFor, ratioScale } from "../../../gan/app/components/live/knobs/rates.js";
import { createScale, fieldText, inWords, readTyped } from "../../../gan/app/components/live/knobs/scale.js";

/** @type {Knob} */
const RATE = {
  name: "lr_g", label: "Generator learning rate", meaning: "", kind: "float", default: 0.0002, low: 1e-6, high: 0.1,
  scale: "log", smallest: 1e-6, zero: "", zero_last: false, unit: "", range: "a number from 0.000001 to 0.1",
  group: "Steering", steering: true,
};
/** @type {Knob} */
const SECONDS = {
  ...RATE, name: "seconds", label: "Time limit", kind: "int", default: 0, low: 0, high: 604_800, smallest: 10,
  zero: "no limit", zero_last: true, unit: "seconds", range: "a whole number from 0 to 604800",
};
/** @type {Knob} */
const PACE = { ...RATE, name: "pace", label: "Speed limit", default: 0, low: 0, high: 1000, smallest: 0.1,
  zero: "no limit", zero_last: true, unit: "batches/s", range: "a number from 0 to 1000" };
/** @type {Knob} */
const EMA = { ...RATE, name: "ema_decay", label: "Average", default: 0, low: 0, high: 0.9999, scale: "near-one",
  smallest: 0.9, zero: "off", zero_last: false, range: "a number from 0 to 0.9999" };
/** @type {Knob} */
const EPOCHS = { ...RATE, name: "epochs", label: "Epochs", kind: "int", default: 100, low: 1, high: 10_000, smallest: 1,
  unit: "epochs", range: "a whole number from 1 to 10000" };

/** @param {Knob} knob @param {number[]} xs */
const shownAt = (knob, xs) => {
  const { values, nearest } = createScale(knob);
  return xs.map((x) => values[nearest(x)]);
};

/** @param {Knob} knob @param {string[]} texts */
const typed = (knob, texts) => texts.map((text) => {
  const answer = readTyped(knob, text);
  return "value" in answer ? answer.value : null;
});

test("a value between two positions is shown at the nearer one", () => {
  assert.deepEqual(shownAt(SECONDS, [1, 7, 61, 604_799, 0]), [10, 10, 60, 604_800, 0]);
  assert.deepEqual(shownAt(EMA, [0.2, 0.99901, 0]), [0.9, 0.999, 0]);
  assert.deepEqual(shownAt(RATE, [0.00021, 1e-6, 0.1]), [0.0002, 1e-6, 0.1]);
});

test("a value that the slider does not reach can be typed", () => {
  const texts = ["7", "61", "0", "604801", "-1", "1.5", "sixty"];
  assert.deepEqual(typed(SECONDS, texts), [7, 61, 0, null, null, null, null]);
  assert.deepEqual(readTyped(SECONDS, "604801"),
    { error: "Time limit is 604801; it must be a whole number from 0 to 604800." });
  assert.deepEqual(readTyped(SECONDS, " "),
    { error: "Time limit is empty; it must be a whole number from 0 to 604800." });
});

test("a time is typed and shown with its unit, and so is a speed", () => {
  assert.deepEqual(typed(SECONDS, ["10 s", "10s", "10", "s"]), [10, 10, 10, null]);
  assert.deepEqual([10, 604_800, 0].map((x) => fieldText(SECONDS, x)), ["10 s", "604800 s", "no limit"]);
  assert.deepEqual(typed(PACE, ["5/s", "0.5 /s", "20", "/s"]), [5, 0.5, 20, null]);
  assert.deepEqual([5, 0.1, 1000, 0].map((x) => fieldText(PACE, x)), ["5/s", "0.1/s", "1000/s", "no limit"]);
  assert.equal(fieldText(EPOCHS, 10), "10");
});

test("a number may have a decimal comma, and a very small one is shown with an exponent", () => {
  assert.deepEqual(typed(RATE, ["0,001", "1e-4"]), [0.001, 1e-4]);
  assert.equal(fieldText(RATE, 0.00000123), "1.23e-6");
});

test("0 is called what it means", () => {
  assert.deepEqual(typed(SECONDS, [" NO LIMIT "]), [0]);
  assert.deepEqual([inWords(SECONDS, 0), inWords(EMA, 0), fieldText(EMA, 0)], ["no limit", "off", "off"]);
});

test("times are read out as times", () => {
  assert.deepEqual([10, 60, 90, 3600, 5400, 86_400, 0].map((x) => inWords(SECONDS, x)),
    ["10 s", "1 min", "1 min 30 s", "1 h", "1 h 30 min", "1 d", "no limit"]);
  assert.equal(inWords(EPOCHS, 3), "3 epochs");
});

test("the ratio of the learning rates has the same steps on both sides", () => {
  const { values, nearest } = ratioScale(RATE);
  const middle = nearest(1);
  assert.equal(middle * 2, values.length - 1);
  const now = { lr_g: 0.0002, lr_d: 0.0002 };
  const [below, above] = [-10, 10].map((away) => ratesFor(values[middle + away], now, RATE));
  assert.ok(Math.abs(below.lr_g / below.lr_d - 1 / 3) < 0.01 / 3);
  assert.ok(Math.abs(above.lr_g / above.lr_d - 3) < 0.03);
});

test("a ratio keeps the geometric mean of both rates, as far as their range allows", () => {
  const { lr_g: g, lr_d: d } = ratesFor(4, { lr_g: 0.001, lr_d: 0.001 }, RATE);
  assert.deepEqual([g, d], [0.002, 0.0005]);
  assert.deepEqual(ratesFor(4, { lr_g: 0.1, lr_d: 0.1 }, RATE), { lr_g: 0.1, lr_d: 0.025 });
});

test("the address names the knobs that differ from their defaults, and leaves what else it says", () => {
  const url = new URL("http://localhost/?run=new&loss=minimax&epochs=3");
  writeKnobs(url, [RATE, EPOCHS], { lr_g: 0.001, epochs: 100 });
  assert.equal(url.search, "?run=new&loss=minimax&lr_g=0.001");
});

test("what an address does not name, or what cannot be, has its default", () => {
  const parameters = new URLSearchParams("lr_g=0.5&epochs=7");
  assert.deepEqual(readKnobs(parameters, [RATE, EPOCHS, SECONDS]), { lr_g: 0.0002, epochs: 7, seconds: 0 });
});
