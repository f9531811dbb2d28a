/** Which digits a page shows, and what is made of what somebody types. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { oneHot } from "../../../gan/app/components/playground/engine/labels.js";
import {
  digitFor, digitsOnTheWay, labelFor, learned, numberFor, readDigits,
} from "../../../gan/app/components/playground/state/digit.js";

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

test("the chosen digit is shown if the generator has learned it, else its first one", () => {
  assert.equal(digitFor({ digit: 7 }, { labels: ALL }), 7);
  assert.equal(digitFor({ digit: 7 }, { labels: [3, 8] }), 3);
  assert.equal(digitFor({ digit: null }, { labels: [3, 8] }), 3);
  assert.equal(labelFor({ digit: 8 }, { labels: [3, 8] }), oneHot(8));
});

test("a generator that makes no digits to order has no label", () => {
  assert.equal(digitFor({ digit: 7 }, { labels: null }), null);
  assert.equal(labelFor({ digit: 7 }, { labels: null }), null);
});

test("spaces and full-width digits are read, anything else is left out and named", () => {
  assert.deepEqual(readDigits("31 415"), { digits: "31415", problem: "" });
  assert.deepEqual(readDigits("３１"), { digits: "31", problem: "" });
  assert.deepEqual(readDigits(""), { digits: "", problem: "" });
  assert.deepEqual(readDigits("3.14"),
    { digits: "314", problem: "Only the digits 0 to 9 can be written, so this was left out: ." });
  assert.match(readDigits("hello").problem, /left out: h e l …$/);
});

test("a long number is cut, and the page says so", () => {
  const { digits, problem } = readDigits("1234567890".repeat(7));
  assert.equal(digits.length, 60);
  assert.equal(problem, "That is a long number: only its first 60 digits are used.");
});

test("digits that the run was not trained on are left out", () => {
  assert.deepEqual(learned("31415", ALL), { known: [3, 1, 4, 1, 5], problem: "" });
  assert.deepEqual(learned("388", [3, 8]), { known: [3, 8, 8], problem: "" });
  assert.deepEqual(learned("31415", [3, 8]),
    { known: [3], problem: "This run has learned only 3 and 8, so 1, 4 and 5 are left out." });
  assert.equal(learned("507", [0, 7, 8]).problem, "This run has learned only 0, 7 and 8, so 5 is left out.");
});

test("until something is typed, the number is one that the run has learned", () => {
  assert.equal(numberFor({ digits: null }, { labels: ALL }), "31415");
  assert.equal(numberFor({ digits: null }, { labels: [1, 3, 4, 5] }), "31415");
  assert.equal(numberFor({ digits: null }, { labels: [0, 8] }), "08");
  assert.equal(numberFor({ digits: "5" }, { labels: [0, 8] }), "5");
  assert.equal(numberFor({ digits: "" }, { labels: [0, 8] }), "");
});

test("a walk passes the digits that were asked for, or all if these are not two", () => {
  assert.deepEqual(digitsOnTheWay({ digits: "838" }, { labels: ALL }), [8, 3, 8]);
  assert.deepEqual(digitsOnTheWay({ digits: "" }, { labels: ALL }), ALL);
  assert.deepEqual(digitsOnTheWay({ digits: "19" }, { labels: [1, 2] }), [1, 2]);
});
