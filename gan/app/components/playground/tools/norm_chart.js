/** A small chart of how long z is along a path, straight and round, and of the lengths that random z have. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { randomNorm } from "../engine/latent_prior.js";
import { norm, row } from "../engine/vectors.js";

/** @import { Model } from "../engine/engine.js" */

const SVG = "http://www.w3.org/2000/svg";
const FEW = 10; // latent numbers: below, lengths do not concentrate
const WIDTH = 200;
const HEIGHT = 56;

/**
 * @param {"svg" | "rect" | "polyline" | "line"} tag
 * @param {Record<string, string | number>} attributes
 */
function shape(tag, attributes) {
  const el = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, String(value));
  return el;
}

export function createNormChart() {
  const band = shape("rect", { class: "lg-norms-band", x: 0, width: WIDTH });
  const straight = shape("polyline", { class: "lg-norms-linear" });
  const round = shape("polyline", { class: "lg-norms-spherical" });
  const now = shape("line", { class: "lg-norms-now", y1: 0, y2: HEIGHT });
  const svg = shape("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", class: "lg-norms",
  });
  svg.append(band, straight, round, now);
  const why = h("p", { class: "lg-why" });
  const legend = "Length of z along the way; the band is where random z are.";
  const figure = h("figure", { class: "lg-norms-box" }, svg, h("figcaption", { class: "lg-muted", text: legend }));

  return {
    el: h("div", { class: "lg-norms-row" }, why, figure),
    /**
     * @param {Float32Array} linear n points, flat
     * @param {Float32Array} spherical as many
     * @param {number} n
     * @param {Model} model
     */
    show(linear, spherical, n, model) {
      const { mean, spread } = randomNorm(model.settings.noise, model.latentDim);
      const lines = [linear, spherical].map((flat) => norms(flat, n, model.latentDim));
      const [lowLinear, lowSpherical] = lines.map((line) => Math.min(...line).toFixed(1));
      const top = Math.max(mean + 3 * spread, ...lines[0], ...lines[1]) * 1.05;
      const y = (/** @type {number} */ length) => HEIGHT * (1 - length / top);
      setAttr(band, "y", y(mean + 2 * spread));
      setAttr(band, "height", y(Math.max(0, mean - 2 * spread)) - y(mean + 2 * spread));
      setAttr(straight, "points", pointsOf(lines[0], y));
      setAttr(round, "points", pointsOf(lines[1], y));
      setAttr(svg, "aria-label", `Length of z: at least ${lowLinear} on the straight way, ${lowSpherical} on the round `
        + `one; random z are about ${mean.toFixed(1)} long.`);
      setText(why, explanation(model, mean, lowLinear));
    },
    /** @param {number} t from 0 to 1 */
    at: (t) => {
      setAttr(now, "x1", t * WIDTH);
      setAttr(now, "x2", t * WIDTH);
    },
  };
}

/**
 * @param {Float32Array} flat
 * @param {number} n
 * @param {number} d
 */
const norms = (flat, n, d) => Array.from({ length: n }, (_, i) => norm(row(flat, i, d)));

/**
 * @param {number[]} line
 * @param {(length: number) => number} y
 */
function pointsOf(line, y) {
  return line.map((length, i) => `${(i / (line.length - 1)) * WIDTH},${y(length).toFixed(2)}`).join(" ");
}

/**
 * @param {Model} model
 * @param {number} mean length of random z
 * @param {string} low the shortest z on the straight line
 */
function explanation({ latentDim, settings: { noise } }, mean, low) {
  if (latentDim < FEW && noise === "normal") {
    return `With so few numbers random z have all lengths, and both ways do; with ${FEW} and more they differ.`;
  }
  if (noise === "uniform") {
    return "Uniform noise fills a cube, and a straight line between two of its points stays inside; "
      + "the round way may leave it.";
  }
  return `Random z all have nearly the same length, about ${mean.toFixed(1)} here. The straight way cuts through the `
    + `middle, down to ${low}, where the generator has never been; the round one keeps the length.`;
}
