/** Binary messages of the server: uint32 header length, JSON header, blobs, each padded to 8 bytes. */

/** @import { BlobTable } from "../types.d.ts" */

/** @typedef {Uint8Array | Uint32Array | Float32Array | Float64Array} Numbers */

/**
 * @template Header
 * @typedef {{ header: Header, numbers: Record<string, Numbers>, pictures: Record<string, Blob> }} Message `numbers`:
 *   the arrays by name; `pictures`: PNGs and JPEGs by name
 */

const TEXT = new TextDecoder();
const ARRAYS = { u1: Uint8Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };

/**
 * @template Header
 * @param {ArrayBuffer} buffer
 * @returns {Message<Header>}
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  /** @type {Header & { blobs?: BlobTable }} */
  const header = JSON.parse(TEXT.decode(new Uint8Array(buffer, 4, length)));
  /** @type {Message<Header>} */
  const message = { header, numbers: {}, pictures: {} };
  for (const [name, { dtype, offset, length: bytes }] of Object.entries(header.blobs ?? {})) {
    const start = 4 + length + offset;
    const content = new Uint8Array(buffer, start, bytes);
    if (dtype === "png" || dtype === "jpeg") message.pictures[name] = new Blob([content], { type: `image/${dtype}` });
    else message.numbers[name] = new ARRAYS[dtype](buffer, start, bytes / ARRAYS[dtype].BYTES_PER_ELEMENT);
  }
  return message;
}
