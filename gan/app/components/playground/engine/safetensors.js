/** Reads safetensors files: a little-endian uint64 header length, a JSON header, the tensors' bytes without a gap. */

const TEXT = new TextDecoder("utf-8", { fatal: true });
const LENGTH = 8; // bytes of the header's length

/** @typedef {{dtype: string, shape: number[], data_offsets: [from: number, to: number]}} Entry of the header */
/** @typedef {{__metadata__?: Record<string, string>} & Record<string, Entry>} Header */

/**
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {Float32Array | null} data null where the numbers are no floats of 32 or 16 bits
 */

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
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  for (const [name, entry] of Object.entries(entries)) tensors.set(name, readTensor(buffer, start, name, entry));
  return { tensors, metadata };
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {{header: Header, start: number}} the table, whose entries are not checked yet, and where the tensors begin
 */
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
  return { header: /** @type {Header} */ (header), start };
}

/**
 * Every tensor must have a place; together they must fill the file from end to end.
 * @param {Record<string, Entry>} entries
 * @param {number} size
 */
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

/**
 * @param {ArrayBuffer} buffer
 * @param {number} start where the tensors begin
 * @param {string} name
 * @param {Entry} entry
 * @returns {Tensor}
 */
function readTensor(buffer, start, name, { dtype, shape, data_offsets: [from, to] }) {
  if (dtype !== "F32" && dtype !== "F16") return { shape, data: null };
  const count = shape.reduce((product, n) => product * n, 1);
  const size = dtype === "F32" ? 4 : 2;
  if (to - from !== size * count) throw damaged(`${quoted(name)} has ${to - from} bytes, which do not fit its shape`);
  const at = start + from;
  if (dtype === "F16") {
    return { shape, data: Float32Array.from(new Uint16Array(buffer.slice(at, start + to)), fromHalf) };
  }
  const data = at % 4 === 0 ? new Float32Array(buffer, at, count) : new Float32Array(buffer.slice(at, at + 4 * count));
  return { shape, data };
}

/**
 * The number whose 16 bits these are (IEEE 754 binary16).
 * @param {number} bits
 */
function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}

/**
 * @param {unknown} entry
 * @returns {entry is Entry}
 */
function isEntry(entry) {
  return isObject(entry) && typeof entry.dtype === "string" && isCounts(entry.shape) &&
    isCounts(entry.data_offsets) && entry.data_offsets.length === 2 && entry.data_offsets[0] <= entry.data_offsets[1];
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param {unknown} value
 * @returns {value is number[]}
 */
const isCounts = (value) => Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

/** @param {string} name */
const quoted = (name) => `"${name.slice(0, 80)}"`;

/** @param {string} how */
function damaged(how) {
  return new Error(`The weights file is damaged: ${how}.`);
}
