/** The two strips of a walk, straight and round, of which one is walked. */

import { button, h, setAttr } from "../../shared/dom.js";
import { createImageQueue } from "../engine/image_queue.js";
import { pathSteps } from "../engine/interpolation.js";
import { stack } from "../engine/vectors.js";
import { letter, rounded } from "../state/state.js";
import { createImageStrip } from "../widgets/image_strip.js";
import { pathMarks } from "./path_labels.js";

/** @import { Interpolation } from "../engine/interpolation.js" */
/** @import { Frame, Page, PageState } from "../types.d.ts" */

/** @type {[kind: Interpolation, name: string, text: string][]} */
const KINDS = [["linear", "Linear", "the straight line"], ["spherical", "Spherical", "along the sphere"]];

/**
 * @param {Page} page
 * @param {() => void} stop ends the playback
 */
export function createWalkLanes(page, stop) {
  const { state: { walk }, requestDraw } = page;
  const queue = createImageQueue(page.engine, page.say);
  const lanes = KINDS.map(([kind, name, text]) => createLane(kind, name, text, {
    title() {
      walk.kind = kind;
      requestDraw();
    },
    image(index) {
      stop();
      Object.assign(walk, { kind, t: rounded(index / (walk.steps - 1)) });
      requestDraw();
    },
  }));
  /** What the strips show; no steps: nothing yet. */
  const shown = {
    steps: 0,
    side: 0,
    vectors: { linear: new Float32Array(0), spherical: new Float32Array(0) },
    pixels: { linear: new Uint8ClampedArray(0), spherical: new Uint8ClampedArray(0) },
  };
  let drawn = "";

  /** @param {Frame} frame */
  function draw({ model, key, dropout, label, vectors, pickIds }) {
    const { steps, closed } = walk;
    const wanted = `${key} ${pickIds} ${steps} ${closed}`;
    if (wanted === drawn) return;
    drawn = wanted;
    const linear = pathSteps(vectors, steps, "linear", closed);
    const spherical = pathSteps(vectors, steps, "spherical", closed);
    const marks = pathMarks(vectors.map((_, i) => letter(i)), closed);
    const lettered = marks.map(({ t, text }) => ({ index: Math.round(t * (steps - 1)), text }));
    queue.ask(model, stack([linear, spherical]), { dropout, label, outputs: false }, ({ pixels }) => {
      const half = pixels.length / 2;
      const halves = { linear: pixels.subarray(0, half), spherical: pixels.subarray(half) };
      Object.assign(shown, { steps, side: model.side, vectors: { linear, spherical }, pixels: halves });
      for (const { kind, strip } of lanes) {
        strip.show(halves[kind], steps, model.side, lettered);
        strip.label(`${steps} images of the ${kind} way from ${lettered[0].text} to ${lettered.at(-1)?.text}`);
      }
      mark();
    });
  }

  const mark = () => lanes.forEach((lane) => markLane(lane, walk));

  return {
    els: lanes.map((lane) => lane.el),
    canvases: lanes.map(({ strip }) => strip.canvas),
    shown,
    /** @param {Frame} frame */
    update(frame) {
      draw(frame);
      mark();
    },
    destroy() {
      for (const { strip } of lanes) strip.destroy();
    },
  };
}

/**
 * Marks the lane that is walked, and where on it.
 * @param {ReturnType<typeof createLane>} lane
 * @param {PageState["walk"]} walk
 */
function markLane({ kind, strip, title }, walk) {
  const walked = kind === walk.kind;
  strip.mark(walked ? Math.round(walk.t * (walk.steps - 1)) : null);
  setAttr(title, "aria-pressed", walked ? "true" : "false");
}

/**
 * @param {Interpolation} kind
 * @param {string} name
 * @param {string} text
 * @param {{title: () => void, image: (index: number) => void}} act for clicks
 */
function createLane(kind, name, text, act) {
  const strip = createImageStrip(`${name} walk`, act.image);
  const title = button({ class: "lg-lane-title", onclick: act.title },
    h("i", { class: `lg-lane-line lg-lane-${kind}` }), h("b", { text: name }), h("span", { class: "lg-muted", text }));
  return { kind, strip, title, el: h("div", { class: "lg-lane" }, title, strip.el) };
}
