/** Lines over batches on a logarithmic scale, drawn to the pixel. */

import { h, setAttr } from "../../../shared/dom.js";
import { count, value } from "../../../shared/format.js";
import { svg } from "../../../shared/svg.js";

/**
 * @typedef {{ x: number, y: number | null }} Point
 * @typedef {{ name: string, tone: "g" | "d" | "", dash: string, points: Point[] }} Line
 */

const HEIGHT = 190;
const LEFT = 46;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 22;

/**
 * The powers of ten around some numbers: at least one decade.
 * @param {number[]} values above 0
 * @returns {[low: number, high: number]} exponents
 */
export function decades(values) {
  const exponents = values.map(Math.log10).filter(Number.isFinite);
  if (!exponents.length) return [-4, 0];
  const low = Math.floor(Math.min(...exponents));
  return [low, Math.max(low + 1, Math.ceil(Math.max(...exponents)))];
}

/**
 * Where a point lies in a chart of this size.
 * @param {[number, number]} xs the batches at its ends
 * @param {[number, number]} exponents
 * @param {number} width
 */
export function scaleOf([first, last], [low, high], width) {
  const span = last - first;
  return {
    /** @param {number} x */
    x: (x) => LEFT + (span ? (x - first) / span : 0.5) * (width - LEFT - RIGHT),
    /** @param {number} y above 0 */
    y: (y) => TOP + ((high - Math.log10(y)) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
}

/** @param {number} exponent */
const power = (exponent) => (exponent >= -4 && exponent <= 3 ? value(10 ** exponent) : `1e${exponent}`);

/**
 * @param {string} title
 * @param {string} meaning one sentence
 * @param {{ value: number, text: string } | null} guide a line to compare with
 */
export function createLogChart(title, meaning, guide) {
  const picture = svg("svg", { class: "lg-log-chart", height: HEIGHT, role: "img" });
  const legend = h("div", { class: "lg-log-legend" });
  const box = h("div", { class: "lg-log-box" }, picture);
  /** @type {Line[]} */
  let shown = [];
  const resized = new ResizeObserver(() => draw());
  resized.observe(box);

  function draw() {
    const width = box.clientWidth;
    const points = shown.flatMap((line) => line.points);
    const values = points.flatMap(({ y }) => (y !== null && y > 0 ? [y] : []));
    if (!width) return;
    const xs = points.map((point) => point.x);
    const exponents = decades(guide && values.length ? [...values, guide.value] : values);
    const ends = /** @type {[number, number]} */ (xs.length ? [Math.min(...xs), Math.max(...xs)] : [0, 1]);
    const scale = scaleOf(ends, exponents, width);
    setAttr(picture, "viewBox", `0 0 ${width} ${HEIGHT}`);
    picture.replaceChildren(...grid(exponents, scale, width), ...ticks(ends, scale),
      ...(guide ? guideLine(guide, scale, width) : []), ...shown.flatMap((line) => lineOf(line, scale)));
  }

  return {
    el: h("figure", { class: "lg-log" },
      h("figcaption", {}, h("b", { text: title }), h("span", { class: "lg-muted", text: ` ${meaning}` })), box, legend),
    /** @param {Line[]} lines */
    show(lines) {
      shown = lines;
      draw();
      setAttr(picture, "aria-label", `${title}: ${lines.map(inWords).join(", ")}.`);
      legend.replaceChildren(...lines.map((line) => h("span", { class: line.tone ? `lg-tone-${line.tone}` : "" },
        svg("svg", { class: "lg-log-key", viewBox: "0 0 22 6", "aria-hidden": "true" },
          svg("path", { d: "M0 3H22", class: "lg-log-line", "stroke-dasharray": line.dash })), inWords(line))));
    },
    destroy: () => resized.disconnect(),
  };
}

/** @param {Line} line */
function inWords({ name, points }) {
  const last = points[points.length - 1]?.y;
  return `${name} ${last === null || last === undefined ? "–" : shortly(last)}`;
}

/** @param {number} y */
export const shortly = (y) => (y !== 0 && Math.abs(y) < 1e-4 ? y.toExponential(1) : y.toPrecision(2));

/**
 * @param {[number, number]} exponents
 * @param {ReturnType<typeof scaleOf>} scale
 * @param {number} width
 */
function grid([low, high], scale, width) {
  const every = Math.ceil((high - low) / 6);
  const lines = [];
  for (let exponent = low; exponent <= high; exponent += every) {
    const y = scale.y(10 ** exponent);
    lines.push(svg("path", { class: "lg-log-grid", d: `M${LEFT} ${y}H${width - RIGHT}` }),
      svg("text", { class: "lg-log-text", x: LEFT - 6, y: y + 4, "text-anchor": "end" }, power(exponent)));
  }
  return lines;
}

/**
 * @param {[number, number]} ends
 * @param {ReturnType<typeof scaleOf>} scale
 */
function ticks([first, last], scale) {
  const y = HEIGHT - 6;
  const alone = first === last;
  const anchor = alone ? "middle" : "end";
  const end = svg("text", { class: "lg-log-text", x: scale.x(last), y, "text-anchor": anchor }, `batch ${count(last)}`);
  if (alone) return [end];
  return [svg("text", { class: "lg-log-text", x: LEFT, y }, count(first)), end];
}

/**
 * @param {{ value: number, text: string }} guide
 * @param {ReturnType<typeof scaleOf>} scale
 * @param {number} width
 */
function guideLine({ value, text }, scale, width) {
  const y = scale.y(value);
  return [svg("path", { class: "lg-log-guide", d: `M${LEFT} ${y}H${width - RIGHT}` }),
    svg("text", { class: "lg-log-text", x: width - RIGHT - 4, y: y - 5, "text-anchor": "end" }, text)];
}

/**
 * A line, or a dot where there is one point alone.
 * @param {Line} line
 * @param {ReturnType<typeof scaleOf>} scale
 */
function lineOf({ tone, dash, points }, scale) {
  const there = points.filter(({ y }) => y !== null && y > 0);
  if (!there.length) return [];
  const places = there.map(({ x, y }) => `${scale.x(x).toFixed(1)} ${scale.y(/** @type {number} */ (y)).toFixed(1)}`);
  const toned = tone ? `lg-tone-${tone}` : "";
  const [x, y] = places[places.length - 1].split(" ");
  return [svg("path", { class: `lg-log-line ${toned}`, d: `M${places.join("L")}`, "stroke-dasharray": dash }),
    svg("circle", { class: `lg-log-dot ${toned}`, cx: x, cy: y, r: 2.5 })];
}
