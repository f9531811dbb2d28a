/** What is going on, below the charts: a sentence, and at most two warnings, in places that are always there. */

/** @import { KnobValues } from "../../types.d.ts" */
/** @import { Stream } from "../stream/stream.js" */
/** @import { Slot } from "./slots.js" */

import { h } from "../../shared/dom.js";
import { createLine } from "./line.js";
import { isShown, light, scrollTo } from "./lit.js";
import { SLOTS, arrange } from "./slots.js";
import { createThen } from "./then.js";
import { createWarning } from "./warning.js";

/**
 * @typedef {object} When
 * @property {number | null} batch of the past; null: now
 * @property {Record<string, string>} without knobs that have no effect in this run
 * @property {string | null} blocked why no knob can be turned
 */

/**
 * @param {string} base
 * @param {(values: KnobValues) => void} turn
 * @param {() => void} openQuality opens the tab that has the figures of the images
 */
export function createExplanation(base, turn, openQuality) {
  const page = () => el.closest(".lg-live") ?? document;
  /** @param {string | null} figure */
  const point = (figure) => light(page(), figure);
  /** @param {string} figure */
  function lead(figure) {
    if (!isShown(page(), figure)) openQuality();
    scrollTo(page(), figure);
    point(figure);
  }
  const line = createLine({ point, lead });
  const places = Array.from({ length: SLOTS }, () => createWarning(base, turn, point));
  const calm = h("p", { class: "lg-calm lg-muted", text: "No warnings." });
  const el = h("section", { class: "lg-card lg-explain", "aria-label": "What is going on", hidden: true },
    line.el, h("div", { class: "lg-warnings" }, calm, ...places.map((place) => place.el)));
  const then = createThen(base, () => shown && show(...shown));
  /** @type {[Stream | null, When] | null} */
  let shown = null;
  /** @type {Slot[]} */
  let slots = [];
  let about = ""; // the run, and whether it is shown live

  /**
   * @param {Stream | null} stream
   * @param {When} when
   */
  function show(stream, when) {
    shown = [stream, when];
    const explanation = explanationOf(stream, when);
    const now = `${stream?.name} ${when.batch === null}`;
    if (now !== about) {
      about = now;
      slots = Array.from({ length: SLOTS }, () => null);
    }
    el.hidden = stream === null;
    line.show(explanation?.line ?? []);
    slots = arrange(slots, explanation?.warnings ?? [], when.batch === null ? performance.now() : Infinity);
    places.forEach((place, i) => place.show(slots[i]?.warning ?? null, when));
    calm.hidden = !explanation || slots.some((slot) => slot !== null);
  }

  /**
   * @param {Stream | null} stream
   * @param {When} when
   */
  function explanationOf(stream, { batch }) {
    if (batch === null || !stream) {
      then.forget();
      return stream?.explanation ?? null;
    }
    then.want(stream.name, batch);
    return then.explanation();
  }

  return {
    el,
    show,
    destroy: then.forget,
  };
}
