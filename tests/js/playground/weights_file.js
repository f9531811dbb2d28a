/** Safetensors files for tests. */

/** @typedef {{shape: number[], data: number[]}} Numbers */

/**
 * A file with this text as its header.
 * @param {string} text
 * @param {number} size bytes that follow it, all zero
 */
export function withHeader(text, size = 0) {
  const header = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + header.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}

/**
 * Float32 tensors as a file.
 * @param {Record<string, Numbers>} tensors
 * @param {Record<string, string>} metadata
 */
export function savedTensors(tensors, metadata) {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
    const from = end;
    end += 4 * data.length;
    return [name, { dtype: "F32", shape, data_offsets: [from, end] }];
  });
  const file = withHeader(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }), end);
  const numbers = new DataView(file.buffer, file.length - end);
  Object.values(tensors).flatMap(({ data }) => data).forEach((x, i) => numbers.setFloat32(4 * i, x, true));
  return file;
}

/**
 * @param {...number} shape
 * @returns {Numbers}
 */
export function ones(...shape) {
  return { shape, data: new Array(shape.reduce((product, n) => product * n, 1)).fill(1) };
}
