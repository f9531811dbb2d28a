/** Weights files, whole and damaged. Those of the fixtures were written by safetensors itself. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readSafetensors } from "../../../gan/app/components/playground/engine/safetensors.js";
import { withHeader } from "./weights_file.js";

/** @type {Record<"good" | "half" | "foreign", string>} in base64 */
const FILES = JSON.parse(readFileSync(new URL("./fixtures/safetensors.json", import.meta.url), "utf-8"));

/** @param {string} text */
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

const GOOD = bytesOf(FILES.good);
const DAMAGED = /^The weights file is damaged: .*\.$/s;

/** @param {Uint8Array<ArrayBuffer>} file */
function read(file) {
  const { tensors, metadata } = readSafetensors(file.slice().buffer);
  return { metadata, tensors: [...tensors].map(([name, { shape, data }]) => [name, shape, data && [...data]]).sort() };
}

test("a file is read with its metadata", () => {
  const { metadata, tensors } = read(GOOD);
  assert.deepEqual(metadata, { batch: "7" });
  assert.deepEqual(tensors, [["a.weight", [2, 3], [0, 1, 2, 3, 4, 5]], ["b", [0], []]]);
});

test("numbers need not lie at a multiple of four", () => {
  const file = withHeader('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}} ', 4);
  new DataView(file.buffer).setFloat32(file.length - 4, 2.5, true);
  assert.deepEqual(read(file), { metadata: {}, tensors: [["a", [1], [2.5]]] });
});

test("numbers of 16 bits are read, too", () => {
  const numbers = [1, -2.5, 0.0999755859375, 5.960464477539063e-8, -65504];
  assert.deepEqual(read(bytesOf(FILES.half)).tensors, [["h", [5], numbers], ["i", [1], [1]]]);
});

test("other numbers are told as a tensor without data", () => {
  assert.deepEqual(read(bytesOf(FILES.foreign)).tensors, [["b", [2], null]]);
});

const ENTRY = '{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}';

/** @type {Record<string, Uint8Array<ArrayBuffer>>} */
const BROKEN = {
  "nothing": new Uint8Array(0),
  "seven bytes": new Uint8Array(7),
  "a page": new TextEncoder().encode("<!doctype html>".repeat(20)),
  "an endless header": new Uint8Array(40).fill(255),
  "no JSON": withHeader("{"),
  "a list": withHeader("[]"),
  "null": withHeader("null"),
  "no UTF-8": Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe),
  "no table of metadata": withHeader('{"__metadata__": 5}'),
  "an entry that is none": withHeader('{"a": 5}'),
  "no offsets": withHeader('{"a": {"dtype": "F32", "shape": [1]}}', 4),
  "negative": withHeader('{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}', 4),
  "backwards": withHeader('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}', 4),
  "another shape": withHeader('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', 4),
  "huge": withHeader('{"a": {"dtype": "F32", "shape": [9007199254740993, 9], "data_offsets": [0, 4]}}', 4),
  "a gap": withHeader('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', 8),
  "more behind": Uint8Array.of(...GOOD, 0),
  "cut short": GOOD.slice(0, -1),
  "an overlap": withHeader(`{"a": ${ENTRY}, "b": ${ENTRY}}`, 4),
};

for (const [how, file] of Object.entries(BROKEN)) {
  test(`a damaged file is refused with one sentence: ${how}`, () => {
    assert.throws(() => read(file), { name: "Error", message: DAMAGED });
  });
}

test("a file that ends early is refused, wherever it ends", () => {
  for (let end = 0; end < GOOD.length; end++) {
    assert.throws(() => read(GOOD.slice(0, end)), { name: "Error", message: DAMAGED });
  }
});

test("a file with one wrong bit is read, or refused with one sentence", () => {
  for (let at = 0; at < GOOD.length; at++) {
    for (const bit of [0, 3, 7]) {
      const flipped = GOOD.slice();
      flipped[at] ^= 1 << bit;
      try {
        read(flipped);
      } catch (error) {
        assert.ok(error instanceof Error && error.name === "Error");
        assert.match(error.message, DAMAGED);
      }
    }
  }
});
