/** What is chosen above the units, and below them what holds for all together. */

/** @import { LayerShape } from "./networks.js" */
/** @import { Choice, Shown } from "./units.js" */

import { button, h, setAttr, setText } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { outputMeaning, outputText, outputValue } from "../../../playground/engine/discriminator_output.js";
import { setTextWithTerms } from "../../../shared/terms.js";
import { paintGreys } from "./pixels.js";
import { PAGE } from "./unit_sheet.js";

const IMAGES = 64;

/** Of the layer next to the image. */
const NEAR = {
  g: "Each square is a {unit|unit} of the generator's last hidden layer: what it draws with. Where it is orange it "
    + "adds ink, where it is blue it takes ink away.",
  d: "Each square is a {unit|unit} of the discriminator's first layer: what it looks for. Ink where it is orange "
    + "excites it, ink where it is blue calms it.",
};

/** Of other hidden layers, which act by way of the layers in between. */
const FAR = {
  g: "By way of the layers after it, a {unit|unit} here changes this image so: where it is orange it adds ink, where "
    + "it is blue it takes ink away. For another image it would look a little different.",
  d: "By way of the layers before it, a {unit|unit} here sees this image so: more ink where it is orange would excite "
    + "it, where it is blue calm it. For another image it would look a little different.",
};

/** @param {Shown} shown */
const isNear = ({ side, layer, layers }) => layer === (side === "g" ? layers.length - 2 : 0);

/**
 * @param {(change: Partial<Choice>) => void} choose
 * @param {() => void} roll shows an example of dropout, or ends it
 */
export function createUnitsHead(choose, roll) {
  let image = 0;
  const sides = /** @type {const} */ (["d", "g"]).map((side) => button({ class: "lg-button lg-small lg-quiet",
    text: side === "d" ? "Discriminator looks for" : "Generator draws with", onclick: () => choose({ side }) }));
  const kinds = [true, false].map((real) => button({ class: "lg-button lg-small lg-quiet",
    text: real ? "a real image" : "a fake image", onclick: () => choose({ real }) }));
  /** @param {number} by */
  const step = (by) => choose({ image: (image + by + IMAGES) % IMAGES });
  const picture = h("canvas", { class: "lg-unit-picture", width: 28, height: 28, role: "img" });
  const output = h("span");
  const sentence = h("p", { class: "lg-muted" });
  const dead = h("p", { class: "lg-unit-note" });
  const refusal = h("p", { class: "lg-view-missing", hidden: true });
  const dropout = h("span");
  const example = button({ class: "lg-button lg-small", text: "Show an example", onclick: roll });
  const kind = h("span", { class: "lg-unit-kind" }, ...kinds);
  const layers = createLayers(choose);
  const pages = createPages(choose);
  return {
    el: h("div", {}, h("h2", { class: "lg-title", text: "The units, each as the image that it is" }),
      h("div", { class: "lg-unit-head" }, ...sides, layers.el), sentence,
      h("div", { class: "lg-unit-head" }, h("span", { text: "Now for" }), kind,
        h("span", { class: "lg-unit-kind" },
          button({ class: "lg-button lg-small", "aria-label": "Previous image", text: "‹", onclick: () => step(-1) }),
          picture,
          button({ class: "lg-button lg-small", "aria-label": "Next image", text: "›", onclick: () => step(1) })),
        output),
      pages.el, refusal),
    /** @param {string} sentence */
    refuse(sentence) {
      setText(refusal, sentence);
      refusal.hidden = !sentence;
    },
    foot: h("div", { class: "lg-unit-foot" }, dead, h("p", { class: "lg-unit-note" }, dropout, " ", example)),
    /** @param {Choice} now */
    mark(now) {
      image = now.image;
      sides.forEach((el, i) => setAttr(el, "aria-pressed", String(now.side === (i ? "g" : "d"))));
      kinds.forEach((el, i) => setAttr(el, "aria-pressed", String(now.real === !i)));
      kind.hidden = now.side === "g";
      if (now.layer === null) setTextWithTerms(sentence, NEAR[now.side]);
    },
    /**
     * @param {Shown} shown
     * @param {boolean[] | null} dropped
     */
    show(shown, dropped) {
      layers.show(shown);
      pages.show(shown);
      setTextWithTerms(sentence, (isNear(shown) ? NEAR : FAR)[shown.side]);
      paintGreys(picture, shown.picture);
      setAttr(picture, "aria-label", `Image ${shown.image + 1} of ${IMAGES}`);
      setText(output, outputInWords(shown));
      setText(dead, deadInWords(shown));
      setTextWithTerms(dropout, dropoutInWords(shown, dropped));
      example.hidden = shown.dropout === 0;
      setText(example, dropped ? "Show all units" : "Show an example");
    },
  };
}

/**
 * The choice of a hidden layer, of a network that has several.
 * @param {(change: Partial<Choice>) => void} choose
 */
function createLayers(choose) {
  const el = h("span", { class: "lg-unit-kind", role: "group", "aria-label": "Hidden layer", hidden: true });
  /** @type {HTMLElement[]} */
  let buttons = [];
  return {
    el,
    /** @param {Shown} shown */
    show({ layers, layer }) {
      const hidden = layers.length - 1;
      el.hidden = hidden < 2;
      if (buttons.length !== hidden) {
        buttons = Array.from({ length: hidden }, (_, i) => button({ class: "lg-button lg-small lg-quiet",
          text: `${i + 1}`, "aria-label": `Hidden layer ${i + 1}`, onclick: () => choose({ layer: i }) }));
        el.replaceChildren(h("span", { text: "in hidden layer" }), ...buttons);
      }
      buttons.forEach((each, i) => setAttr(each, "aria-pressed", String(i === layer)));
    },
  };
}

/**
 * Turns the pages of a layer that has more units than are shown at a time.
 * @param {(change: Partial<Choice>) => void} choose
 */
function createPages(choose) {
  let first = 0;
  const before = button({ class: "lg-button lg-small", "aria-label": "Units before", text: "‹",
    onclick: () => choose({ first: first - PAGE }) });
  const after = button({ class: "lg-button lg-small", "aria-label": "Units after", text: "›",
    onclick: () => choose({ first: first + PAGE }) });
  const text = h("span");
  const el = h("div", { class: "lg-unit-head", hidden: true }, before, text, after);
  return {
    el,
    /** @param {Shown} shown */
    show({ shown: { width }, first: now }) {
      first = now;
      el.hidden = width <= PAGE;
      setText(text, `Units ${count(first + 1)} to ${count(Math.min(width, first + PAGE))} of ${count(width)}`);
      before.disabled = first === 0;
      after.disabled = first + PAGE >= width;
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

/** @param {Shown} shown */
function deadInWords({ layers, active, tried }) {
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
function dropoutInWords({ dropout, shown: { width } }, dropped) {
  if (!dropout) return "No {dropout|dropout} in this network: all units always take part.";
  if (dropped) {
    const off = dropped.filter(Boolean).length;
    return `An example: ${count(off)} of ${count(width)} units are switched off (dark). In training each image `
      + "gets a draw of its own.";
  }
  return `While it trains, {dropout|dropout} switches off about ${count(dropout * width)} of these ${count(width)} `
    + "units, others for every image. Here none is off.";
}
