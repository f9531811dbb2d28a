/** The images of a batch as small canvases, and noise as rows of coloured cells. */

import { h } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";

export const SIDE = 28; // pixels of an image
const ZERO = 128; // the byte that stands for no change in a gradient

/** @typedef {[red: number, green: number, blue: number]} Colour */

/**
 * The bytes of a base64 text.
 * @param {string} text
 */
export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * A grey pixel, as ink on black.
 * @param {number} byte
 * @returns {Colour}
 */
export const grey = (byte) => [byte, byte, byte];

/**
 * A change in two colours: blue for more ink, orange for less, white for none.
 * @param {number} byte ZERO is none
 * @returns {Colour}
 */
export function diverging(byte) {
  const share = Math.max(-1, Math.min(1, (byte - ZERO) / 127));
  const faded = 255 * (1 - Math.abs(share));
  return share > 0 ? [faded, faded + 110 * share, 255] : [255, faded - 140 * share, faded];
}

/**
 * Images in a row that wraps, each with its caption.
 * @param {string} packed their bytes in base64
 * @param {(byte: number) => Colour} colour
 * @param {string} what they are, for those who do not see them
 * @param {string[]} [captions]
 */
export function pictures(packed, colour, what, captions) {
  const bytes = bytesOf(packed);
  const images = Array.from({ length: bytes.length / (SIDE * SIDE) }, (_, i) => {
    const canvas = draw(bytes.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), SIDE, colour);
    const caption = captions?.[i];
    return h("li", {}, canvas, caption === undefined ? null : h("span", { text: caption }));
  });
  return h("ul", { class: "lg-step-pictures", "aria-label": what }, ...images);
}

/**
 * Numbers as coloured cells, a row for each vector.
 * @param {number[][]} rows
 * @param {string} what they are, for those who do not see them
 */
export function cells(rows, what) {
  const bytes = Uint8Array.from(rows.flat(), (x) => ZERO + Math.round(127 * Math.max(-1, Math.min(1, x / 2.5))));
  const canvas = draw(bytes, rows[0].length, diverging);
  canvas.classList.add("lg-step-cells");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", what);
  return canvas;
}

/**
 * The hidden units of a network as a row of cells for each layer, those dark that dropout has switched off.
 * @param {string[]} layers a digit for each unit, "1" if it is off
 * @param {string} whom it was for: "the first fake image"
 */
export function droppedUnits(layers, whom) {
  const all = layers.join("");
  const off = [...all].filter((digit) => digit === "1").length;
  if (!off) return null;
  const words = `For ${whom} dropout has switched off ${count(off)} of ${count(all.length)} hidden units (dark).`;
  const rows = layers.map((digits) => h("span", { class: "lg-step-units" },
    ...[...digits].map((digit) => h("i", { "data-off": digit === "1" }))));
  return h("figure", { class: "lg-step-dropped" }, h("figcaption", { text: words }),
    h("div", { "aria-hidden": "true" }, ...rows));
}

/**
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {(byte: number) => Colour} colour
 */
function draw(bytes, width, colour) {
  const canvas = h("canvas", { width, height: bytes.length / width });
  const context = canvas.getContext("2d");
  const image = context?.createImageData(width, bytes.length / width);
  if (!context || !image) return canvas;
  bytes.forEach((byte, i) => image.data.set([...colour(byte), 255], 4 * i));
  context.putImageData(image, 0, 0);
  return canvas;
}
