/** The pad's picture: all small images, those of the trail bright, and the image in focus under the pointer. */

import { h, setAttr } from "../../shared/dom.js";
import { createImageQueue } from "../engine/image_queue.js";
import { mixCorners } from "../engine/interpolation.js";
import { naturalInterpolation } from "../engine/latent_prior.js";
import { stack } from "../engine/vectors.js";
import { contextOf, createPixelCanvas, imageGrid } from "../widgets/pixel_canvas.js";

/** @import { Interpolation } from "../engine/interpolation.js" */
/** @import { Animation, Frame, Page } from "../types.d.ts" */

export const CELLS = 13; // small images along a side; the outermost lie on the square's edges
const LENS = 92; // px of the image under the pointer
const FAINT = 0.26; // of the images that the pointer has not reached
const CORNER_CELLS = [0, CELLS - 1, CELLS * (CELLS - 1), CELLS * CELLS - 1];

/**
 * @param {Page} page
 * @param {Set<number>} trail numbers of the small images that are bright
 */
export function createPadCanvas(page, trail) {
  const { state, requestDraw } = page;
  const queue = createImageQueue(page.engine, page.say);
  const canvas = h("canvas", { class: "lg-pixels lg-pad-canvas", role: "img", tabindex: 0, "aria-label": "Pad" });
  const field = document.createElement("canvas"); // all small images
  const lens = createPixelCanvas(""); // never in the page: it is drawn onto the canvas
  /** @type {{pixels: Uint8ClampedArray, side: number} | null} of all small ones */
  let images = null;
  let drawn = "";

  const resized = new ResizeObserver(() => {
    const wide = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!wide || (wide === canvas.width && wide === canvas.height)) return;
    canvas.width = canvas.height = wide;
    requestDraw();
  });
  resized.observe(canvas);

  return {
    el: canvas,

    /**
     * All small images with the weights on show.
     * @param {Frame} frame
     */
    refresh({ model, key, dropout, label, vectors, pickIds }) {
      if (drawn === `${key} ${pickIds}`) return;
      drawn = `${key} ${pickIds}`;
      const z = allMixtures(vectors.slice(0, 4), naturalInterpolation(model.settings.noise));
      queue.ask(model, z, { dropout, label, outputs: false }, ({ pixels }) => {
        images = { pixels, side: model.side };
        field.width = field.height = CELLS * model.side;
        contextOf(field).putImageData(imageGrid(pixels, CELLS * CELLS, model.side, CELLS, 0), 0, 0);
        requestDraw();
      });
    },

    /**
     * @param {Uint8ClampedArray} pixels of the image in focus
     * @param {number} side
     */
    draw(pixels, side) {
      if (!images) return;
      drawField(canvas, field, images.side, [...trail, ...CORNER_CELLS]);
      lens.show(pixels, 0, side);
      drawLens(canvas, lens.el, state.pad, page.colours.accent);
      const label = `Pad between the picks A, B, C and D. Arrow keys move. ${trail.size} images in the trail.`;
      setAttr(canvas, "aria-label", label);
    },

    /**
     * Some of the small images, one after the other.
     * @param {number[]} order
     * @param {number} delay
     * @returns {Animation | null}
     */
    animation(order, delay) {
      if (!images) return null;
      const { pixels, side } = images;
      const size = side * side;
      const chosen = new Uint8ClampedArray(order.length * size);
      order.forEach((from, to) => chosen.set(pixels.subarray(from * size, (from + 1) * size), to * size));
      return { pixels: chosen, count: order.length, side, delay };
    },
    destroy: () => resized.disconnect(),
  };
}

/**
 * @param {Float32Array[]} corners
 * @param {Interpolation} kind
 */
function allMixtures(corners, kind) {
  return stack(Array.from({ length: CELLS * CELLS }, (_, i) =>
    mixCorners(corners, (i % CELLS) / (CELLS - 1), Math.floor(i / CELLS) / (CELLS - 1), kind)));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} field all small images
 * @param {number} side pixels of a small image
 * @param {number[]} bright numbers of small images
 */
function drawField(canvas, field, side, bright) {
  const context = contextOf(canvas);
  const wide = canvas.width / CELLS;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = FAINT;
  context.drawImage(field, 0, 0, canvas.width, canvas.width);
  context.globalAlpha = 1;
  for (const i of bright) {
    const [column, row] = [i % CELLS, Math.floor(i / CELLS)];
    context.drawImage(field, column * side, row * side, side, side, column * wide, row * wide, wide, wide);
  }
}

/**
 * The image in focus, its middle under the pointer, but never over the edge.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} lens
 * @param {{x: number, y: number}} place from 0 to 1, from the middle of the first small image to that of the last
 * @param {string} colour
 */
function drawLens(canvas, lens, { x, y }, colour) {
  const context = contextOf(canvas);
  const scale = canvas.width / Math.max(1, canvas.clientWidth);
  const wide = LENS * scale;
  const [left, top] = [x, y].map((share) => {
    const middle = ((share * (CELLS - 1) + 0.5) / CELLS) * canvas.width;
    return Math.min(canvas.width - wide, Math.max(0, middle - wide / 2));
  });
  context.drawImage(lens, left, top, wide, wide);
  context.lineWidth = 3 * scale;
  context.strokeStyle = colour;
  context.strokeRect(left, top, wide, wide);
}
