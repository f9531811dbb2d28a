/** Small pictures of 28 x 28 bytes on a canvas. */

import { contextOf } from "../../images/canvas.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** @typedef {[red: number, green: number, blue: number]} Color */

/** Below and above zero, on black. @type {[Color, Color]} */
const SIGNED = [[64, 156, 255], [255, 150, 40]];

/**
 * Paint bytes as greys, whatever their number: row by row, `columns` to a row.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} bytes
 * @param {number} [columns]
 */
export function paintGreys(canvas, bytes, columns = SIDE) {
  paint(canvas, bytes.length, columns, (i) => [bytes[i], bytes[i], bytes[i]]);
}

/**
 * Paint bytes that stand for numbers with a sign: 128 is 0 and black, more is orange, less is blue.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} bytes
 */
export function paintSigned(canvas, bytes) {
  paint(canvas, bytes.length, SIDE, (i) => signed(bytes[i]));
}

/**
 * @param {number} byte
 * @returns {Color}
 */
export function signed(byte) {
  const [below, above] = SIGNED;
  const share = Math.min(1, Math.abs(byte - 128) / 127);
  const [red, green, blue] = byte < 128 ? below : above;
  return [red * share, green * share, blue * share];
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} count
 * @param {number} columns
 * @param {(i: number) => Color} colorOf
 */
function paint(canvas, count, columns, colorOf) {
  const rows = Math.ceil(count / columns);
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const context = contextOf(canvas);
  const picture = context.createImageData(columns, rows);
  for (let i = 0; i < count; i++) picture.data.set([...colorOf(i), 255], 4 * i);
  context.putImageData(picture, 0, 0);
}
