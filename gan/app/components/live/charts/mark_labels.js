/** What the knob changes of a run are called on the charts, and where their labels have room. */

/** @import { Mark } from "../../types.d.ts" */

import { anyValue, ratio } from "../../shared/format.js";

export const ROWS = 3; // of labels
export const ROW_HEIGHT = 19; // px
const MOST = 300; // labels

const RATES = ["lr_g", "lr_d"];

/** Names that are shorter than the settings' labels, where a label is too long for the chart. */
const SHORT = [["learning rate", "rate"], ["Generator", "Gen."], ["Discriminator", "Disc."]];

/** @param {Mark} mark */
const nameOf = (mark) => SHORT.reduce((name, [long, short]) => name.replace(long, short), mark.label);

/**
 * A batch in which only one network learned; it has no values.
 * @param {Mark} mark
 */
const isStep = (mark) => mark.before === null && mark.after === null;

/**
 * Marks of the same batch belong together, and so do steps of one kind that follow each other.
 * @param {Mark[]} marks by batch
 * @returns {Mark[][]}
 */
export function grouped(marks) {
  /** @type {Mark[][]} */
  const groups = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    if (group && belongs(mark, group)) group.push(mark);
    else groups.push([mark]);
  }
  return groups;
}

/**
 * @param {Mark} mark
 * @param {Mark[]} group
 */
function belongs(mark, group) {
  const last = group[group.length - 1];
  if (last.batch === mark.batch) return true;
  const follows = last.batch === mark.batch - 1;
  return follows && isStep(mark) && group.every((each) => isStep(each) && each.knob === mark.knob);
}

/**
 * Marks of one place as one label: "Gen. rate 0.0002 → 0.001", "Discriminator only × 3", "Dropout → 0.3, 2 more".
 * @param {Mark[]} marks
 */
export function labelOf(marks) {
  const [first] = marks;
  if (marks.every((mark) => isStep(mark) && mark.knob === first.knob)) {
    return first.label + (marks.length > 1 ? ` × ${marks.length}` : "");
  }
  if (marks.length === 1) return `${nameOf(first)} ${anyValue(first.before)} → ${anyValue(first.after)}`;
  const parts = partsOf(marks);
  return parts.length > 2 ? `${parts[0]}, ${parts.length - 1} more` : parts.join(", ");
}

/**
 * Both learning rates as one part: their ratio, or where it stays, what became of both.
 * @param {Mark} lrG
 * @param {Mark} lrD
 */
function bothRates(lrG, lrD) {
  const before = ratio(Number(lrG.before), Number(lrD.before));
  const after = ratio(Number(lrG.after), Number(lrD.after));
  if (before !== after) return `Gen. : Disc. rate → ${after}`;
  if (lrG.after === lrD.after) return `Both rates → ${anyValue(lrG.after)}`;
  return `Both rates × ${anyValue(Number((Number(lrG.after) / Number(lrG.before)).toPrecision(2)))}`;
}

/**
 * One part for each knob; both learning rates at once are one, which comes first.
 * @param {Mark[]} marks
 */
function partsOf(marks) {
  const [lrG, lrD] = RATES.map((knob) => marks.findLast((mark) => mark.knob === knob));
  const both = lrG && lrD ? [bothRates(lrG, lrD)] : [];
  const others = both.length ? marks.filter((mark) => !RATES.includes(mark.knob)) : marks;
  return [...both, ...others.map((mark) => (isStep(mark) ? mark.label : `${nameOf(mark)} → ${anyValue(mark.after)}`))];
}

/**
 * The same in full.
 * @param {Mark[]} marks
 */
export function sentenceOf(marks) {
  const steps = marks.filter(isStep);
  const turns = marks.filter((mark) => !isStep(mark));
  const changes = turns.map((mark) => `${mark.label}: ${anyValue(mark.before)} → ${anyValue(mark.after)}`);
  const by = [...new Set(marks.flatMap((mark) => mark.by ?? []))].join(", ");
  const parts = changes.length ? [`From batch ${turns[0].batch + 1} on. ${changes.join("; ")}`] : [];
  if (steps.length) {
    const [first, last] = [steps[0].batch + 1, steps[steps.length - 1].batch + 1];
    const words = [...new Set(steps.map((mark) => mark.label))].join(", ").toLowerCase();
    parts.push(`${first === last ? `Batch ${first}` : `Batches ${first} to ${last}`}: ${words}`);
  }
  return parts.join(". ") + (by && ` (${by})`);
}

/** @param {string} text */
const widthOf = (text) => 14 + text.length * 6.6;

/**
 * The labels of the changes that are in view.
 * @param {Mark[]} marks
 * @param {(batch: number) => number} toPixel
 * @param {{ left: number, right: number }} area
 */
export function labelsInView(marks, toPixel, area) {
  const seen = grouped(marks).filter(([mark]) => {
    const x = toPixel(mark.batch + 0.5);
    return x >= area.left - 0.5 && x <= area.right + 0.5;
  });
  return placed(seen.slice(-MOST), toPixel, area);
}

/**
 * How high labels are together, in pixels.
 * @param {{ row: number }[]} labels
 */
export const heightOf = (labels) => ROW_HEIGHT * Math.max(0, ...labels.map(({ row }) => (row < 0 ? ROWS : row + 1)));

/**
 * The newest get their label first; a label goes into the first row where it does not cover another.
 * @param {Mark[][]} groups by batch
 * @param {(batch: number) => number} toPixel
 * @param {{ left: number, right: number }} area
 * @returns {{ marks: Mark[], x: number, text: string, start: number, row: number }[]} newest first; `x` of the line,
 *   `start` of the label, which has no `row` (-1) where there is no room
 */
export function placed(groups, toPixel, { left, right }) {
  /** @type {[from: number, to: number][][]} */
  const rows = Array.from({ length: ROWS }, () => []);
  return [...groups].reverse().map((marks) => {
    const x = toPixel(marks[0].batch + 0.5);
    const text = labelOf(marks);
    const width = widthOf(text);
    const start = Math.max(left, Math.min(x + 3, right - width));
    const row = rows.findIndex((taken) => taken.every(([from, to]) => start + width < from || start > to));
    if (row >= 0) rows[row].push([start - 4, start + width + 4]);
    return { marks, x, text, start, row };
  });
}
