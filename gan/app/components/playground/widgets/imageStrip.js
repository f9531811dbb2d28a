/** A row of images (or a few rows): the steps of a way, of which one is marked. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { imageGrid } from "./pixelCanvas.js";

const GAP = 2; // pixels of an image
const SMALLEST = 44; // px on the screen
const LARGEST = 76;

/**
 * @param {string} label what the images are
 * @param {(index: number) => void} choose called by a click on an image
 */
export function createImageStrip(label, choose) {
  const canvas = h("canvas", { class: "lg-pixels lg-strip-canvas", role: "img", width: 28, height: 28, "aria-label": label });
  const marker = h("i", { class: "lg-strip-marker" });
  const letters = h("div", { class: "lg-strip-letters", "aria-hidden": "true" });
  const box = h("div", { class: "lg-strip-box" }, canvas, marker, letters);
  const el = h("div", { class: "lg-walk-strip" }, box);
  const context = canvas.getContext("2d");
  let count = 0;
  let columns = 1;
  let shown = null; // {pixels, side}
  let names = [];
  let marked = null; // an index

  canvas.addEventListener("click", (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const rows = Math.ceil(count / columns);
    const column = Math.floor(((event.clientX - left) / width) * columns);
    const index = Math.floor(((event.clientY - top) / height) * rows) * columns + column;
    if (index >= 0 && index < count) choose(index);
  });

  /** As many columns as fit, the rows as even as can be. */
  function arrange() {
    const most = Math.max(2, Math.floor((el.clientWidth || 600) / SMALLEST));
    const rows = Math.ceil(count / most);
    columns = Math.max(1, Math.ceil(count / rows));
    box.style.maxWidth = `${columns * LARGEST}px`;
  }

  function draw() {
    if (!shown || !count) return;
    arrange();
    const data = imageGrid(shown.pixels, count, shown.side, columns, GAP);
    canvas.width = data.width;
    canvas.height = data.height;
    context.putImageData(data, 0, 0);
    placeMarker();
    placeLetters();
  }

  const left = (index) => `${((index % columns) / columns) * (1 + GAP / canvas.width) * 100}%`;
  const top = (index) => `${(Math.floor(index / columns) / rows()) * (1 + GAP / canvas.height) * 100}%`;
  const rows = () => Math.ceil(count / columns);

  function placeMarker() {
    marker.hidden = marked === null;
    marker.style.width = `${((canvas.width + GAP) / columns - GAP) / canvas.width * 100}%`;
    marker.style.height = `${((canvas.height + GAP) / rows() - GAP) / canvas.height * 100}%`;
    marker.style.left = left(marked ?? 0);
    marker.style.top = top(marked ?? 0);
  }

  /** Letters over the images that they belong to. */
  function placeLetters() {
    while (letters.children.length > names.length) letters.lastChild.remove();
    names.forEach(({ index, text }, i) => {
      const el = letters.children[i] ?? letters.appendChild(h("span", { class: "lg-letter" }));
      setText(el, text);
      el.style.left = left(index);
      el.style.top = top(index);
    });
  }

  const resized = new ResizeObserver(draw);
  resized.observe(el);

  return {
    el,
    canvas,
    /** @param {Uint8ClampedArray} pixels @param {{index: number, text: string}[]} lettered */
    show(pixels, n, side, lettered = []) {
      shown = { pixels, side };
      count = n;
      names = lettered;
      draw();
    },
    /** @param {number|null} index the image that is marked */
    mark(index) {
      if (index === marked) return;
      marked = index;
      if (count) placeMarker();
    },
    label: (text) => setAttr(canvas, "aria-label", text),
    destroy: () => resized.disconnect(),
  };
}
