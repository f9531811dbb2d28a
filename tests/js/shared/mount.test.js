/** A component keeps its view whatever the order in which Streamlit renders it and takes renders back. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { mount } from "../../../gan/app/components/shared/mount.js";

/** @typedef {["render" | "back", 1 | 2] | ["remove"]} Event of a place; 1 is the older render, 2 the newer */

/**
 * What a view is told while these events happen to its place.
 * @param {Event[]} events
 */
function story(events) {
  /** @type {(string | number)[]} */
  const told = [];
  const component = mount(() => {
    told.push("made");
    return { render: ({ data }) => told.push(Number(data)), destroy: () => told.push("gone") };
  });
  const place = { isConnected: true };
  const parentElement = /** @type {HTMLElement} */ (/** @type {unknown} */ (place)); // all that is asked of it
  /** @type {Record<number, () => void>} */
  const back = {};
  for (const [what, data] of events) {
    if (what === "remove") place.isConnected = false;
    else if (what === "render") back[data] = component({ parentElement, data, setTriggerValue() {} });
    else back[data]();
  }
  return told;
}

test("a view ends when its place is gone and not before", () => {
  assert.deepEqual(story([["render", 1], ["render", 2], ["remove"], ["back", 2]]), ["made", 1, 2, "gone"]);
  assert.deepEqual(story([["render", 1], ["back", 1], ["remove"]]), ["made", 1, "gone"]);
});

test("taking the older render back shows the newer one", () => {
  assert.deepEqual(story([["render", 1], ["render", 2], ["back", 1]]), ["made", 1, 2, 2]);
});

test("a render that came late is shown until it is taken back", () => {
  assert.deepEqual(story([["render", 2], ["render", 1], ["back", 1]]), ["made", 2, 1, 2]);
});

test("a place that is rendered again after its last render was taken back has a new view", () => {
  assert.deepEqual(story([["render", 1], ["back", 1], ["render", 2]]), ["made", 1, "gone", "made", 2]);
});
