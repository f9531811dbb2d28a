/** Pad: a square between four picks. The image follows the pointer; small images light up along its way and stay. */

import { button, h, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { byFinger, createDrag } from "../../shared/gestures.js";
import { createInvitation } from "../widgets/controls.js";
import { createPixelCanvas, imageGrid } from "../widgets/pixelCanvas.js";
import { pad as mixture, stack } from "../engine/latent.js";
import { naturalInterpolation } from "../engine/latentPrior.js";
import { createImageQueue } from "../engine/imageQueue.js";
import { letter, rounded } from "../state/state.js";

const CELLS = 13; // small images along a side; the outermost lie on the square's edges
const LENS = 92; // px of the image under the pointer
const FAINT = 0.26; // of the images where nobody has been yet
const STEP = 0.02; // of the side, for an arrow key
const FILM_DELAY = 12; // hundredths of a second
const CORNERS = [[0, 0], [1, 0], [0, 1], [1, 1]];

/** @param {object} page what all parts of the page share, see main.js */
export function createPad(page) {
  const { state, touch } = page;
  const queue = createImageQueue(page.engine, page.say);
  const canvas = h("canvas", { class: "lg-pixels lg-pad-canvas", role: "img", tabindex: 0, "aria-label": "Pad" });
  const context = canvas.getContext("2d");
  const lens = createPixelCanvas(""); // never in the page: it is drawn onto the canvas
  const field = document.createElement("canvas"); // all small images
  const shares = CORNERS.map((_, i) => createShare(letter(i)));
  const wipe = button({ class: "lg-button lg-small", text: "Clear trail", onclick() {
    trail.clear();
    touch();
  } });
  const invitation = createInvitation("The pad needs four picks, one for each corner: click samples above.", () => page.fill(4));
  const content = h("div", { class: "lg-pad" },
    h("div", { class: "lg-pad-box" }, canvas,
      ...CORNERS.map(([x, y], i) =>
        h("span", { class: "lg-letter lg-pad-letter", "data-x": x, "data-y": y, "aria-hidden": "true", text: letter(i) }))),
    h("div", { class: "lg-pad-side" },
      h("h3", { class: "lg-title", text: "Mixture under the pointer" }), ...shares.map((share) => share.el), wipe,
      h("p", { class: "lg-muted lg-aside", text: byFinger ? "Drag sideways, or hold and then drag." : "Drag, or use the arrow keys." })));
  const trail = new Set(); // numbers of small images, in the order in which they were reached
  let images = null; // {pixels, side} of all small ones
  let drawn = "";
  let trailOf = "";
  let spot = { key: "", z: null };
  let held = false;
  let before = null; // {pad, trail} when it was taken hold of

  function createShare(name) {
    const fill = h("i");
    const text = h("output");
    return {
      el: h("div", { class: "lg-share" }, h("span", { class: "lg-letter", text: name }), h("div", { class: "lg-bar" }, fill), text),
      set(share) {
        fill.style.transform = `scaleX(${share})`;
        setText(text, `${Math.round(share * 100)} %`);
      },
    };
  }

  function move(x, y) {
    state.pad = { x: rounded(Math.min(1, Math.max(0, x))), y: rounded(Math.min(1, Math.max(0, y))) };
    touch();
  }

  /** Mixtures go from the middle of the first small image to the middle of the last. */
  const toMixture = (share) => (share * CELLS - 0.5) / (CELLS - 1);
  const toSquare = (x) => (x * (CELLS - 1) + 0.5) / CELLS;

  function follow(x, y) {
    const box = canvas.getBoundingClientRect();
    move(toMixture((x - box.left) / box.width), toMixture((y - box.top) / box.height));
  }

  createDrag(canvas, {
    begin(x, y) {
      held = true;
      before = { pad: state.pad, trail: [...trail] };
      follow(x, y);
    },
    move: follow,
    end: () => (held = false),
    cancel() {
      held = false;
      state.pad = before.pad;
      trail.clear();
      before.trail.forEach((i) => trail.add(i));
      touch();
    },
    tap(x, y) {
      follow(x, y);
      leave();
    },
  });
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const by = event.shiftKey ? 5 * STEP : STEP;
    move(state.pad.x + way[0] * by, state.pad.y + way[1] * by);
    leave();
  });

  const resized = new ResizeObserver(() => {
    const wide = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!wide || (wide === canvas.width && wide === canvas.height)) return;
    canvas.width = canvas.height = wide;
    touch();
  });
  resized.observe(canvas);

  /** The small image nearest to the pointer lights up. */
  function leave() {
    const [column, row] = [state.pad.x, state.pad.y].map((x) => Math.round(x * (CELLS - 1)));
    trail.add(row * CELLS + column);
  }

  /** All small images with the weights on show. */
  function refresh({ model, key, dropout, vectors, names }) {
    if (trailOf !== names) {
      trailOf = names;
      trail.clear();
    }
    if (drawn === `${key} ${names}`) return;
    drawn = `${key} ${names}`;
    const corners = vectors.slice(0, 4);
    const kind = naturalInterpolation(model.settings.noise);
    const points = Array.from({ length: CELLS * CELLS }, (_, i) =>
      mixture(corners, (i % CELLS) / (CELLS - 1), Math.floor(i / CELLS) / (CELLS - 1), kind));
    queue.ask(model, stack(points), { dropout, opinions: false }, ({ pixels }) => {
      images = { pixels, side: model.side };
      field.width = field.height = CELLS * model.side;
      field.getContext("2d").putImageData(imageGrid(pixels, CELLS * CELLS, model.side, CELLS, 0), 0, 0);
      touch();
    });
  }

  function draw() {
    const { side } = images;
    const wide = canvas.width / CELLS;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    context.globalAlpha = FAINT;
    context.drawImage(field, 0, 0, canvas.width, canvas.width);
    context.globalAlpha = 1;
    for (const i of [...trail, 0, CELLS - 1, CELLS * (CELLS - 1), CELLS * CELLS - 1]) {
      const [column, row] = [i % CELLS, Math.floor(i / CELLS)];
      context.drawImage(field, column * side, row * side, side, side, column * wide, row * wide, wide, wide);
    }
  }

  /** The image in focus, its middle under the pointer, but never over the edge. */
  function drawLens() {
    const scale = canvas.width / Math.max(1, canvas.clientWidth);
    const wide = LENS * scale;
    const [left, top] = [state.pad.x, state.pad.y].map((x) =>
      Math.min(canvas.width - wide, Math.max(0, toSquare(x) * canvas.width - wide / 2)));
    context.drawImage(lens.el, left, top, wide, wide);
    context.lineWidth = 3 * scale;
    context.strokeStyle = page.accent();
    context.strokeRect(left, top, wide, wide);
  }

  return {
    label: "Pad",
    sentence: "Four picks sit in the corners, and every point between them is a mixture of the four. Drag: the image follows.",
    el: h("div", {}, content, invitation),
    leave() {
      held = false;
    },
    visit(index) {
      if (index < 4) move(...CORNERS[index]);
    },

    update(now) {
      const enough = now.vectors.length >= 4;
      content.hidden = !enough;
      invitation.hidden = enough;
      if (!enough) return;
      refresh(now);
      if (held) leave();
      const { x, y } = state.pad;
      CORNERS.forEach(([right, down], i) => shares[i].set((right ? x : 1 - x) * (down ? y : 1 - y)));
      setBlocked(wipe, trail.size ? null : "There is no trail yet.");
    },

    focus({ vectors, names, model }) {
      if (vectors.length < 4) return null;
      const { x, y } = state.pad;
      const key = `${names} ${model.latentDim} ${model.settings.noise} ${x} ${y}`;
      if (spot.key !== key) spot = { key, z: mixture(vectors, x, y, naturalInterpolation(model.settings.noise)) };
      return { z: spot.z, words: `${Math.round(x * 100)} % to the right, ${Math.round(y * 100)} % down` };
    },

    /** Called in the same frame with what the stage shows. */
    shown(pixels, model) {
      if (content.hidden || !images || !pixels) return;
      draw();
      lens.show(pixels, 0, model.side);
      drawLens();
      setAttr(canvas, "aria-label", `Pad between the picks A, B, C and D. Arrow keys move. ${trail.size} images in the trail.`);
    },

    saved: () => (content.hidden ? null : {
      canvases: [canvas],
      film: trail.size > 1 ? { pixels: chosen(images, [...trail]), count: trail.size, side: images.side, delay: FILM_DELAY } : null,
      vectors: [],
    }),
    destroy: () => resized.disconnect(),
  };
}

/** Some of many images, in this order. */
function chosen({ pixels, side }, order) {
  const size = side * side;
  const all = new Uint8ClampedArray(order.length * size);
  order.forEach((from, to) => all.set(pixels.subarray(from * size, (from + 1) * size), to * size));
  return all;
}
