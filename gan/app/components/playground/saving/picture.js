/** Several canvases as one picture. */

import { contextOf } from "../widgets/pixel_canvas.js";

const GAP = 8; // px between two canvases

/** @typedef {[width: number, height: number]} Size */

/**
 * Canvases next to each other if all are squares, else one below the other.
 * @param {HTMLCanvasElement[]} canvases
 * @param {(canvas: HTMLCanvasElement) => Size} sizeOf how large each becomes
 */
export function onePicture(canvases, sizeOf) {
  const sizes = canvases.map(sizeOf);
  const row = canvases.every((each) => each.width === each.height);
  const [widths, heights] = [sizes.map(([width]) => width), sizes.map(([, height]) => height)];
  const picture = document.createElement("canvas");
  picture.width = row ? total(widths) : Math.max(...widths);
  picture.height = row ? Math.max(...heights) : total(heights);
  const context = contextOf(picture);
  context.imageSmoothingEnabled = false;
  let at = 0;
  canvases.forEach((each, i) => {
    const [width, height] = sizes[i];
    context.drawImage(each, row ? at : 0, row ? 0 : at, width, height);
    at += (row ? width : height) + GAP;
  });
  return picture;
}

/** @param {number[]} lengths */
const total = (lengths) => lengths.reduce((a, b) => a + b + GAP);

/**
 * About as large as on the screen, or larger, by a whole number, so that every pixel is a square.
 * @param {HTMLCanvasElement} canvas
 * @returns {Size}
 */
export function onScreen(canvas) {
  const scale = Math.max(4, Math.round((canvas.clientWidth * devicePixelRatio) / canvas.width));
  return [canvas.width * scale, canvas.height * scale];
}
