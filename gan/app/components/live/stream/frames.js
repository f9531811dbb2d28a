/** The binary frames of a run's live stream: uint32 header length, JSON header, blobs, each padded to 8 bytes. */

const TEXT = new TextDecoder();

const READ = {
  u4: (buffer, at, length) => new Uint32Array(buffer, at, length / 4),
  f4: (buffer, at, length) => new Float32Array(buffer, at, length / 4),
  f8: (buffer, at, length) => new Float64Array(buffer, at, length / 8),
  png: (buffer, at, length) => new Blob([new Uint8Array(buffer, at, length)], { type: "image/png" }),
};

/**
 * @param {ArrayBuffer} buffer
 * @returns {{header: any, blobs: Record<string, any>}} blobs as typed arrays or a PNG `Blob`
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(TEXT.decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  const blobs = {};
  for (const [key, blob] of Object.entries(header.blobs ?? {})) {
    blobs[key] = READ[blob.dtype](buffer, start + blob.offset, blob.length);
  }
  return { header, blobs };
}
