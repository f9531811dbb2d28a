/** Walk: from pick to pick, straight and round one under the other, as a strip, by hand or in a loop. */

import { h, setText } from "../../shared/dom.js";
import { pathPoint, pathSteps } from "../engine/interpolation.js";
import { row } from "../engine/vectors.js";
import { createLastVector } from "../state/last_vector.js";
import { SPEEDS, STEPS, rounded } from "../state/state.js";
import { childrenFor } from "../widgets/children.js";
import { createInvitation, createPlay, createRange, createSwitch } from "../widgets/controls.js";
import { createNormChart } from "./norm_chart.js";
import { pickAt, pickMarks, placeText, segmentsOf } from "./path_labels.js";
import { createWalkLanes } from "./walk_lanes.js";

/** @import { Frame, Page, PageState, Savable, Tool } from "../types.d.ts" */

const SEGMENT_MS = 2000; // from one pick to the next at speed 1
const FINE = 1000; // positions of the scrubber
const CHART_STEPS = 65;

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createWalk(page) {
  const { state } = page;
  const { walk } = state;
  const playback = createPlayback(page);
  const settings = createSettings(page, playback);
  const chart = createNormChart();
  const lanes = createWalkLanes(page, playback.stop);
  const invitation = createInvitation("A walk needs two picks: click two samples above.", () => page.fillPicks(2));
  const content = h("div", { class: "lg-walk" }, ...settings.els, ...lanes.els, chart.el);
  const lastVector = createLastVector();
  let charted = "";

  /** @param {Frame} frame */
  function drawChart({ model, vectors, pickIds }) {
    const wanted = `${model.key} ${pickIds} ${walk.closed}`;
    if (wanted === charted) return;
    charted = wanted;
    const linear = pathSteps(vectors, CHART_STEPS, "linear", walk.closed);
    const spherical = pathSteps(vectors, CHART_STEPS, "spherical", walk.closed);
    chart.show(linear, spherical, CHART_STEPS, model);
  }

  return {
    label: "Walk",
    sentence: "Between any two images lie countless others. "
      + "Each one here is made from a z a little farther along the way.",
    el: h("div", {}, content, invitation),
    leave: playback.stop,
    visit(index) {
      playback.stop();
      walk.t = rounded(pickMarks(state.picks.length, walk.closed)[index]?.t ?? 0);
    },

    update(frame) {
      const enough = state.picks.length >= 2;
      content.hidden = !enough;
      invitation.hidden = enough;
      if (!enough) return playback.stop();
      playback.advance();
      settings.update();
      lanes.update(frame);
      drawChart(frame);
      chart.at(walk.t);
    },

    focus({ vectors, pickIds, model }) {
      const { t, kind, closed } = walk;
      if (vectors.length < 2) return null;
      const caption = `${placeText(vectors.length, t, closed)}, ${kind}`;
      const here = pickAt(vectors.length, t, closed);
      if (here !== null) return { z: vectors[here], caption, point: state.picks[here] };
      const key = `${pickIds} ${model.latentDim} ${t} ${kind} ${closed}`;
      return { z: lastVector(key, () => pathPoint(vectors, t, kind, closed)), caption };
    },

    savable: () => savableOf(lanes, state),
    destroy() {
      playback.stop();
      lanes.destroy();
    },
  };
}

/**
 * The strips as one picture, the steps as an animation and as numbers.
 * @param {ReturnType<typeof createWalkLanes>} lanes
 * @param {PageState} state
 * @returns {Savable | null}
 */
function savableOf({ shown, canvases }, state) {
  const { steps, side, vectors, pixels } = shown;
  if (!steps) return null;
  const { kind } = state.walk;
  const d = vectors[kind].length / steps;
  const delay = Math.max(2, Math.round(wholeWalkMs(state) / steps / 10));
  return {
    canvases,
    animation: { pixels: pixels[kind], count: steps, side, delay },
    vectors: Array.from({ length: steps }, (_, i) => ({ name: `step ${i + 1}`, z: row(vectors[kind], i, d) })),
  };
}

/**
 * How long the whole walk takes.
 * @param {PageState} state
 */
const wholeWalkMs = ({ picks, walk }) => (SEGMENT_MS * segmentsOf(picks.length, walk.closed)) / walk.speed;

/**
 * Moves along the path by itself. Closed: round and round. Open: there and back.
 * @param {Page} page
 */
function createPlayback({ state, requestDraw }) {
  const { walk } = state;
  let playing = false;
  let backwards = false;
  let last = 0;

  function start() {
    if (!walk.closed && walk.t >= 1) walk.t = 0;
    playing = true;
    backwards = false;
    last = performance.now();
    requestDraw();
  }

  function stop() {
    if (!playing) return;
    playing = false;
    walk.t = rounded(walk.t);
    requestDraw();
  }

  return {
    stop,
    toggle: () => (playing ? stop() : start()),
    playing: () => playing,
    advance() {
      if (!playing) return;
      const now = performance.now();
      const by = (now - last) / wholeWalkMs(state);
      last = now;
      let t = walk.t + (backwards ? -by : by);
      if (walk.closed) t %= 1;
      else if (t > 1 || t < 0) {
        backwards = t > 1;
        t = Math.min(1, Math.max(0, t > 1 ? 2 - t : -t));
      }
      walk.t = t;
      requestDraw();
    },
  };
}

/**
 * The controls of a walk: where on it, and how it goes.
 * @param {Page} page
 * @param {ReturnType<typeof createPlayback>} playback
 */
function createSettings({ state, requestDraw }, playback) {
  const { walk } = state;
  /** @param {Partial<PageState["walk"]>} changes */
  const change = (changes) => {
    Object.assign(walk, changes);
    requestDraw();
  };
  const play = createPlay(playback.toggle);
  const place = (/** @type {number} */ x) => placeText(state.picks.length, x / FINE, walk.closed);
  const position = createRange("Position", { min: 0, max: FINE }, place, (x) => {
    playback.stop();
    change({ t: x / FINE });
  });
  const ticks = h("div", { class: "lg-ticks", "aria-hidden": "true" });
  const steps = createRange("Steps", { min: STEPS.low, max: STEPS.high }, String, (n) => change({ steps: n }));
  const speed = createRange("Speed", { min: 0, max: SPEEDS.length - 1 }, (i) => `${SPEEDS[i]} ×`,
    (i) => change({ speed: SPEEDS[i] }));
  const tourTitle = "Go back from the last pick to the first";
  const closed = createSwitch("Closed tour", tourTitle, (on) => change({ closed: on }));
  position.input.classList.add("lg-scrubber");

  function drawTicks() {
    const marks = pickMarks(state.picks.length, walk.closed);
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
