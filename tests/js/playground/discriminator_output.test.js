/** What the discriminator's output means. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  outputMeaning, outputShare, outputText, outputValue,
} from "../../../gan/app/components/playground/engine/discriminator_output.js";

test("a logit is a probability, except with losses that ask for something else", () => {
  assert.equal(outputValue(outputMeaning("non-saturating"), 0), 0.5);
  assert.equal(outputValue(outputMeaning("minimax"), 0), 0.5);
  assert.equal(outputValue(outputMeaning("least-squares"), 0.7), 0.7);
  assert.equal(outputValue(outputMeaning("wasserstein"), -3.1), -3.1);
});

test("it is told in whole percents, and with one more digit near 0 and 100", () => {
  const text = (/** @type {number} */ x) => outputText(outputMeaning("non-saturating"), x);
  assert.deepEqual([0.93, 0.994, 0.9999, 0.004, 0.00001].map(text),
    ["93 % real", "99.4 % real", "100 % real", "0.4 % real", "0 % real"]);
  assert.equal(text(NaN), "–");
  assert.equal(outputText(outputMeaning("least-squares"), 0.93), "0.93");
  assert.equal(outputText(outputMeaning("wasserstein"), -3.1), "−3.1");
});

test("a bar is filled where there is a scale", () => {
  assert.equal(outputShare(outputMeaning("non-saturating"), 0.25), 0.25);
  assert.equal(outputShare(outputMeaning("least-squares"), 1.2), 1);
  assert.equal(outputShare(outputMeaning("wasserstein"), 0.5), null);
});
