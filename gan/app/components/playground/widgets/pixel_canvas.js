/** Grey images on canvases, pixel by pixel; CSS makes them larger. */

import { h, setAttr } from "../../shared/dom.js";

/** Red, green, blue and full opacity of each grey, as one number. */
const COLOURS = Uint32Array.from({ length: 256 }, (_, grey) => (0xff000000 | (grey * 0x010101)) >>> 0);

/**
 * A canvas's 2-d context, which every browser has.
 * @param {HTMLCanvasElement} canvas
 */
export const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/**
 * A canvas for one image.
 * @param {string} name of the class, besides lg-pixels
 * @param {string} label what it shows, in words
 */
export function createPixelCanvas(name, label = "") {
  const el = h("canvas", { class: `lg-pixels ${name}`, width: 28, height: 28, role: "img", "aria-label": label });
  const context = contextOf(el);
  /** @type {ImageData | null} */
  let data = null;

  return {
    el,
    /**
     * @param {Uint8ClampedArray} pixels of one or more images
     * @param {number} index which of them
     * @param {number} side
     */
    show(pixels, index = 0, side = 28) {
      if (el.width !== side) el.width = el.height = side;
      if (data?.width !== side) data = context.createImageData(side, side);
      const colours = new Uint32Array(data.data.buffer);
      const first = index * side * side;
      for (let i = 0; i < colours.length; i++) colours[i] = COLOURS[pixels[first + i]];
      context.putImageData(data, 0, 0);
    },
    /** @param {string} text */
    label: (text) => setAttr(el, "aria-label", text),
  };
}

/**
 * Many images in columns and rows as one bitmap.
 * @param {Uint8ClampedArray} pixels count images of side x side
 * @param {number} count
 * @param {number} side
 * @param {number} columns
 * @param {number} gap pixels between two of them, left clear
 */
export function imageGrid(pixels, count, side, columns, gap) {
  const rows = Math.ceil(count / columns);
  const data = new ImageData(columns * (side + gap) - gap, rows * (side + gap) - gap);
  const colours = new Uint32Array(data.data.buffer);
  for (let k = 0; k < count; k++) {
    const at = Math.floor(k / columns) * (side + gap) * data.width + (k % columns) * (side + gap);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) colours[at + y * data.width + x] = COLOURS[pixels[(k * side + y) * side + x]];
    }
  }
  return data;
}

/**
 * An image `scale` times as large, each pixel a square.
 * @param {Uint8ClampedArray} pixels
 * @param {number} side
 * @param {number} scale
 */
export function upscale(pixels, side, scale) {
  const wide = side * scale;
  const out = new Uint8Array(wide * wide);
  for (let y = 0; y < wide; y++) {
    const row = Math.floor(y / scale) * side;
    for (let x = 0; x < wide; x++) out[y * wide + x] = pixels[row + Math.floor(x / scale)];
  }
  return out;
}
