/** Terms within sentences. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { partsOf } from "../../../gan/app/components/shared/terms.js";

test("a sentence falls into text, the names of its terms, and the terms as they read", () => {
  assert.deepEqual(partsOf("A {logit|logit}, then a {d_loss|loss}."), ["A ", "logit", "logit", ", then a ", "d_loss",
    "loss", "."]);
  assert.deepEqual(partsOf("No term."), ["No term."]);
});
