/** A small chart of how long z is along a way, straight and round, beside the lengths that random z have. */

import { h, setAttr, setText } from "../../shared/dom.js";
import { norm, row } from "../engine/latent.js";
import { lengths } from "../engine/latentPrior.js";

const SVG = "http://www.w3.org/2000/svg";
const FEW = 10; // latent numbers: below, lengths do not concentrate
const WIDTH = 200;
const HEIGHT = 56;

function shape(tag, attributes) {
  const el = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, value);
  return el;
}

export function createNormChart() {
  const band = shape("rect", { class: "lg-lengths-band", x: 0, width: WIDTH });
  const straight = shape("polyline", { class: "lg-lengths-linear" });
  const round = shape("polyline", { class: "lg-lengths-spherical" });
  const now = shape("line", { class: "lg-lengths-now", y1: 0, y2: HEIGHT });
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", class: "lg-lengths" });
  svg.append(band, straight, round, now);
  const why = h("p", { class: "lg-why" });
  const legend = h("figcaption", { class: "lg-muted", text: "Length of z along the way; the band is where random z are." });

  return {
    el: h("div", { class: "lg-lengths-row" }, why, h("figure", { class: "lg-lengths-box" }, svg, legend)),
    /**
     * @param {Float32Array} linear n points, flat
     * @param {Float32Array} spherical as many
     * @param {import("../engine/engine.js").Model} model
     */
    show(linear, spherical, n, model) {
      const d = model.latentDim;
      const { noise } = model.settings;
      const usual = lengths(noise, d);
      const lines = [linear, spherical].map((flat) => Array.from({ length: n }, (_, i) => norm(row(flat, i, d))));
      const top = Math.max(usual.mean + 3 * usual.spread, ...lines[0], ...lines[1]) * 1.05;
      const y = (length) => HEIGHT * (1 - length / top);
      const points = (line) => line.map((length, i) => `${(i / (n - 1)) * WIDTH},${y(length).toFixed(2)}`).join(" ");
      setAttr(band, "y", y(usual.mean + 2 * usual.spread));
      setAttr(band, "height", y(Math.max(0, usual.mean - 2 * usual.spread)) - y(usual.mean + 2 * usual.spread));
      setAttr(straight, "points", points(lines[0]));
      setAttr(round, "points", points(lines[1]));
      const [low, high] = lines.map((line) => Math.min(...line).toFixed(1));
      setAttr(svg, "aria-label", `Length of z: at least ${low} on the straight way, ${high} on the round one; `
        + `random z are about ${usual.mean.toFixed(1)} long.`);
      setText(why, d < FEW && noise === "normal"
        ? `With so few numbers random z have all lengths, and both ways do; with ${FEW} and more they differ.`
        : noise === "uniform"
        ? "Uniform noise fills a cube, and a straight line between two of its points stays inside; the round way may leave it."
        : `Random z all have nearly the same length, about ${usual.mean.toFixed(1)} here. The straight way cuts through the middle, `
          + `down to ${low}, where the generator has never been; the round one keeps the length.`);
    },
    at: (t) => {
      setAttr(now, "x1", t * WIDTH);
      setAttr(now, "x2", t * WIDTH);
    },
  };
}
