/** A walk along digits: the style stays, and the label goes from each digit to the next, through shares of both. */

import { createImageQueue } from "../engine/image_queue.js";
import { labelAt, oneHot } from "../engine/labels.js";
import { row, stack } from "../engine/vectors.js";
import { digitsOnTheWay, namesFor } from "../state/digit.js";
import { createLastVector } from "../state/last_vector.js";
import { vectorOf } from "../state/points.js";
import { rounded } from "../state/state.js";
import { createImageStrip } from "../widgets/image_strip.js";
import { createRouteField } from "./digit_route.js";
import { pathMarks, placeText, stopAt } from "./path_labels.js";
import { wholeWalkMs } from "./walk_playback.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Focus, Frame, Page, Savable } from "../types.d.ts" */

/**
 * @param {Page} page
 * @param {() => void} stop ends the playback
 */
export function createDigitWalk(page, stop) {
  const { state } = page;
  const { walk } = state;
  const field = createRouteField(page);
  const steps = createSteps(page, (index) => {
    stop();
    walk.t = rounded(index / (walk.steps - 1));
    page.requestDraw();
  });
  const lastLabel = createLastVector();

  /** @param {Model} model */
  const namesOnTheWay = (model) =>
    digitsOnTheWay(walk, model).map((digit) => namesFor(page.classNames, model)[digit]);

  return {
    el: steps.el,
    route: field.el,
    names: namesOnTheWay,
    /** @param {Frame} frame */
    update(frame) {
      field.update(frame.model);
      steps.update(frame, namesOnTheWay(frame.model));
    },
    /**
     * @param {Model} model
     * @returns {Focus}
     */
    focus(model) {
      const { t, closed } = walk;
      const digits = digitsOnTheWay(walk, model);
      const here = stopAt(digits.length, t, closed);
      const label = here === null ? lastLabel(`${digits} ${t} ${closed}`, () => labelAt(digits, t, closed))
        : oneHot(digits[here]);
      const caption = placeText(namesOnTheWay(model), t, closed);
      return { z: vectorOf(state.point, model), label, caption, point: state.point };
    },
    /**
     * Goes to a digit on the way.
     * @param {number} digit
     * @param {Model} model
     * @returns {boolean} false: it is not there
     */
    goTo(digit, model) {
      const digits = digitsOnTheWay(walk, model);
      const at = digits.indexOf(digit);
      if (at >= 0) walk.t = rounded(pathMarks(digits.map(String), walk.closed)[at].t);
      return at >= 0;
    },
    savable: steps.savable,
    destroy: steps.destroy,
  };
}

/**
 * The steps of the walk as a strip.
 * @param {Page} page
 * @param {(index: number) => void} choose
 */
function createSteps(page, choose) {
  const { walk } = page.state;
  const queue = createImageQueue(page.engine, page.say);
  const strip = createImageStrip("Walk along digits", choose);
  /** What the strip shows; no steps: nothing yet. */
  const shown = {
    steps: 0, side: 0, delay: 0, z: new Float32Array(0), labels: new Float32Array(0), pixels: new Uint8ClampedArray(0),
  };
  let drawn = "";

  /**
   * @param {Frame} frame
   * @param {string[]} names of the digits on the way
   */
  function draw({ model, key, dropout }, names) {
    const { steps, closed } = walk;
    const digits = digitsOnTheWay(walk, model);
    const wanted = `${key} ${page.state.point.id} ${digits} ${steps} ${closed}`;
    if (wanted === drawn) return;
    drawn = wanted;
    const z = vectorOf(page.state.point, model);
    const labels = stack(Array.from({ length: steps }, (_, i) => labelAt(digits, i / (steps - 1), closed)));
    const marks = pathMarks(digits.map(String), closed);
    const lettered = marks.map(({ t, text }) => ({ index: Math.round(t * (steps - 1)), text }));
    queue.ask(model, stack(new Array(steps).fill(z)), { dropout, label: labels, outputs: false }, ({ pixels }) => {
      Object.assign(shown, { steps, side: model.side, z, labels, pixels });
      strip.show(pixels, steps, model.side, lettered);
      strip.label(`${steps} images of the way from ${names[0]} to ${names[closed ? 0 : names.length - 1]}`);
    });
  }

  return {
    el: strip.el,
    /**
     * @param {Frame} frame
     * @param {string[]} names
     */
    update(frame, names) {
      draw(frame, names);
      strip.mark(Math.round(walk.t * (walk.steps - 1)));
      shown.delay = Math.max(2, Math.round(wholeWalkMs(walk, names.length) / walk.steps / 10));
    },
    /** @returns {Savable | null} */
    savable() {
      const { steps, side, delay, z, labels, pixels } = shown;
      if (!steps) return null;
      const size = labels.length / steps;
      return {
        canvases: [strip.canvas],
        animation: { pixels, count: steps, side, delay },
        vectors: Array.from({ length: steps }, (_, i) => ({ name: `step ${i + 1}`, z, label: row(labels, i, size) })),
      };
    },
    destroy: strip.destroy,
  };
}
