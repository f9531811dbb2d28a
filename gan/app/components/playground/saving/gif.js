/** GIF89a pictures in 256 greys that play in a loop (the specification is CompuServe's of 1990). */

const MIN_CODE = 8; // bits of a pixel
const CLEAR = 1 << MIN_CODE;
const END = CLEAR + 1;
const MOST_CODES = 4096;

/**
 * @param {Uint8Array[]} frames each width x height greys, row by row
 * @param {number} width
 * @param {number} height
 * @param {number} delay hundredths of a second from one frame to the next
 * @returns {Uint8Array<ArrayBuffer>} the file
 */
export function gif(frames, width, height, delay) {
  /** @type {ArrayLike<number>[]} */
  const parts = [head(width, height)];
  for (const frame of frames) {
    parts.push([0x21, 0xf9, 4, 0, ...word(delay), 0, 0]); // graphic control: how long it stays
    parts.push([0x2c, 0, 0, 0, 0, ...word(width), ...word(height), 0, MIN_CODE]);
    parts.push(blocks(compress(frame)));
  }
  parts.push([0x3b]);
  return join(parts);
}

/** @param {number} x */
const word = (x) => [x & 255, x >> 8];

/**
 * Signature, size, the table of greys, and the extension that makes it play for ever.
 * @param {number} width
 * @param {number} height
 */
function head(width, height) {
  const greys = Array.from({ length: 256 }, (_, i) => [i, i, i]).flat();
  const loop = [0x21, 0xff, 11, ...ascii("NETSCAPE2.0"), 3, 1, 0, 0, 0];
  return [...ascii("GIF89a"), ...word(width), ...word(height), 0xf7, 0, 0, ...greys, ...loop];
}

/** @param {string} text */
const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));

const codes = new Uint16Array(MOST_CODES * 256); // code of (code, pixel), 0: none yet

/**
 * LZW with codes of 9 to 12 bits.
 * @param {Uint8Array} pixels
 */
function compress(pixels) {
  const out = createBits(Math.ceil(pixels.length * 1.6) + 16);
  let size = MIN_CODE + 1;
  let last = END;
  codes.fill(0);
  out.write(CLEAR, size);
  let current = pixels[0];
  for (let i = 1; i < pixels.length; i++) {
    const slot = current * 256 + pixels[i];
    if (codes[slot]) {
      current = codes[slot];
      continue;
    }
    out.write(current, size);
    current = pixels[i];
    if (last + 1 < MOST_CODES) {
      codes[slot] = ++last;
      if (last === 1 << size) size += 1;
      continue;
    }
    out.write(CLEAR, size);
    codes.fill(0);
    size = MIN_CODE + 1;
    last = END;
  }
  out.write(current, size);
  if (++last === 1 << size && size < 12) size += 1; // the reader has added what it made of that code
  out.write(END, size);
  return out.bytes();
}

/**
 * Numbers of any size packed into bytes, the lowest bits first.
 * @param {number} capacity bytes
 */
function createBits(capacity) {
  const out = new Uint8Array(capacity);
  let length = 0;
  let bits = 0;
  let held = 0;
  return {
    /**
     * @param {number} code
     * @param {number} size in bits
     */
    write(code, size) {
      bits |= code << held;
      held += size;
      for (; held >= 8; held -= 8) {
        out[length++] = bits & 255;
        bits >>>= 8;
      }
    },
    bytes() {
      if (held) out[length++] = bits & 255;
      return out.subarray(0, length);
    },
  };
}

/**
 * Data of any length as blocks of at most 255 bytes, with their lengths, up to an empty one.
 * @param {Uint8Array} data
 */
function blocks(data) {
  const out = new Uint8Array(data.length + Math.ceil(data.length / 255) + 1);
  let to = 0;
  for (let from = 0; from < data.length; from += 255) {
    const block = data.subarray(from, from + 255);
    out[to] = block.length;
    out.set(block, to + 1);
    to += 1 + block.length;
  }
  return out;
}

/** @param {ArrayLike<number>[]} parts */
function join(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
