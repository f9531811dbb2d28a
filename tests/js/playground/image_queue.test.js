/** Requests for images. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createImageQueue } from "../../../gan/app/components/playground/engine/image_queue.js";

/** @import { Images, Model } from "../../../gan/app/components/playground/engine/engine.js" */

const MODEL = /** @type {Model} */ ({ key: "a model" });

/** An engine whose answers come when the test wants them. */
function begin() {
  /** @type {{resolve: (images: Images) => void, reject: (error: Error) => void}[]} */
  const asked = [];
  /** @type {string[]} */
  const told = [];
  const images = () => new Promise((/** @type {(images: Images) => void} */ resolve, reject) =>
    void asked.push({ resolve, reject }));
  const queue = createImageQueue({ images }, (sentence) => told.push(sentence));
  return {
    asked,
    told,
    /** @param {string} name */
    ask: (name) => queue.ask(MODEL, new Float32Array(1), {}, () => told.push(name)),
    answer: () => asked.at(-1)?.resolve({ pixels: new Uint8ClampedArray(1), outputs: null }),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("of the requests that come while one is under way only the newest is made", async () => {
  const { asked, told, ask, answer } = begin();
  for (const name of ["first", "second", "third"]) ask(name);
  assert.equal(asked.length, 1);
  answer();
  await settled();
  answer();
  await settled();
  assert.deepEqual(told, ["first", "third"]);
  assert.equal(asked.length, 2);
});

test("a failure is told, and the next request is made", async () => {
  const { asked, told, ask, answer } = begin();
  ask("first");
  ask("second");
  asked[0].reject(new Error("The server does not answer."));
  await settled();
  answer();
  await settled();
  assert.deepEqual(told, ["The server does not answer.", "second"]);
});
