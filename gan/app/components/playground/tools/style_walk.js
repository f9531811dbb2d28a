/** A walk from pick to pick, straight and round one under the other. */

import { h } from "../../shared/dom.js";
import { pathPoint, pathSteps } from "../engine/interpolation.js";
import { row } from "../engine/vectors.js";
import { createLastVector } from "../state/last_vector.js";
import { letter } from "../state/state.js";
import { createNormChart } from "./norm_chart.js";
import { placeText, stopAt } from "./path_labels.js";
import { createWalkLanes } from "./walk_lanes.js";
import { wholeWalkMs } from "./walk_playback.js";

/** @import { Focus, Frame, Page, PageState, Savable } from "../types.d.ts" */

const CHART_STEPS = 65;

/**
 * @param {Page} page
 * @param {() => void} stop ends the playback
 */
export function createStyleWalk(page, stop) {
  const { state } = page;
  const { walk } = state;
  const chart = createNormChart();
  const lanes = createWalkLanes(page, stop);
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
    el: h("div", { class: "lg-walk" }, ...lanes.els, chart.el),
    /** @param {Frame} frame */
    update(frame) {
      lanes.update(frame);
      drawChart(frame);
      chart.at(walk.t);
    },
    /**
     * @param {Frame} frame
     * @returns {Focus | null}
     */
    focus({ vectors, pickIds, model }) {
      const { t, kind, closed } = walk;
      if (vectors.length < 2) return null;
      const caption = `${placeText(vectors.map((_, i) => letter(i)), t, closed)}, ${kind}`;
      const here = stopAt(vectors.length, t, closed);
      if (here !== null) return { z: vectors[here], caption, point: state.picks[here] };
      const key = `${pickIds} ${model.latentDim} ${t} ${kind} ${closed}`;
      return { z: lastVector(key, () => pathPoint(vectors, t, kind, closed)), caption };
    },
    savable: () => savableOf(lanes, state),
    destroy: lanes.destroy,
  };
}

/**
 * The strips as one picture, the steps as an animation and as numbers.
 * @param {ReturnType<typeof createWalkLanes>} lanes
 * @param {PageState} state
 * @returns {Savable | null}
 */
function savableOf({ shown, canvases }, { walk, picks }) {
  const { steps, side, vectors, pixels } = shown;
  if (!steps) return null;
  const { kind } = walk;
  const d = vectors[kind].length / steps;
  const delay = Math.max(2, Math.round(wholeWalkMs(walk, picks.length) / steps / 10));
  return {
    canvases,
    animation: { pixels: pixels[kind], count: steps, side, delay },
    vectors: Array.from({ length: steps }, (_, i) => ({ name: `step ${i + 1}`, z: row(vectors[kind], i, d) })),
  };
}
