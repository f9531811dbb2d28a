/** The controls of a walk: where on it, and how it goes. */

import { h, setText } from "../../shared/dom.js";
import { SPEEDS, STEPS } from "../state/state.js";
import { childrenFor } from "../widgets/children.js";
import { createPlay, createRange, createSwitch } from "../widgets/controls.js";
import { pathMarks, placeText } from "./path_labels.js";

/** @import { Page, PageState } from "../types.d.ts" */
/** @import { createPlayback } from "./walk_playback.js" */

const FINE = 1000; // positions of the scrubber

/**
 * @param {Page} page
 * @param {ReturnType<typeof createPlayback>} playback
 * @param {() => string[]} stops the names of the places that it goes through
 */
export function createWalkSettings({ state, requestDraw }, playback, stops) {
  const { walk } = state;
  /** @param {Partial<PageState["walk"]>} changes */
  const change = (changes) => {
    Object.assign(walk, changes);
    requestDraw();
  };
  const play = createPlay(playback.toggle);
  const place = (/** @type {number} */ x) => placeText(stops(), x / FINE, walk.closed);
  const position = createRange("Position", { min: 0, max: FINE }, place, (x) => {
    playback.stop();
    change({ t: x / FINE });
  });
  const ticks = h("div", { class: "lg-ticks", "aria-hidden": "true" });
  const steps = createRange("Steps", { min: STEPS.low, max: STEPS.high }, String, (n) => change({ steps: n }));
  const speed = createRange("Speed", { min: 0, max: SPEEDS.length - 1 }, (i) => `${SPEEDS[i]} ×`,
    (i) => change({ speed: SPEEDS[i] }));
  const tourTitle = "Go back from the last one to the first";
  const closed = createSwitch("Closed tour", tourTitle, (on) => change({ closed: on }));
  position.input.classList.add("lg-scrubber");

  function drawTicks() {
    const marks = pathMarks(stops(), walk.closed);
    const labels = childrenFor(ticks, marks.length, () => h("span"));
    marks.forEach(({ t, text }, i) => {
      setText(labels[i], text);
      labels[i].style.left = `${t * 100}%`;
    });
  }

  return {
    els: [
      h("div", { class: "lg-scrub" }, play.el, h("div", { class: "lg-scrub-path" }, position.input, ticks)),
      h("div", { class: "lg-tool-line" }, steps.el, speed.el, closed.el),
    ],
    update() {
      play.set(playback.playing());
      position.set(Math.round(walk.t * FINE));
      steps.set(walk.steps);
      speed.set(SPEEDS.indexOf(walk.speed));
      closed.set(walk.closed);
      drawTicks();
    },
  };
}
