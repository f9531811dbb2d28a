/** The units of a hidden layer of one network: what each looks for or draws with, and what it does now. */

/** @import { LayerShape } from "./networks.js" */
/** @import { Settings } from "../../../types.d.ts" */

import { h } from "../../../shared/dom.js";
import { PIXELS } from "./pixels.js";
import { createUnitDetail } from "./unit_detail.js";
import { PAGE, createUnitSheet } from "./unit_sheet.js";
import { createUnitsHead } from "./units_head.js";

/**
 * @typedef {object} Units what the server says of one network (gan/views/units.py)
 * @property {LayerShape[]} layers
 * @property {number} tried on how many inputs the units were tried
 * @property {boolean} averaged
 * @property {Settings["loss"]} loss
 * @property {number} dropout
 * @property {number | null} output of the discriminator for the picture
 * @property {"g" | "d"} side
 * @property {number} image
 * @property {boolean} real
 * @property {number} layer whose units these are, of the hidden layers from the input on
 * @property {number} first the first unit whose image is here
 *
 * @typedef {object} UnitArrays
 * @property {Uint8Array} images
 * @property {Uint8Array} picture
 * @property {Float32Array} activations of all hidden layers
 * @property {Float32Array} active
 * @property {Float32Array} [votes]
 * @property {Float32Array} [levels]
 * @property {Uint8Array | Float32Array} [turned]
 *
 * @typedef {object} Choice
 * @property {"g" | "d"} side
 * @property {number} image
 * @property {boolean} real
 * @property {number | null} layer null: the one next to the image
 * @property {number} first
 * @property {number | null} unit null at first: the most important one for the image
 *
 * @typedef {Units & UnitArrays & { shown: UnitLayer }} Shown
 * @typedef {{ activations: Float32Array, active: Float32Array, width: number }} UnitLayer
 */

/**
 * The units of one layer among those of all hidden layers.
 * @param {LayerShape[]} layers
 * @param {number} layer
 * @param {Pick<UnitArrays, "activations" | "active">} arrays
 * @returns {UnitLayer}
 */
export function unitsOfLayer(layers, layer, { activations, active }) {
  const width = layers[layer].outputs;
  const start = layers.slice(0, layer).reduce((sum, { outputs }) => sum + outputs, 0);
  return {
    width, activations: activations.subarray(start, start + width), active: active.subarray(start, start + width),
  };
}

/**
 * The choice after a change: another network or layer has other units, and the images of a unit come by the page.
 * @param {Choice} choice
 * @param {Partial<Choice>} change
 * @returns {Choice}
 */
export function changed(choice, change) {
  const next = { ...choice, ...change };
  if (next.side !== choice.side) Object.assign(next, { layer: null, first: 0, unit: null });
  else if (next.layer !== choice.layer) Object.assign(next, { first: 0, unit: null });
  else if (next.unit !== null && next.unit !== choice.unit) next.first = next.unit - (next.unit % PAGE);
  else if (next.first !== choice.first) next.unit = null;
  return next;
}

/**
 * @param {(choice: Choice) => void} ask asks the server for other units
 */
export function createUnits(ask) {
  /** @type {Choice} */
  let choice = { side: "d", image: 0, real: true, layer: null, first: 0, unit: null };
  /** @type {Shown | null} */
  let shown = null;
  /** @type {boolean[] | null} */
  let dropped = null;
  const detail = createUnitDetail();
  const sheet = createUnitSheet({ point: (unit) => shown && detail.show(shown, unit ?? choice.unit ?? 0, choice.unit),
    choose: (unit) => choose({ unit }) });
  const head = createUnitsHead(choose, roll);

  /** @param {Partial<Choice>} change */
  function choose(change) {
    choice = changed(choice, change);
    dropped = null;
    head.mark(choice);
    ask(choice);
    if (shown && isAnswer(shown, choice)) draw();
  }

  /** Draw an example of what dropout switches off. */
  function roll() {
    const rate = shown?.dropout ?? 0;
    dropped = dropped ? null : Array.from({ length: shown?.shown.width ?? 0 }, () => Math.random() < rate);
    draw();
  }

  function draw() {
    if (!shown || choice.unit === null) return;
    sheet.show({ images: shown.images, first: shown.first, ...shown.shown, dropped }, choice.unit,
      detail.inWords(shown, choice.unit));
    detail.show(shown, choice.unit, choice.unit);
    head.show(shown, dropped);
  }

  head.mark(choice);
  const body = h("div", { class: "lg-units" }, h("div", { class: "lg-units-sheet" }, sheet.el, head.foot), detail.el);
  return {
    el: h("section", { class: "lg-card", "aria-label": "Units" }, head.el, body),
    choice: () => ({ ...choice }),
    /** Another run comes, whose layers may be others. */
    clear() {
      shown = null;
      choose({ layer: null, first: 0, unit: null });
    },
    /** @param {string} sentence why there are no units to show */
    refuse(sentence) {
      shown = null;
      head.refuse(sentence);
      body.hidden = true;
    },
    /** @param {Units & UnitArrays} units */
    show(units) {
      if (!isAnswer(units, choice)) return; // it is one to an earlier question
      head.refuse("");
      body.hidden = false;
      shown = { ...units, shown: unitsOfLayer(units.layers, units.layer, units) };
      if (choice.unit === null) choose({ unit: foremost(shown) });
      else draw();
    },
  };
}

/**
 * Whether these units are those that were chosen.
 * @param {Units} units
 * @param {Choice} choice
 */
function isAnswer({ side, layer, first, layers }, choice) {
  const wanted = choice.layer ?? (side === "g" ? layers.length - 2 : 0);
  return side === choice.side && first === choice.first && (layer === wanted || wanted > layers.length - 2);
}

/**
 * The unit that does most for the image.
 * @param {Shown} shown
 */
function foremost({ side, votes, shown: { activations }, images, first }) {
  const does = side === "d" && votes ? votes.map(Math.abs) : activations;
  const here = does.subarray(first, first + images.length / PIXELS);
  return first + here.reduce((best, x, i, all) => (x > all[best] ? i : best), 0);
}
