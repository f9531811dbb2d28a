/** How the discriminator sees real and generated images: histograms of its output, over one another. */

/** @import { Theme } from "../../../shared/theme.js" */
/** @import { ViewContext } from "../context.js" */
/** @import { Figures } from "../feed.js" */
/** @import { Range } from "./histogram.js" */

import { h, setAttr, setText } from "../../../shared/dom.js";
import { value } from "../../../shared/format.js";
import { contextOf } from "../../images/canvas.js";
import { setTextWithTerms, withTerms } from "../../../shared/terms.js";
import { sharpCanvas } from "./canvas.js";
import { following, percent, rangeOf, shares } from "./histogram.js";

const BINS = 48;
const FOOT = 22; // px below the hills
const CHANCES = [0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999];
const NEAR_HALF = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98];
const NARROW = 4; // logits
const TICKS = 5;
const SENTENCE = "Its {logit|output} for 500 real and 500 generated images: the further to the right, the more real an "
  + "image looks to it. The gap between the two hills is the game: the discriminator pulls them apart, the generator "
  + "pushes its hill to the right.";
const NOTE = "{dropout|Dropout} is off here; the {accuracy|accuracies} in the chart above are taken with it.";
const RELATIVE = "With this {loss|loss} only differences of the output count; what is above 0 is called real by "
  + "convention.";
const AVERAGED = "Only the {ema|averaged generator} is kept; the discriminator played against the one that was "
  + "trained.";

/**
 * @typedef {{ probabilities: boolean, boundary: number, absolute: boolean }} Meaning of an output; `absolute`: the loss
 *   knows the boundary above which an image counts as real, and does not only compare
 * @typedef {object} Shares how many are judged rightly; whether there is dropout; whether the generated images are
 *   those of the averaged generator
 * @property {number} real_right
 * @property {number} generated_right
 * @property {number} [held_out_right]
 * @property {boolean} dropout
 * @property {boolean} averaged
 * @typedef {Meaning & Shares} OutputsHeader
 */

/** @param {ViewContext} context */
export function createOutputsCard(context) {
  const canvas = h("canvas", { class: "lg-outputs-plot", role: "img" });
  const when = h("span", { class: "lg-view-when" });
  const missing = h("p", { class: "lg-view-missing", hidden: true });
  const legend = createLegend();
  const note = h("p", { class: "lg-view-when" });
  const shown = h("div", {}, canvas, legend.el, note);
  const el = h("section", { class: "lg-card lg-outputs", "aria-label": "How the discriminator sees them" },
    h("div", { class: "lg-game-head" }, h("h3", { class: "lg-title", text: "How the discriminator sees them" }), when),
    h("p", { class: "lg-muted" }, ...withTerms(SENTENCE)),
    missing, shown);
  /** @type {Figures<OutputsHeader> | null} */
  let latest = null;
  /** @type {Range | null} */
  let range = null;
  const surface = sharpCanvas(canvas, draw);

  function draw() {
    const theme = context.theme();
    if (!latest || latest.header.missing || !theme) return;
    drawHills(contextOf(canvas), surface.size(), latest, /** @type {Range} */ (range), theme);
  }

  /** @param {Figures<OutputsHeader> | null} figures */
  function show(figures) {
    latest = figures;
    if (!figures) range = null;
    const reason = figures?.header.missing ?? "";
    missing.hidden = !reason;
    shown.hidden = !figures || Boolean(reason);
    setText(missing, reason);
    setText(when, figures && !reason ? context.when(figures.header) : "");
    if (!figures || reason) return;
    const { header, numbers } = figures;
    range = following(range, rangeOf([numbers.real, numbers.generated], header.absolute ? header.boundary : null));
    legend.show(header);
    setTextWithTerms(note, noteOn(header));
    setAttr(canvas, "aria-label", `Histograms of the discriminator's output. Of the real images ${
      percent(header.real_right)} are judged real, of the generated ones ${percent(1 - header.generated_right)}.`);
    draw();
  }

  context.follow("outputs", show).want("");
  return { el, update: draw, destroy: surface.destroy };
}

/** @param {OutputsHeader} header */
function noteOn({ averaged, absolute, dropout }) {
  if (averaged) return AVERAGED;
  return [absolute ? "" : RELATIVE, dropout ? NOTE : ""].filter(Boolean).join(" ");
}

/** Whose hill is whose, and what share of it the discriminator judges rightly. */
function createLegend() {
  const rows = /** @type {const} */ ([
    ["real_right", "Real images", "judged real"],
    ["generated_right", "Generated images", "judged generated"],
    ["held_out_right", "Real images it never learned from", "judged real"],
  ]).map(([name, label, verdict]) => {
    const share = h("b");
    const el = h("li", { "data-kind": name }, h("span", { text: `${label}: ` }), share, ` ${verdict}`);
    return { name, share, el };
  });
  return {
    el: h("ul", { class: "lg-outputs-legend" }, ...rows.map((row) => row.el)),
    /** @param {OutputsHeader} header */
    show(header) {
      for (const { name, share, el } of rows) {
        const right = header[name];
        el.hidden = right === undefined;
        setText(share, right === undefined ? "" : percent(right));
      }
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} draw
 * @param {[width: number, height: number]} size
 * @param {Figures<OutputsHeader>} figures
 * @param {Range} range
 * @param {Theme} theme
 */
function drawHills(draw, [width, height], { header, numbers }, range, theme) {
  const bottom = height - FOOT;
  const groups = /** @type {const} */ ([["real", theme.discriminator], ["generated", theme.generator]]);
  const hills = groups.map(([name, color]) => ({ color, bins: shares(numbers[name], range, BINS) }));
  const faint = numbers.held_out ? shares(numbers.held_out, range, BINS) : null;
  const top = Math.max(...hills.flatMap(({ bins }) => [...bins]), ...(faint ?? []));
  /** @param {number} x an output */
  const across = (x) => ((x - range[0]) / (range[1] - range[0])) * width;
  /** @param {Float64Array} bins */
  const outline = (bins) => {
    const path = new Path2D();
    path.moveTo(0, bottom);
    bins.forEach((share, i) => {
      const y = bottom - (share / top) * (bottom - 18);
      path.lineTo((i / BINS) * width, y);
      path.lineTo(((i + 1) / BINS) * width, y);
    });
    path.lineTo(width, bottom);
    return path;
  };

  draw.clearRect(0, 0, width, height);
  draw.fillStyle = theme.mix(0.05);
  draw.fillRect(Math.max(0, across(header.boundary)), 0, width, bottom);
  for (const { bins, color } of hills) {
    const path = outline(bins);
    draw.globalAlpha = 0.35;
    draw.fillStyle = color;
    draw.fill(path);
    draw.globalAlpha = 1;
    draw.strokeStyle = color;
    draw.lineWidth = 2;
    draw.stroke(path);
  }
  if (faint) {
    draw.strokeStyle = theme.mix(0.6);
    draw.lineWidth = 1.2;
    draw.setLineDash([4, 3]);
    draw.stroke(outline(faint));
    draw.setLineDash([]);
  }
  drawAxis(draw, { width, height, bottom }, { header, range, across, theme });
}

/**
 * @param {CanvasRenderingContext2D} draw
 * @param {{ width: number, height: number, bottom: number }} place
 * @param {{ header: Meaning, range: Range, across: (x: number) => number, theme: Theme }} what
 */
function drawAxis(draw, { width, height, bottom }, { header, range, across, theme }) {
  const middle = across(header.boundary);
  draw.strokeStyle = theme.mix(0.75);
  draw.lineWidth = 1.5;
  draw.setLineDash([5, 4]);
  draw.beginPath();
  draw.moveTo(middle, 0);
  draw.lineTo(middle, bottom);
  draw.stroke();
  draw.setLineDash([]);
  draw.fillStyle = theme.text;
  draw.font = `12px ${theme.font}`;
  draw.textBaseline = "top";
  for (const [text, align, x] of /** @type {const} */ ([["judged real →", "left", middle + 6],
    ["← judged generated", "right", middle - 6]])) {
    const room = middle < 0 || middle > width ? 0 : align === "left" ? width - middle : middle;
    draw.textAlign = align;
    if (room > draw.measureText(text).width + 12) draw.fillText(text, x, 2);
  }
  draw.fillStyle = theme.mix(0.75);
  draw.fillRect(0, bottom, width, 1);
  draw.textAlign = "center";
  let free = 0;
  for (const { at, text } of ticks(header, range)) {
    const x = across(at);
    const half = draw.measureText(text).width / 2;
    if (x - half < free || x + half > width) continue;
    draw.fillRect(x, bottom, 1, 4);
    draw.fillText(text, x, height - FOOT + 7);
    free = x + half + 10;
  }
}

/**
 * Where the axis has numbers: probabilities, or round scores.
 * @param {Meaning} meaning
 * @param {Range} range
 */
function ticks({ probabilities }, [low, high]) {
  if (probabilities) {
    const chances = high - low < NARROW ? NEAR_HALF : CHANCES;
    return chances.map((chance) => ({ at: Math.log(chance / (1 - chance)), text: `${value(100 * chance, 4)} %` }))
      .filter(({ at }) => at >= low && at <= high);
  }
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((each) => each * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step)
    .map((at) => ({ at, text: at < 0 ? `−${value(-at, 3)}` : value(at, 3) }));
}
