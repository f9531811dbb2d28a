/** GIF files, read by a decoder of the specification's own. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { rng } from "../../../gan/app/components/playground/engine/random.js";
import { gif } from "../../../gan/app/components/playground/saving/gif.js";

/**
 * The greys of a file's frames, and their delays.
 * @param {Uint8Array} file
 */
function decoded(file) {
  const word = (/** @type {number} */ at) => file[at] + 256 * file[at + 1];
  assert.equal(String.fromCharCode(...file.subarray(0, 6)), "GIF89a");
  const frames = [];
  const delays = [];
  let loops = false;
  let at = 13 + 3 * 256;
  for (; file[at] !== 0x3b; ) {
    if (file[at] === 0x21) {
      if (file[at + 1] === 0xf9) delays.push(word(at + 4));
      else loops = String.fromCharCode(...file.subarray(at + 3, at + 14)) === "NETSCAPE2.0";
      at = blocksFrom(file, at + 2).end;
    } else {
      const { data, end } = blocksFrom(file, at + 11);
      frames.push(unpacked(data, file[at + 10]));
      at = end;
    }
  }
  return { width: word(6), height: word(8), frames, delays, loops };
}

/**
 * @param {Uint8Array} file
 * @param {number} at
 */
function blocksFrom(file, at) {
  const data = [];
  for (; file[at] !== 0; at += file[at] + 1) data.push(...file.subarray(at + 1, at + 1 + file[at]));
  return { data, end: at + 1 };
}

/**
 * LZW with codes that grow.
 * @param {number[]} data
 * @param {number} minimum bits of a pixel
 */
function unpacked(data, minimum) {
  const [clear, end] = [1 << minimum, (1 << minimum) + 1];
  /** @type {number[]} */
  const pixels = [];
  /** @type {number[][]} */
  let table = [];
  /** @type {number[] | null} */
  let before = null;
  let size = minimum + 1;
  for (let bit = 0; ; ) {
    const code = bitsOf(data, bit, size);
    bit += size;
    if (code === end) return pixels;
    if (code === clear) {
      table = Array.from({ length: end + 1 }, (_, i) => [i]);
      before = null;
      size = minimum + 1;
      continue;
    }
    /** @type {number[]} */
    const entry = table[code] ?? (before && [...before, before[0]]);
    pixels.push(...entry);
    if (before && table.length < 4096) table.push([...before, entry[0]]);
    if (table.length === 1 << size && size < 12) size += 1;
    before = entry;
  }
}

/**
 * @param {number[]} data
 * @param {number} from the lowest bit
 * @param {number} size
 */
function bitsOf(data, from, size) {
  let code = 0;
  for (let i = 0; i < size; i++) code |= ((data[(from + i) >> 3] >> ((from + i) & 7)) & 1) << i;
  return code;
}

/**
 * @param {number} size
 * @param {(i: number) => number} grey
 */
const frame = (size, grey) => Uint8Array.from({ length: size }, (_, i) => grey(i));

test("frames come back as they were, with their delay, in a loop", () => {
  const frames = [frame(60, (i) => i), frame(60, () => 0), frame(60, (i) => 255 - (i % 7))];
  const { width, height, frames: back, delays, loops } = decoded(gif(frames, 10, 6, 300));
  assert.deepEqual([width, height, loops], [10, 6, true]);
  assert.deepEqual(delays, [300, 300, 300]);
  assert.deepEqual(back, frames.map((each) => [...each]));
});

test("noise, which cannot be made smaller and fills the table of codes again and again, comes back, too", () => {
  const next = rng(1);
  const noise = frame(280 * 280, () => Math.floor(next() * 256));
  const { frames: [back] } = decoded(gif([noise], 280, 280, 5));
  assert.deepEqual(back, [...noise]);
});

test("images of every length up to 300 pixels come back: codes grow at the right moment", () => {
  for (let size = 1; size <= 300; size++) {
    const pixels = frame(size, (i) => (i * i) % 251);
    assert.deepEqual(decoded(gif([pixels], size, 1, 2)).frames, [[...pixels]]);
  }
});
