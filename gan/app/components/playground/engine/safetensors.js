/** Reads safetensors files: a little-endian uint64 header length, a JSON header, the tensors' bytes without a gap. */

const TEXT = new TextDecoder("utf-8", { fatal: true });
const LENGTH = 8; // bytes of the header's length

/** @typedef {{shape: number[], data: Float32Array|null}} Tensor `data` is null where the numbers are no floats of 32 or 16 bits */

/**
 * The tensors of a file, as views into it where they are aligned.
 * @param {ArrayBuffer} buffer
 * @returns {{tensors: Map<string, Tensor>, metadata: Record<string, string>}}
 * @throws {Error} one sentence that says what is damaged
 */
export function readSafetensors(buffer) {
  const { header, start } = readHeader(buffer);
  const { __metadata__: metadata = {}, ...entries } = header;
  checkPlaces(entries, buffer.byteLength - start);
  const tensors = new Map();
  for (const [name, entry] of Object.entries(entries)) tensors.set(name, readTensor(buffer, start, name, entry));
  return { tensors, metadata };
}

function readHeader(buffer) {
  if (buffer.byteLength < LENGTH) throw damaged("it is too short");
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const start = LENGTH + length;
  if (start > buffer.byteLength) throw damaged("it ends within its header");
  let header;
  try {
    header = JSON.parse(TEXT.decode(new Uint8Array(buffer, LENGTH, length)));
  } catch {
    throw damaged("its header is not JSON");
  }
  if (!isObject(header) || !isObject(header.__metadata__ ?? {})) throw damaged("its header is not a table of tensors");
  return { header, start };
}

/** Every tensor must have a place; together they must fill the file from end to end. */
function checkPlaces(entries, size) {
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw damaged(`the entry of ${quoted(name)} is malformed`);
  }
  const places = Object.values(entries).map((entry) => entry.data_offsets).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let end = 0;
  for (const [from, to] of places) {
    if (from !== end) throw damaged("its tensors overlap or leave gaps");
    end = to;
  }
  if (end > size) throw damaged("it is cut short");
  if (end < size) throw damaged("there is something behind its last tensor");
}

function readTensor(buffer, start, name, { dtype, shape, data_offsets: [from, to] }) {
  if (dtype !== "F32" && dtype !== "F16") return { shape, data: null };
  const count = shape.reduce((product, n) => product * n, 1);
  const size = dtype === "F32" ? 4 : 2;
  if (to - from !== size * count) throw damaged(`${quoted(name)} has ${to - from} bytes, which do not fit its shape`);
  const at = start + from;
  if (dtype === "F16") return { shape, data: Float32Array.from(new Uint16Array(buffer.slice(at, start + to)), fromHalf) };
  const data = at % 4 === 0 ? new Float32Array(buffer, at, count) : new Float32Array(buffer.slice(at, at + 4 * count));
  return { shape, data };
}

/** The number whose 16 bits these are (IEEE 754 binary16). */
function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const size = exponent === 0 ? fraction * 2 ** -14 : exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

function isEntry(entry) {
  return isObject(entry) && typeof entry.dtype === "string" && isCounts(entry.shape) &&
    isCounts(entry.data_offsets) && entry.data_offsets.length === 2 && entry.data_offsets[0] <= entry.data_offsets[1];
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isCounts = (value) => Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
const quoted = (name) => `"${name.slice(0, 80)}"`;

/** @param {string} how */
function damaged(how) {
  return new Error(`The weights file is damaged: ${how}.`);
}
