/** NumPy's files. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { npy } from "../../../gan/app/components/playground/saving/npy.js";

test("rows become a float32 matrix, little-endian, that begins at a multiple of 64", () => {
  const file = npy([Float32Array.of(1, -2.5, 3), Float32Array.of(0, 1e9, 0.1)]);
  assert.deepEqual([...file.subarray(0, 8)], [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const length = file[8] + 256 * file[9];
  assert.equal((10 + length) % 64, 0);
  const header = new TextDecoder().decode(file.subarray(10, 10 + length));
  assert.match(header, /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/);
  const view = new DataView(file.buffer, 10 + length);
  const numbers = Array.from({ length: 6 }, (_, i) => view.getFloat32(4 * i, true));
  assert.deepEqual(numbers, [1, -2.5, 3, 0, 1e9, Math.fround(0.1)]);
  assert.equal(file.length, 10 + length + 24);
});
