/** Map: a plane of the latent space as one picture, to pan and zoom; all of it where z is two numbers. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { byFinger } from "../../shared/gestures.js";
import { planePoint } from "../engine/latent_plane.js";
import { createLastVector } from "../state/last_vector.js";
import { createIconButton, createInvitation } from "../widgets/controls.js";
import { contextOf } from "../widgets/pixel_canvas.js";
import { drawOverlay } from "./map_drawing.js";
import { layOut, layoutKey } from "./map_layout.js";
import { createMapTiles } from "./map_tiles.js";
import { createMapView } from "./map_view.js";

/** @import { Frame, Page, Tool } from "../types.d.ts" */
/** @import { Layout } from "./map_layout.js" */
/** @import { View } from "./map_tiles.js" */

const IMAGE = 34; // px of an image on the map, or up to twice that
const PLUS = "M8 3v10M3 8h10";
const MINUS = "M3 8h10";
const HINT = byFinger ? "Drag sideways, or hold and then drag, to move; pinch to zoom."
  : "Drag to move, scroll or pinch to zoom; with keys: arrows, + and −.";

/** @param {Frame} frame */
const enough = ({ model, vectors }) => model.latentDim <= 2 || vectors.length >= 3;

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createMap(page) {
  const { state } = page;
  const canvas = h("canvas", { class: "lg-pixels lg-map-canvas", role: "img", tabindex: 0, "aria-label": "Map" });
  /** @type {Layout | null} */
  let layout = null;
  const view = createMapView(page, canvas, () => layout);
  const picture = createMapPicture(page, canvas);
  const legend = h("p", { class: "lg-muted lg-map-legend" });
  const invitation = createInvitation("A plane needs three picks: click samples above.", () => page.fillPicks(3));
  const content = h("div", { class: "lg-map" },
    h("div", { class: "lg-map-box" }, canvas, createMapButtons(view)), legend);
  const lastVector = createLastVector();

  /** @param {Frame} frame */
  function layoutFor(frame) {
    if (layout?.key === layoutKey(frame)) return layout;
    if (layout) state.map = state.cursor = null;
    layout = layOut(frame);
    return layout;
  }

  return {
    label: "Map",
    sentence: "Every point of this picture is a {z|z}, and the image there is what the generator makes of it. "
      + "Neighbours look alike.",
    el: h("div", {}, content, invitation),
    visit(index) {
      const mark = layout?.marks[index];
      if (mark) view.aim({ x: mark.at[0], y: mark.at[1] });
    },

    update(frame) {
      content.hidden = !enough(frame);
      invitation.hidden = enough(frame);
      if (!enough(frame) || !canvas.width) return;
      const laid = layoutFor(frame);
      if (!picture.update(frame, laid, view.now())) return;
      setText(legend, laid.region ? `${laid.region.sentence} ${HINT}` : HINT);
      setAttr(canvas, "aria-label", labelOf(frame.model.latentDim, view.now()));
    },

    focus(frame) {
      if (!enough(frame) || !layout) return null;
      const { plane, key } = layout;
      const { x, y } = state.cursor ?? view.now();
      const z = lastVector(`${key} ${x} ${y}`, () => planePoint(plane, x, y));
      const [a, b] = [x, y].map((value) => value.toFixed(2).replace("-", "−"));
      return { z, caption: frame.model.latentDim <= 2 ? `z = (${a}, ${b})` : `at (${a}, ${b}) on the map` };
    },
    savable: () => (content.hidden ? null : { canvases: [canvas], animation: null, vectors: [] }),
    destroy: picture.destroy,
  };
}

/**
 * @param {number} d
 * @param {View} view
 */
function labelOf(d, { x, y, width }) {
  const plane = d <= 2 ? "The latent space" : "The plane through the picks A, B and C";
  return `${plane}: images around ${x.toFixed(1)}, ${y.toFixed(1)}, ${width.toPrecision(2)} wide.`;
}

/** @param {ReturnType<typeof createMapView>} view */
function createMapButtons({ zoom, restore }) {
  return h("div", { class: "lg-map-tools" },
    createIconButton("Zoom in", PLUS, () => zoom(0.7)),
    createIconButton("Zoom out", MINUS, () => zoom(1 / 0.7)),
    button({ class: "lg-button lg-small", text: "Fit", title: "Show all picks", onclick: () => restore(null) }));
}

/**
 * The images and what is drawn over them.
 * @param {Page} page
 * @param {HTMLCanvasElement} canvas
 */
function createMapPicture(page, canvas) {
  const context = contextOf(canvas);
  const tiles = createMapTiles(page);
  let drawn = "";
  let complete = false;

  const resized = new ResizeObserver(() => {
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
    if (!wide || (wide === canvas.width && high === canvas.height)) return;
    canvas.width = wide;
    canvas.height = high;
    drawn = "";
    page.requestDraw();
  });
  resized.observe(canvas);

  return {
    /**
     * @param {Frame} frame
     * @param {Layout} layout
     * @param {View} view
     * @returns {boolean} whether there was something new to draw
     */
    update({ key, model, dropout, label }, layout, view) {
      const { colours, state: { cursor } } = page;
      tiles.show({ key: `${key} ${layout.key}`, model, plane: layout.plane, dropout, label });
      const wanted = `${key} ${layout.key} ${JSON.stringify([view, cursor])} ${colours.accent}`;
      if (wanted === drawn && complete) return false;
      drawn = wanted;
      const level = Math.floor(Math.log2(canvas.clientWidth / (IMAGE * view.width)));
      context.clearRect(0, 0, canvas.width, canvas.height);
      complete = tiles.draw(context, view, level);
      drawOverlay(canvas, view, layout, cursor, colours);
      return true;
    },
    destroy: () => resized.disconnect(),
  };
}
