/** A small chart of a curve that a question is about: how it went, what was drawn, and how it really went on. */

/** @import { ClassAxes } from "../types.d.ts" */
/** @import { Point } from "./drawn_line.js" */

import { h } from "../shared/dom.js";
import { count, value } from "../shared/format.js";
import { pathOf } from "../shared/paths.js";
import { svg } from "../shared/svg.js";

const WIDTH = 340;
const HEIGHT = 220;
const MARGIN = { left: 40, right: 8, top: 8, bottom: 22 };

/** @param {ClassAxes} axes */
export function createCurveChart(axes) {
  const { from_batch: from, to_batch: to, low, high, before, label, title } = axes;
  const start = before.length ? before[0][0] : from;
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  /** @param {number} batch */
  const toX = (batch) => MARGIN.left + ((batch - start) / (to - start)) * inner.width;
  /** @param {number} height */
  const toY = (height) => MARGIN.top + (1 - (height - low) / (high - low)) * inner.height;
  const others = svg("g", { class: "lg-curve-others" });
  const mine = svg("path", { class: "lg-curve-mine" });
  const real = svg("path", { class: "lg-curve-real" });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lg-curve", role: "img",
    "aria-label": `${label} of ${title} from batch ${count(from)} to batch ${count(to)}` },
  svg("rect", { class: "lg-curve-room", x: toX(from), y: MARGIN.top, width: toX(to) - toX(from),
    height: inner.height }),
  ...[low, (low + high) / 2, high].flatMap((tick) => heightAt(tick, toY(tick))),
  ...[from, to].map((batch) => svg("text", { x: toX(batch), y: HEIGHT - 6,
    "text-anchor": batch === to ? "end" : batch === start ? "start" : "middle" }, count(batch))),
  svg("path", { class: "lg-curve-before", d: pathOf(before, toX, toY) }), others, mine, real);

  return {
    el: h("figure", { class: "lg-curve-box" },
      h("figcaption", { class: "lg-muted", text: `${label} of ${title}, by batches` }),
      /** @type {any} */ (picture)),
    picture,
    /**
     * Where in the chart's figures a place on the screen is.
     * @param {{ clientX: number, clientY: number }} at
     * @returns {Point}
     */
    pointAt({ clientX, clientY }) {
      const box = picture.getBoundingClientRect();
      const x = ((clientX - box.left) / box.width) * WIDTH;
      const y = ((clientY - box.top) / box.height) * HEIGHT;
      return [start + ((x - MARGIN.left) / inner.width) * (to - start),
        low + (1 - (y - MARGIN.top) / inner.height) * (high - low)];
    },
    /** @param {{ line: Point[], nearest: boolean }[]} lines */
    drawOthers(lines) {
      others.replaceChildren(...lines.map(({ line, nearest }) =>
        svg("path", { d: pathOf(line, toX, toY), ...(nearest ? { class: "lg-curve-nearest" } : {}) })));
    },
    /** @param {Point[]} line */
    drawMine: (line) => mine.setAttribute("d", pathOf(line, toX, toY)),
    /** @param {Point[]} line */
    drawReal: (line) => real.setAttribute("d", pathOf(line, toX, toY)),
  };
}

/**
 * A line across the chart and its figure.
 * @param {number} tick
 * @param {number} y
 */
const heightAt = (tick, y) => [
  svg("line", { class: "lg-curve-grid", x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y, y2: y }),
  svg("text", { x: MARGIN.left - 5, y: Math.min(HEIGHT - MARGIN.bottom, y + 4), "text-anchor": "end" },
    value(tick, 3)),
];
