/** The view of the map: which part of the plane it shows, and how pointers and keys move it and the point in focus. */

import { rounded } from "../state/state.js";
import { arrowOf } from "../widgets/controls.js";
import { listenToMapGestures } from "./map_gestures.js";
import { boundedSpan, boundedView, fittedView } from "./map_layout.js";

/** @import { Page, PageState } from "../types.d.ts" */
/** @import { Layout } from "./map_layout.js" */
/** @import { View } from "./map_tiles.js" */

const EDGE = 0.48; // of the view: where the point in focus pushes it along

/**
 * @param {Page} page
 * @param {HTMLCanvasElement} canvas
 * @param {() => Layout | null} layout
 */
export function createMapView({ state, requestDraw }, canvas, layout) {
  /** @returns {View} in view; as long as nobody has moved it, everything of interest */
  function now() {
    const ratio = canvas.height / Math.max(1, canvas.width);
    const laid = layout();
    const { x, y, span } = state.map ?? (laid ? fittedView(laid, ratio) : { x: 0, y: 0, span: 1 });
    return { x, y, width: span, height: span * ratio };
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} span
   */
  function set(x, y, span) {
    state.map = boundedView(x, y, span);
    requestDraw();
  }

  /**
   * Puts a point of the plane into focus.
   * @param {{x: number, y: number}} point
   */
  function aim({ x, y }) {
    state.cursor = { x: rounded(x), y: rounded(y) };
    requestDraw();
  }

  /**
   * Zooms so that one point stays where it is.
   * @param {number} by
   * @param {{x: number, y: number} | null} about null: the middle
   */
  function zoom(by, about = null) {
    const { x, y, width } = now();
    const span = boundedSpan(width * by);
    const still = about ?? { x, y };
    set(still.x + ((x - still.x) * span) / width, still.y + ((y - still.y) * span) / width, span);
  }

  /** @param {PageState["map"]} map null: everything of interest */
  function restore(map) {
    state.map = map;
    requestDraw();
  }

  const view = { now, set, aim, zoom, restore };
  listenToMapGestures(canvas, {
    point: (x, y) => aim(pointAt(canvas, now(), x, y)),
    pan(dx, dy) {
      const { x, y, width, height } = now();
      set(x - (dx / canvas.clientWidth) * width, y - (dy / canvas.clientHeight) * height, width);
    },
    view: () => state.map,
    restore,
    zoom: (by, x, y) => zoom(by, pointAt(canvas, now(), x, y)),
  });
  listenToKeys(canvas, state, view);
  return view;
}

/**
 * The point of the plane at a place on the screen.
 * @param {HTMLCanvasElement} canvas
 * @param {View} view
 * @param {number} clientX
 * @param {number} clientY
 */
function pointAt(canvas, { x, y, width, height }, clientX, clientY) {
  const box = canvas.getBoundingClientRect();
  return {
    x: x + ((clientX - box.left) / box.width - 0.5) * width,
    y: y + ((clientY - box.top) / box.height - 0.5) * height,
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {PageState} state
 * @param {Pick<ReturnType<typeof createMapView>, "now" | "set" | "aim" | "zoom">} view
 */
function listenToKeys(canvas, state, view) {
  canvas.addEventListener("keydown", (event) => {
    const arrow = arrowOf(event.key);
    if (arrow) nudge(arrow, event.shiftKey ? 0.1 : 0.02);
    else if (event.key === "+" || event.key === "=") view.zoom(0.8, state.cursor);
    else if (event.key === "-") view.zoom(1.25, state.cursor);
    else return;
    event.preventDefault();
  });

  /**
   * Moves the point in focus, and the map with it when it would leave it.
   * @param {[right: number, down: number]} arrow
   * @param {number} share of the view's width
   */
  function nudge([right, down], share) {
    const now = view.now();
    const from = state.cursor ?? now;
    const cursor = { x: from.x + right * share * now.width, y: from.y + down * share * now.width };
    view.aim(cursor);
    const out = Math.abs(cursor.x - now.x) > now.width * EDGE || Math.abs(cursor.y - now.y) > now.height * EDGE;
    if (out) view.set(now.x + right * now.width * 0.3, now.y + down * now.height * 0.3, now.width);
  }
}
