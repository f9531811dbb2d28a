/** NumPy's .npy files (format 1.0) of float32 matrices. */

const MAGIC = [0x93, ...[..."NUMPY"].map((letter) => letter.charCodeAt(0)), 1, 0];

/**
 * @param {Float32Array[]} rows of equal length
 * @returns {Uint8Array<ArrayBuffer>} the file: rows x columns, little-endian
 */
export function npy(rows) {
  const columns = rows[0].length;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${columns}), }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64; // so that the numbers begin at a multiple of 64
  const file = new Uint8Array(start + rows.length * columns * 4);
  const header = `${text.padEnd(start - 11)}\n`;
  file.set([...MAGIC, header.length & 255, header.length >> 8]);
  file.set(new TextEncoder().encode(header), 10);
  const view = new DataView(file.buffer, start);
  rows.forEach((row, i) => row.forEach((x, j) => view.setFloat32((i * columns + j) * 4, x, true)));
  return file;
}
