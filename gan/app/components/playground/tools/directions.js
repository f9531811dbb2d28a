/** Directions: sliders along what changes the image most, and along single numbers of z. */

import { button, h, setBlocked, setText } from "../../shared/dom.js";
import { createImageQueue } from "../engine/image_queue.js";
import { dot, moved, stack } from "../engine/vectors.js";
import { vectorOf } from "../state/points.js";
import { anyPoint, byNumbers, nameOf } from "../state/state.js";
import { createChoice } from "../widgets/controls.js";
import { createDirectionAxes } from "./direction_axes.js";
import { END, createDirectionSlider } from "./direction_slider.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Frame, Page, Point, Tool } from "../types.d.ts" */
/** @import { Axes } from "./direction_axes.js" */

const FIRST = 10; // sliders
const MOST_UNDO = 100;

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createDirections(page) {
  const { state, requestDraw } = page;
  const history = createHistory(page);
  const axes = createDirectionAxes(page);
  const sliders = createSliders(page, history, axes);
  const choice = createChoice("Sliders", [["direction", "Directions"], ["coordinate", "Single numbers"]], (value) => {
    state.coordinates = value === "coordinate";
    sliders.showFirst();
    requestDraw();
  });
  const buttons = createButtons(history, () => axes.model()?.latentDim ?? 1);
  const origin = h("span", { class: "lg-muted lg-aside" });
  const note = h("p", { class: "lg-muted" });

  return {
    label: "Directions",
    sentence: "Some {direction|directions} of the {latent|latent space} change the image a lot, others hardly at all. "
      + "Most effective first; the small images show where each slider leads.",
    el: h("div", { class: "lg-directions" },
      h("div", { class: "lg-tool-line" }, choice.el, h("div", { class: "lg-tool-group" }, ...buttons.els), origin),
      sliders.el, h("div", { class: "lg-tool-line" }, sliders.more, note)),
    /** Begins with the image that was in focus. */
    enter(focus) {
      if (focus) state.point = focus.point ?? byNumbers(focus.z.slice());
    },
    visit: (index) => history.jump(state.picks[index]),

    update(frame) {
      axes.use(frame.model);
      choice.set(state.coordinates ? "coordinate" : "direction");
      buttons.update();
      setText(origin, state.point.seed === null ? "" : nameOf(state.point));
      sliders.update(frame);
      setText(note, state.coordinates ? "" : axes.error());
    },

    focus: (frame) => ({
      z: vectorOf(state.point, frame.model),
      caption: state.point.seed === null ? "set by the sliders" : `z of ${nameOf(state.point)}`,
      point: state.point,
    }),
    savable: () => ({ canvases: [], animation: null, vectors: [] }),
    destroy() {},
  };
}

/**
 * The points that were left, for undo.
 * @param {Page} page
 */
function createHistory({ state, requestDraw }) {
  /** @type {Point[]} */
  const past = [];

  function remember() {
    past.push(state.point);
    if (past.length > MOST_UNDO) past.shift();
  }

  return {
    remember,
    empty: () => past.length === 0,
    back() {
      state.point = past.pop() ?? state.point;
      requestDraw();
    },
    /** @param {Point} point */
    jump(point) {
      remember();
      state.point = point;
      requestDraw();
    },
  };
}

/**
 * @param {ReturnType<typeof createHistory>} history
 * @param {() => number} latentDim
 */
function createButtons({ jump, back, empty }, latentDim) {
  /**
   * @param {string} text
   * @param {string} title
   * @param {() => void} onclick
   */
  const create = (text, title, onclick) => button({ class: "lg-button lg-small", text, title, onclick });
  const centre = create("Centre", "All numbers of z to 0", () => jump(byNumbers(new Float32Array(latentDim()))));
  const random = create("Random", "Another z", () => jump(anyPoint()));
  const undo = create("Undo", "Back to the z before", back);
  return {
    els: [centre, random, undo],
    update: () => setBlocked(undo, empty() ? "Nothing to undo." : null),
  };
}

/**
 * A list of sliders, which grows by request.
 * @param {Page} page
 * @param {ReturnType<typeof createHistory>} history
 * @param {ReturnType<typeof createDirectionAxes>} axes
 */
function createSliders(page, history, axes) {
  const { state, requestDraw } = page;
  const queue = createImageQueue(page.engine, page.say);
  const list = h("div", { class: "lg-direction-list" });
  /** @type {ReturnType<typeof createDirectionSlider>[]} */
  const sliders = [];
  let count = FIRST;
  let drawn = "";
  const more = button({ class: "lg-button lg-small lg-quiet", onclick() {
    count += FIRST;
    requestDraw();
  } });

  /** @param {number} i */
  function add(i) {
    const slider = createDirectionSlider({
      grab: history.remember,
      back: history.back,
      moved: (x) => movePoint(page, axes, i, x),
    });
    sliders.push(slider);
    list.append(slider.el);
  }

  /**
   * @param {Axes | null} known
   * @param {number} shown
   * @param {Model} model
   */
  function place(known, shown, model) {
    const z = vectorOf(state.point, model);
    const kind = state.coordinates ? "Number" : "Direction";
    sliders.forEach((slider, i) => {
      slider.el.hidden = i >= shown;
      if (i >= shown || !known) return;
      const strength = known.values ? known.values[i] / (known.values[0] || 1) : null;
      slider.name(String(i + 1), `${kind} ${i + 1}`, strength);
      slider.set(dot(z, known.vectors[i]));
    });
  }

  /**
   * What each slider would make of this image at its two ends.
   * @param {Frame} frame
   * @param {Axes} known
   * @param {number} shown
   */
  function drawEnds({ model, key, dropout, label }, known, shown) {
    const wanted = `${key} ${state.point.id} ${state.coordinates} ${shown} ${known.key}`;
    if (wanted === drawn) return;
    drawn = wanted;
    const ends = endsOf(vectorOf(state.point, model), known.vectors.slice(0, shown));
    queue.ask(model, stack(ends), { dropout, label, outputs: false }, ({ pixels }) =>
      sliders.slice(0, shown).forEach((slider, i) => slider.ends(pixels, 2 * i, model.side)));
  }

  return {
    el: list,
    more,
    showFirst() {
      count = FIRST;
    },
    /** @param {Frame} frame */
    update(frame) {
      const known = axes.now();
      const total = known?.vectors.length ?? 0;
      const shown = Math.min(count, total);
      more.hidden = shown >= total;
      setText(more, `${Math.min(FIRST, total - shown)} more of ${total}`);
      while (sliders.length < shown) add(sliders.length);
      place(known, shown, frame.model);
      if (known && shown) drawEnds(frame, known, shown);
    },
  };
}

/**
 * Moves the point along a direction until it is at x there.
 * @param {Page} page
 * @param {ReturnType<typeof createDirectionAxes>} axes
 * @param {number} i
 * @param {number} x
 */
function movePoint({ state, requestDraw }, axes, i, x) {
  const model = axes.model();
  const vector = axes.now()?.vectors[i];
  if (!model || !vector) return;
  const z = vectorOf(state.point, model);
  state.point = byNumbers(moved(z, [vector], [x - dot(z, vector)]));
  requestDraw();
}

/**
 * @param {Float32Array} z
 * @param {Axes["vectors"]} vectors
 */
function endsOf(z, vectors) {
  return vectors.flatMap((vector) => {
    const at = dot(z, vector);
    return [-END - at, END - at].map((by) => moved(z, [vector], [by]));
  });
}
