/** The binary frames of a run's live stream: uint32 header length, JSON header, blobs, each padded to 8 bytes. */

/** @import { MessageHeader } from "../../types.d.ts" */

/**
 * @typedef {Uint32Array | Float32Array | Float64Array} Numbers
 * @typedef {{ header: MessageHeader, numbers: Record<string, Numbers>, grid: Blob | null }} Message
 *   `numbers`: the arrays by name; `grid`: a PNG of the latest images
 */

const TEXT = new TextDecoder();
const ARRAYS = { u4: Uint32Array, f4: Float32Array, f8: Float64Array };

/**
 * @param {ArrayBuffer} buffer
 * @returns {Message}
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  /** @type {MessageHeader} */
  const header = JSON.parse(TEXT.decode(new Uint8Array(buffer, 4, length)));
  /** @type {Message} */
  const message = { header, numbers: {}, grid: null };
  for (const [name, { dtype, offset, length: bytes }] of Object.entries(header.blobs ?? {})) {
    const start = 4 + length + offset;
    if (dtype === "png") message.grid = new Blob([new Uint8Array(buffer, start, bytes)], { type: "image/png" });
    else message.numbers[name] = new ARRAYS[dtype](buffer, start, bytes / ARRAYS[dtype].BYTES_PER_ELEMENT);
  }
  return message;
}
