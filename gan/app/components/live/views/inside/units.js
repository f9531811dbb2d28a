/** The units of one network's layer next to the image: what each looks for or draws with, and what it does now. */

/** @import { LayerShape } from "./networks.js" */
/** @import { Settings } from "../../../types.d.ts" */

import { button, h, setAttr, setText } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { outputMeaning, outputText, outputValue } from "../../../playground/engine/discriminator_output.js";
import { PIXELS, paintGreys } from "./pixels.js";
import { createUnitDetail } from "./unit_detail.js";
import { createUnitSheet } from "./unit_sheet.js";

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
 * @typedef {{ side: "g" | "d", image: number, real: boolean, unit: number | null }} Choice
 *   `unit`: null at first: the most important one for the image
 * @typedef {Units & UnitArrays & { near: UnitLayer }} Shown
 * @typedef {{ activations: Float32Array, active: Float32Array, width: number }} UnitLayer
 */

const IMAGES = 64;
const TEXTS = {
  g: "Each square is a unit of the generator's last hidden layer: what it draws with. Where it is orange it adds ink, "
    + "where it is blue it takes ink away.",
  d: "Each square is a unit of the discriminator's first layer: what it looks for. Ink where it is orange excites it, "
    + "ink where it is blue calms it.",
};

/**
 * The units of the layer next to the image, among those of all hidden layers.
 * @param {"g" | "d"} side
 * @param {LayerShape[]} layers
 * @param {Pick<UnitArrays, "activations" | "active">} arrays
 * @returns {UnitLayer}
 */
export function nearLayer(side, layers, { activations, active }) {
  const hidden = layers.slice(0, -1).map((layer) => layer.outputs);
  const width = side === "g" ? hidden[hidden.length - 1] : hidden[0];
  const start = side === "g" ? activations.length - width : 0;
  return {
    width, activations: activations.subarray(start, start + width), active: active.subarray(start, start + width),
  };
}

/**
 * How many units of each hidden layer were never active.
 * @param {LayerShape[]} layers
 * @param {Float32Array} active
 */
export function deadByLayer(layers, active) {
  let start = 0;
  return layers.slice(0, -1).map(({ outputs }) => {
    const part = active.subarray(start, start + outputs);
    start += outputs;
    return { dead: part.filter((share) => share === 0).length, of: outputs };
  });
}

/**
 * @param {(choice: Choice) => void} ask asks the server for other units
 */
export function createUnits(ask) {
  /** @type {Choice} */
  const choice = { side: "d", image: 0, real: true, unit: null };
  /** @type {Shown | null} */
  let shown = null;
  /** @type {boolean[] | null} */
  let dropped = null;
  const detail = createUnitDetail();
  const sheet = createUnitSheet({ point: (unit) => shown && detail.show(shown, unit ?? choice.unit ?? 0, choice.unit),
    choose: (unit) => choose({ unit }) });
  const head = createHead(choice, choose, roll);

  /** @param {Partial<Choice>} change */
  function choose(change) {
    Object.assign(choice, change.side && change.side !== choice.side ? { unit: null } : {}, change);
    dropped = null;
    head.mark(choice);
    ask(choice);
    if (shown?.side === choice.side) draw();
  }

  /** Draw an example of what dropout switches off. */
  function roll() {
    const rate = shown?.dropout ?? 0;
    dropped = dropped ? null : Array.from({ length: shown?.near.width ?? 0 }, () => Math.random() < rate);
    draw();
  }

  function draw() {
    if (!shown || choice.unit === null) return;
    const { images, near } = shown;
    const order = Array.from({ length: images.length / PIXELS }, (_, i) => i);
    sheet.show({ images, order, activations: near.activations, active: near.active, dropped }, choice.unit,
      detail.inWords(shown, choice.unit));
    detail.show(shown, choice.unit, choice.unit);
    head.show(shown, dropped);
  }

  head.mark(choice);
  const body = h("div", { class: "lg-units" }, h("div", { class: "lg-units-sheet" }, sheet.el, head.foot), detail.el);
  return {
    el: h("section", { class: "lg-card", "aria-label": "Units" }, head.el, body),
    choice: () => ({ ...choice }),
    /** @param {string} sentence why there are no units to show */
    refuse(sentence) {
      shown = null;
      head.refuse(sentence);
      body.hidden = true;
    },
    /** @param {Units & UnitArrays} units */
    show(units) {
      if (units.side !== choice.side) return; // the answer to an earlier question
      head.refuse("");
      body.hidden = false;
      shown = { ...units, near: nearLayer(units.side, units.layers, units) };
      if (choice.unit === null) choose({ unit: foremost(shown) });
      else draw();
    },
  };
}

/**
 * The unit that does most for the image.
 * @param {Shown} shown
 */
function foremost({ side, votes, near, images }) {
  const does = side === "d" && votes ? votes.map(Math.abs) : near.activations;
  return does.subarray(0, images.length / PIXELS).reduce((best, x, i, all) => (x > all[best] ? i : best), 0);
}

/**
 * What is chosen, and what holds for all units together.
 * @param {Choice} choice
 * @param {(change: Partial<Choice>) => void} choose
 * @param {() => void} roll
 */
function createHead(choice, choose, roll) {
  const sides = /** @type {const} */ (["d", "g"]).map((side) => button({ class: "lg-button lg-small lg-quiet",
    text: side === "d" ? "Discriminator looks for" : "Generator draws with", onclick: () => choose({ side }) }));
  const kinds = [true, false].map((real) => button({ class: "lg-button lg-small lg-quiet",
    text: real ? "a real image" : "a fake image", onclick: () => choose({ real }) }));
  /** @param {number} by */
  const step = (by) => choose({ image: (choice.image + by + IMAGES) % IMAGES });
  const picture = h("canvas", { class: "lg-unit-picture", width: 28, height: 28, role: "img" });
  const output = h("span");
  const sentence = h("p", { class: "lg-muted" });
  const dead = h("p", { class: "lg-unit-note" });
  const refusal = h("p", { class: "lg-view-missing", hidden: true });
  const dropout = h("span");
  const example = button({ class: "lg-button lg-small", text: "Show an example", onclick: roll });
  const kind = h("span", { class: "lg-unit-kind" }, ...kinds);
  return {
    el: h("div", {}, h("h2", { class: "lg-title", text: "The units, each as the image that it is" }),
      h("div", { class: "lg-unit-head" }, ...sides), sentence,
      h("div", { class: "lg-unit-head" }, h("span", { text: "Now for" }), kind,
        h("span", { class: "lg-unit-kind" },
          button({ class: "lg-button lg-small", "aria-label": "Previous image", text: "‹", onclick: () => step(-1) }),
          picture,
          button({ class: "lg-button lg-small", "aria-label": "Next image", text: "›", onclick: () => step(1) })),
        output),
      refusal),
    /** @param {string} sentence */
    refuse(sentence) {
      setText(refusal, sentence);
      refusal.hidden = !sentence;
    },
    foot: h("div", { class: "lg-unit-foot" }, dead, h("p", { class: "lg-unit-note" }, dropout, " ", example)),
    /** @param {Choice} now */
    mark(now) {
      sides.forEach((el, i) => setAttr(el, "aria-pressed", String(now.side === (i ? "g" : "d"))));
      kinds.forEach((el, i) => setAttr(el, "aria-pressed", String(now.real === !i)));
      kind.hidden = now.side === "g";
      setText(sentence, TEXTS[now.side]);
    },
    /**
     * @param {Shown} shown
     * @param {boolean[] | null} dropped
     */
    show(shown, dropped) {
      paintGreys(picture, shown.picture);
      setAttr(picture, "aria-label", `Image ${shown.image + 1} of ${IMAGES}`);
      setText(output, outputInWords(shown));
      setText(dead, deadInWords(shown));
      setText(dropout, dropoutInWords(shown, dropped));
      example.hidden = shown.dropout === 0;
      setText(example, dropped ? "Show all units" : "Show an example");
    },
  };
}

/** @param {Shown} shown */
function outputInWords({ output, loss, averaged }) {
  if (output === null) return averaged ? "drawn by the averaged generator" : "";
  const meaning = outputMeaning(loss);
  const text = outputText(meaning, outputValue(meaning, output));
  const judged = meaning.kind === "probability" ? text : `${meaning.title} ${text}`;
  return `the discriminator says: ${judged}${averaged ? " (drawn by the averaged generator)" : ""}`;
}

/** @param {Shown} shown */
function deadInWords({ layers, active, tried, images, near }) {
  const some = images.length / PIXELS;
  const first = some < near.width ? `The first ${count(some)} of ${count(near.width)} units are shown. ` : "";
  return first + whichAreDead(layers, active, tried);
}

/**
 * @param {LayerShape[]} layers
 * @param {Float32Array} active
 * @param {number} tried
 */
function whichAreDead(layers, active, tried) {
  const found = deadByLayer(layers, active);
  const total = found.reduce((sum, { dead }) => sum + dead, 0);
  if (!total) return `Every unit was active for some of ${count(tried)} inputs; none is dead.`;
  const by = found.map(({ dead, of }, i) => `${count(dead)} of ${count(of)}`
    + (found.length > 1 ? ` in layer ${i + 1}` : ""));
  return `Never active for any of ${count(tried)} inputs ("dead"): ${by.join(", ")}. They are crossed out here, and `
    + "hardly learn.";
}

/**
 * @param {Shown} shown
 * @param {boolean[] | null} dropped
 */
function dropoutInWords({ dropout, near }, dropped) {
  if (!dropout) return "No dropout in this network: all units always take part.";
  if (dropped) {
    const off = dropped.filter(Boolean).length;
    return `An example: ${count(off)} of ${count(near.width)} units are switched off (dark). In training each image `
      + "gets a draw of its own.";
  }
  return `While it trains, dropout switches off about ${count(dropout * near.width)} of these ${count(near.width)} `
    + "units, others for every image. Here none is off.";
}
