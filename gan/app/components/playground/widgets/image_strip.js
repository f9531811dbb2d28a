/** A row of images (or a few rows): the steps of a path, of which one is marked. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { childrenFor } from "./children.js";
import { arrowOf } from "./controls.js";
import { contextOf, imageGrid } from "./pixel_canvas.js";

/** @typedef {{index: number, text: string}} Lettered a letter over the image that it belongs to */

const GAP = 2; // pixels of an image
const SMALLEST = 44; // px on the screen
const LARGEST = 76;

/**
 * @param {string} label what the images are
 * @param {(index: number) => void} choose called by a click on an image
 * @param {{keys?: boolean, largest?: number}} [options] `keys`: arrow keys choose, too; `largest`: px of an image on
 *   the screen
 */
export function createImageStrip(label, choose, { keys = false, largest = LARGEST } = {}) {
  const canvas = h("canvas", {
    class: "lg-pixels lg-strip-canvas", role: "img", width: 28, height: 28, "aria-label": label,
    tabindex: keys ? 0 : null,
  });
  const overlay = createOverlay(canvas);
  const box = h("div", { class: "lg-strip-box" }, canvas, overlay.marker, overlay.letters);
  const el = h("div", { class: "lg-image-strip" }, box);
  const context = contextOf(canvas);
  let count = 0;
  let columns = 1;
  /** @type {{pixels: Uint8ClampedArray, side: number, lettered: Lettered[], columns: number} | null} */
  let shown = null;

  canvas.addEventListener("click", (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const rows = Math.ceil(count / columns);
    const column = Math.floor(((event.clientX - left) / width) * columns);
    const index = Math.floor(((event.clientY - top) / height) * rows) * columns + column;
    if (index >= 0 && index < count) choose(index);
  });

  canvas.addEventListener("keydown", (event) => {
    const arrow = arrowOf(event.key);
    const index = (overlay.marked() ?? 0) + (arrow ? arrow[0] + arrow[1] * columns : 0);
    if (!arrow) return;
    event.preventDefault();
    if (index >= 0 && index < count) choose(index);
  });

  /** As many columns as fit, the rows as even as can be. */
  function arrange() {
    const most = Math.max(2, Math.floor((el.clientWidth || 600) / SMALLEST));
    const rows = Math.ceil(count / most);
    columns = shown?.columns || Math.max(1, Math.ceil(count / rows));
    box.style.maxWidth = `${columns * largest}px`;
  }

  function draw() {
    if (!shown || !count) return;
    arrange();
    const data = imageGrid(shown.pixels, count, shown.side, columns, GAP);
    canvas.width = data.width;
    canvas.height = data.height;
    context.putImageData(data, 0, 0);
    overlay.arrange(columns, Math.ceil(count / columns), shown.lettered);
  }

  const resized = new ResizeObserver(draw);
  resized.observe(el);

  return {
    el,
    canvas,
    /**
     * @param {Uint8ClampedArray} pixels
     * @param {number} n
     * @param {number} side
     * @param {Lettered[]} lettered
     * @param {number} columnsWanted 0: as many as fit
     */
    show(pixels, n, side, lettered = [], columnsWanted = 0) {
      shown = { pixels, side, lettered, columns: columnsWanted };
      count = n;
      draw();
    },
    mark: overlay.mark,
    /** @param {string} text */
    label: (text) => setAttr(canvas, "aria-label", text),
    destroy: () => resized.disconnect(),
  };
}

/**
 * A frame around one image of a strip, and letters over some of them.
 * @param {HTMLCanvasElement} canvas the strip
 */
function createOverlay(canvas) {
  const marker = h("i", { class: "lg-strip-marker" });
  const letters = h("div", { class: "lg-strip-letters", "aria-hidden": "true" });
  let [columns, rows] = [0, 0]; // of images; none before the first are shown
  /** @type {number | null} */
  let marked = null;

  /**
   * @param {HTMLElement} el
   * @param {number} index of the image over which it stands
   */
  function place({ style }, index) {
    style.left = `${((index % columns) / columns) * (1 + GAP / canvas.width) * 100}%`;
    style.top = `${(Math.floor(index / columns) / rows) * (1 + GAP / canvas.height) * 100}%`;
  }

  function placeMarker() {
    marker.hidden = marked === null;
    marker.style.width = `${((canvas.width + GAP) / columns - GAP) / canvas.width * 100}%`;
    marker.style.height = `${((canvas.height + GAP) / rows - GAP) / canvas.height * 100}%`;
    place(marker, marked ?? 0);
  }

  return {
    marker,
    letters,
    marked: () => marked,
    /**
     * The strip was drawn anew.
     * @param {number} newColumns
     * @param {number} newRows
     * @param {Lettered[]} lettered
     */
    arrange(newColumns, newRows, lettered) {
      [columns, rows] = [newColumns, newRows];
      placeMarker();
      const badges = childrenFor(letters, lettered.length, () => h("span", { class: "lg-letter" }));
      lettered.forEach(({ index, text }, i) => {
        setText(badges[i], text);
        place(badges[i], index);
      });
    },
    /** @param {number | null} index the image that is marked */
    mark(index) {
      if (index === marked) return;
      marked = index;
      if (columns) placeMarker();
    },
  };
}
