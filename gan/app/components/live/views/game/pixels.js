/** Images of 28 x 28 bytes on a canvas. */

import { contextOf } from "../../images/canvas.js";

export const SIDE = 28;
const GAP = 2;

/**
 * Draw images in rows; the canvas takes the size that they need.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} bytes of one image after the other
 * @param {number} columns
 */
export function drawImages(canvas, bytes, columns) {
  const count = bytes.length / (SIDE * SIDE);
  const across = Math.min(columns, count);
  const down = Math.ceil(count / columns);
  Object.assign(canvas, { width: across * (SIDE + GAP) - GAP, height: Math.max(1, down) * (SIDE + GAP) - GAP });
  const context = contextOf(canvas);
  for (let i = 0; i < count; i += 1) {
    const [x, y] = [i % columns, Math.floor(i / columns)].map((at) => at * (SIDE + GAP));
    context.putImageData(greyImage(bytes, i * SIDE * SIDE), x, y);
  }
}

/**
 * @param {ArrayLike<number>} bytes
 * @param {number} start
 */
function greyImage(bytes, start) {
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i += 1) {
    const grey = bytes[start + i];
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  return image;
}

/**
 * An image with the gradient over it: in one colour where more ink would look more real, in the other where less would.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} bytes of the image
 * @param {ArrayLike<number>} gradient by the ink of each pixel
 * @param {{ more: number[], less: number[] }} colors red, green and blue
 */
export function drawOverlay(canvas, bytes, gradient, { more, less }) {
  Object.assign(canvas, { width: SIDE, height: SIDE });
  const image = greyImage(bytes, 0);
  const most = Math.max(1e-12, ...Array.from(gradient, Math.abs));
  for (let i = 0; i < SIDE * SIDE; i += 1) {
    const share = Math.sqrt(Math.abs(gradient[i]) / most); // small ones are seen, too
    const color = gradient[i] > 0 ? more : less;
    for (let c = 0; c < 3; c += 1) {
      image.data[4 * i + c] = Math.round(image.data[4 * i + c] * (1 - share) * 0.8 + color[c] * share);
    }
  }
  contextOf(canvas).putImageData(image, 0, 0);
}
