/** Both networks drawn to scale: a layer is as tall as it has units, and the wedges between them are the weights. */

import { h } from "../../../shared/dom.js";
import { count } from "../../../shared/format.js";
import { withTerms } from "../../../shared/terms.js";
import { PIXELS } from "./pixels.js";
import { svg } from "../../../shared/svg.js";

/**
 * @typedef {object} LayerShape a linear layer (gan/views/architecture.py)
 * @property {number} inputs
 * @property {number} outputs
 * @property {number} parameters
 * @property {boolean} normalised
 */

const WIDTH = 360;
const HEIGHT = 200;
const TALLEST = 140; // of a layer, in the drawing's units
const MIDDLE = 82;
const BAR = 9; // width of a layer
const MARGIN = 34;

/**
 * Where the layers of a network stand, as tall as they are wide in truth.
 * @param {LayerShape[]} layers
 * @param {number} widest units of the widest layer of both networks
 * @returns {{ x: number, height: number, units: number }[]} the input first
 */
export function placed(layers, widest) {
  const units = [layers[0].inputs, ...layers.map((layer) => layer.outputs)];
  const step = (WIDTH - 2 * MARGIN) / layers.length;
  return units.map((n, i) => ({ x: MARGIN + i * step, height: Math.max(2, (TALLEST * n) / widest), units: n }));
}

/**
 * How many numbers some layers learn.
 * @param {LayerShape[]} layers
 */
export const parametersOf = (layers) => layers.reduce((sum, layer) => sum + layer.parameters, 0);

/**
 * What is counted at a place of a network.
 * @param {"g" | "d"} side
 * @param {number} i
 * @param {number} last
 * @param {number} units
 */
function unitName(side, i, last, units) {
  if (i === 0) return side === "g" ? "numbers" : units > PIXELS ? "pixels, digit" : "pixels";
  if (i === last) return side === "g" ? "pixels" : "output";
  return "units";
}

/**
 * @param {"g" | "d"} side
 * @param {LayerShape[]} layers
 * @param {number} widest
 */
function drawing(side, layers, widest) {
  const places = placed(layers, widest);
  const total = parametersOf(layers);
  const name = side === "g" ? "Generator" : "Discriminator";
  const label = `${name}: ${places.map((place) => count(place.units)).join(" to ")} units, ${count(total)} parameters`;
  const picture = svg("svg", { class: `lg-network-drawing lg-tone-${side}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img", "aria-label": label });
  layers.forEach((layer, i) => {
    const [a, b] = [places[i], places[i + 1]];
    picture.append(
      svg("path", { class: "lg-network-weights", d: `M${a.x} ${MIDDLE - a.height / 2}L${b.x} ${MIDDLE - b.height / 2}`
        + `V${MIDDLE + b.height / 2}L${a.x} ${MIDDLE + a.height / 2}Z` }),
      svg("text", { x: (a.x + b.x) / 2, y: HEIGHT - 8, class: "lg-network-text" }, count(layer.parameters)));
  });
  places.forEach(({ x, height, units }, i) => picture.append(
    svg("rect", { class: "lg-network-layer", x: x - BAR / 2, y: MIDDLE - height / 2, width: BAR, height, rx: 1.5 }),
    svg("text", { x, y: HEIGHT - 34, class: "lg-network-count" }, count(units)),
    svg("text", { x, y: HEIGHT - 22, class: "lg-network-text" }, unitName(side, i, layers.length, units))));
  return h("figure", { class: "lg-network" },
    h("figcaption", {}, h("b", { class: `lg-ink-${side}`, text: name }), ` ${count(total)} parameters`
      + (layers.some((layer) => layer.normalised) ? ", normalised by batch" : "")), picture);
}

export function createNetworks() {
  const figures = h("div", { class: "lg-networks" });
  let drawn = "";
  return {
    el: h("section", { class: "lg-card", "aria-label": "The networks" },
      h("h2", { class: "lg-title", text: "The networks, to scale" }),
      h("p", { class: "lg-muted" }, ...withTerms("Each bar is a layer, as tall as it has {unit|units}. Every unit is "
        + "linked with every unit of the next layer; the numbers below the links count the parameters, which are "
        + "learned: the {weight|weights}, and a bias for each unit.")),
      figures),
    /** @param {Record<"g" | "d", LayerShape[]>} layers */
    show(layers) {
      const key = JSON.stringify(layers);
      if (key === drawn) return;
      drawn = key;
      const widest = Math.max(...[...layers.g, ...layers.d].flatMap((layer) => [layer.inputs, layer.outputs]));
      figures.replaceChildren(drawing("g", layers.g, widest), drawing("d", layers.d, widest));
    },
  };
}
