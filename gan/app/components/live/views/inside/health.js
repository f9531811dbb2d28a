/** The health of the gradients: sizes by layer over batches, and whether the discriminator learns by heart. */

/** @import { Numbers } from "../../../shared/frames.js" */
/** @import { Line } from "./log_chart.js" */

import { h, setText } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { withTerms } from "../../../shared/terms.js";
import { createLogChart, shortly } from "./log_chart.js";

/**
 * @typedef {object} LayerHealth see gan/views/gradient_health.py
 * @property {number | null} weights
 * @property {number | null} gradient
 * @property {number | null} update
 * @property {number | null} ratio
 *
 * @typedef {Record<"g" | "d", { gradient: number | null, ratio: number | null }[]>} Sizes by network and layer
 * @typedef {{ batch: number, layers: Sizes, image_gradient: number | null }} Moment
 *
 * @typedef {object} Memory see gan/views/memorised.py
 * @property {number | null} held_out
 * @property {number} share_training
 * @property {number | null} share_held_out
 * @property {number} share_generated
 * @property {number | null} r_v
 * @property {number} r_t
 *
 * @typedef {object} Health
 * @property {number} batch
 * @property {string} [missing]
 * @property {Record<"g" | "d", LayerHealth[]>} layers
 * @property {number | null} image_gradient
 * @property {Memory} memory
 * @property {number | null} recorded the batch after which these figures were measured, if that is not now
 * @property {{ g: number, d: number } | null} way the layers of the networks whose health is known on the way
 */

const MOST = 500; // moments that are kept
const DASHES = ["", "7 4", "2 3", "9 3 2 3", "4 2 1 2"];
/** @type {Record<"g" | "d", string>} */
const NAMES = { g: "Generator", d: "Discriminator" };
/** @type {{ name: string, tone: "g" | "d", dash: string }[]} */
const KINDS = [{ name: "Training images", tone: "d", dash: "" },
  { name: "Real ones it has never seen", tone: "d", dash: "2 3" }, { name: "Generated images", tone: "g", dash: "" }];

/**
 * The moments in the order of their batches, with one more; of many, every second one goes.
 * @template {{ batch: number }} T
 * @param {T[]} moments
 * @param {T} next
 */
export function withMoment(moments, next) {
  const others = moments.filter((each) => each.batch !== next.batch);
  const at = others.findIndex((each) => each.batch > next.batch);
  others.splice(at < 0 ? others.length : at, 0, next);
  return others.length <= MOST ? others : others.filter((each, i) => i % 2 || each === next);
}

/**
 * What was measured while the run trained, and kept with it.
 * @param {{ g: number, d: number }} layers
 * @param {Record<string, Numbers>} numbers see `_arrays` in gan/views/gradient_health.py
 * @returns {Moment[]}
 */
export function momentsOnTheWay({ g, d }, { batches, sizes }) {
  const width = 2 * (g + d) + 4;
  return Array.from(batches, (batch, i) => {
    const at = i * width;
    const layers = Array.from({ length: g + d },
      (_, k) => ({ gradient: sizes[at + 2 * k], ratio: sizes[at + 2 * k + 1] }));
    return { batch, layers: { g: layers.slice(0, g), d: layers.slice(g) }, image_gradient: sizes[at + 2 * (g + d)] };
  });
}

/**
 * The shares that the discriminator called real: of training images, of unseen ones, if there are any, of generated.
 * @param {{ g: number, d: number }} layers
 * @param {Record<string, Numbers>} numbers
 * @returns {Line[]}
 */
export function sharesOnTheWay({ g, d }, { batches, sizes }) {
  const width = 2 * (g + d) + 4;
  const lines = KINDS.map(({ name, tone, dash }, k) => ({ name, tone, dash,
    points: Array.from(batches, (x, i) => ({ x, y: sizes[(i + 1) * width - 3 + k] })) }));
  return lines.filter(({ points }) => points.every(({ y }) => y >= 0));
}

/**
 * A line for each layer of both networks.
 * @param {Moment[]} moments
 * @param {"gradient" | "ratio"} what
 * @returns {Line[]}
 */
export function linesOf(moments, what) {
  const last = moments[moments.length - 1];
  return (/** @type {const} */ (["g", "d"])).flatMap((side) => last.layers[side].map((_, i) => ({
    name: `${NAMES[side]} layer ${i + 1}`, tone: side, dash: DASHES[i],
    points: moments.map(({ batch, layers }) => ({ x: batch, y: layers[side][i]?.[what] ?? null })),
  })));
}

export function createHealth() {
  const ratio = createLogChart("Update to weights",
    "How far a step moves each layer's weights, as a share of their size. About 1/1000 is a usual guide: far above, "
    + "the network forgets what it knew; far below, it hardly learns.", { value: 1e-3, text: "1/1000" });
  const gradient = createLogChart("Gradient by layer", "How steep the loss is, layer by layer.", null);
  const pull = createLogChart("Pull on the fake images",
    "How strongly the discriminator tells the generator what to change in an image. Near zero the generator learns "
    + "nothing any more.", null);
  const shares = createLogChart("Called real, on the way", "As long as both lines of real images lie together, it "
    + "knows none of them by heart.", null);
  const memory = createMemory();
  const missing = h("p", { class: "lg-view-missing", hidden: true });
  const noUpdates = h("p", { class: "lg-muted", hidden: true, text: "How far a step would move the weights is known of "
    + "a run that trains or can go on, for its optimisers remember; of this moment the weights are kept alone." });
  const since = h("p", { class: "lg-muted" });
  const charts = h("div", { class: "lg-health" }, ratio.el, gradient.el, pull.el, memory.el, shares.el);
  /** @type {Moment[]} */
  let moments = [];
  return {
    el: h("section", { class: "lg-card", "aria-label": "Health of the gradients" },
      h("h2", { class: "lg-title", text: "Do both networks still learn?" }),
      h("p", { class: "lg-muted" }, ...withTerms("A network learns by following its {gradient|gradient}: which way, "
        + "and how steeply, its {loss|loss} changes with each {weight|weight}. Measured on a copy of both networks, "
        + "with a {batch|batch} of its own.")),
      missing, noUpdates, since, charts),
    /** Another run. */
    clear: () => (moments = []),
    /**
     * @param {Health} health
     * @param {Record<string, Numbers>} numbers
     */
    show(health, numbers) {
      setText(missing, health.missing ?? "");
      missing.hidden = !health.missing;
      charts.hidden = since.hidden = Boolean(health.missing);
      if (health.missing) return;
      setText(since, sourceOf(health));
      const way = health.way && momentsOnTheWay(health.way, numbers);
      moments = health.recorded !== null && way ? way : withMoment(way ?? moments, health);
      shares.el.hidden = !health.way;
      if (health.way) shares.show(sharesOnTheWay(health.way, numbers));
      const ratios = linesOf(moments, "ratio");
      ratio.el.hidden = ratios.every((line) => line.points.every(({ y }) => y === null));
      noUpdates.hidden = !ratio.el.hidden;
      ratio.show(ratios);
      gradient.show(linesOf(moments, "gradient"));
      pull.show([{ name: "Norm of the gradient by an image's pixels", tone: "g", dash: "",
        points: moments.map(({ batch, image_gradient: y }) => ({ x: batch, y })) }]);
      memory.show(health.memory);
    },
    destroy: () => [ratio, gradient, pull, shares].forEach((chart) => chart.destroy()),
  };
}

/**
 * Where the figures come from, in words.
 * @param {Health} health
 */
export function sourceOf({ way, recorded }) {
  if (!way) {
    return "This run keeps no health of its gradients on the way, so the lines begin with what you watch; newer runs "
      + "keep it.";
  }
  return recorded === null ? "The lines were measured while the run trained and are kept with it; their ends are now."
    : `Measured while the run trained, last after batch ${count(recorded)}, and kept with it.`;
}

/** What the discriminator calls real: images it was trained on, real ones it has never seen, and generated ones. */
function createMemory() {
  const rows = KINDS.map(({ name }) => {
    const fill = h("i");
    const text = h("b");
    return { fill, text, el: h("div", { class: "lg-memory-row" }, h("span", { text: name }),
      h("span", { class: "lg-bar lg-tone-d" }, fill), text) };
  });
  const sentence = h("p");
  return {
    el: h("figure", { class: "lg-log" },
      h("figcaption", {}, h("b", { text: "Learnt by heart?" }), h("span", { class: "lg-muted", text: " The share that "
        + "the discriminator calls real. If it knows its training images by heart, it trusts unseen ones less." })),
      ...rows.map((row) => row.el), sentence),
    /** @param {Memory} memory */
    show(memory) {
      [memory.share_training, memory.share_held_out, memory.share_generated].forEach((share, i) => {
        rows[i].fill.style.transform = `scaleX(${share ?? 0})`;
        setText(rows[i].text, share === null ? "–" : `${Math.round(100 * share)} %`);
      });
      setText(sentence, inWords(memory));
    },
  };
}

/** @param {Memory} memory */
function inWords({ r_v, r_t, held_out }) {
  const sign = `r by sign ${shortly(r_t)}: near 1 it calls all training images real, a sign of the same (the remedy `
    + "“adaptive augmentation” keeps it at 0.6).";
  if (held_out === null) return `This run trains on all images, so none is unseen. ${sign}`;
  if (r_v === null) return sign;
  return `In one number: r by unseen images ${shortly(r_v)}: at 0 it knows nothing by heart, at 1 it takes unseen real `
    + `images for generated ones; ${sign}`;
}
