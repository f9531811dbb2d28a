/** The knob changes on the charts: a line where each took effect, with a label that stays legible. */

import { anyValue, ratio } from "../../shared/format.js";
import { h } from "../../shared/dom.js";

const ROWS = 3;
const ROW_HEIGHT = 19;
const MOST_LINES = 300;
const TONE = { lr_g: "g", lr_d: "d", step_g: "g", step_d: "d" };

/** @typedef {{batch: number, knob: string, label: string, before: any, after: any}} Mark */

/** Names that are shorter than the settings' labels, where a label is too long for the chart. */
const SHORT = [["learning rate", "rate"], ["Generator", "Gen."], ["Discriminator", "Disc."]];
const nameOf = (mark) => SHORT.reduce((name, [long, short]) => name.replace(long, short), mark.label);

/** A batch in which only one network learned; it has no values. */
const isStep = (mark) => mark.before === null && mark.after === null;

/** Marks of one place as one label: "Gen. rate 0.0002 → 0.001", "Discriminator only", or "4 changes". */
function labelOf(marks) {
  const [first] = marks;
  if (marks.every((mark) => isStep(mark) && mark.knob === first.knob)) return first.label + (marks.length > 1 ? ` × ${marks.length}` : "");
  if (marks.length === 1) return `${nameOf(first)} ${anyValue(first.before)} → ${anyValue(first.after)}`;
  if (marks.length === 2 && marks.every((mark) => mark.knob.startsWith("lr_"))) return ratioLabel(marks);
  if (marks.length === 2) return marks.map((mark) => (isStep(mark) ? mark.label : `${nameOf(mark)} → ${anyValue(mark.after)}`)).join(", ");
  return `${marks.length} ${marks.some(isStep) ? "changes" : "knobs"}`;
}

/** Both learning rates at once: their ratio. */
function ratioLabel(marks) {
  const after = Object.fromEntries(marks.map((mark) => [mark.knob, mark.after]));
  return `Gen. : Disc. rate → ${ratio(after.lr_g, after.lr_d)}`;
}

/** The same in full. */
function sentenceOf(marks) {
  const steps = marks.filter(isStep);
  const turns = marks.filter((mark) => !isStep(mark));
  const changes = turns.map((mark) => `${mark.label}: ${anyValue(mark.before)} → ${anyValue(mark.after)}`);
  const parts = changes.length ? [`From batch ${turns[0].batch + 1} on. ${changes.join("; ")}`] : [];
  if (steps.length) {
    const [first, last] = [steps[0].batch + 1, steps.at(-1).batch + 1];
    const words = [...new Set(steps.map((mark) => mark.label))].join(", ").toLowerCase();
    parts.push(`${first === last ? `Batch ${first}` : `Batches ${first} to ${last}`}: ${words}`);
  }
  return parts.join(". ");
}

/** Marks of the same batch belong together, and so do steps of one kind that follow each other. */
function grouped(marks) {
  const groups = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    const goesOn = before?.batch === mark.batch - 1 && isStep(mark) && group.every((each) => isStep(each) && each.knob === mark.knob);
    if (before?.batch === mark.batch || goesOn) group.push(mark);
    else groups.push([mark]);
  }
  return groups;
}

/** The overlay of one pair of charts. */
export function createMarks() {
  const el = h("div", { class: "lg-marks", role: "list", "aria-label": "Knob changes" });
  let widths = new Map();

  function widthOf(text) {
    if (!widths.has(text)) widths.set(text, 14 + text.length * 6.6);
    return widths.get(text);
  }

  /** The newest get their label first; a label goes into the first row where it does not cover another. */
  function placed(groups, toPixel, left, right) {
    const rows = Array.from({ length: ROWS }, () => []);
    return groups.reverse().map((marks) => {
      const x = toPixel(marks[0].batch + 0.5);
      const text = labelOf(marks);
      const width = widthOf(text);
      const start = Math.max(left, Math.min(x + 3, right - width));
      const row = rows.findIndex((taken) => taken.every(([from, to]) => start + width < from || start > to));
      if (row >= 0) rows[row].push([start - 4, start + width + 4]);
      return { marks, x, text, start, row };
    });
  }

  return {
    el,
    /**
     * @param {Mark[]} marks
     * @param {(batch: number) => number} toPixel
     * @param {{left: number, right: number, top: number, bottom: number}} area of the charts, in pixels
     */
    draw(marks, toPixel, { left, right, top, bottom }) {
      const seen = grouped(marks).filter(([mark]) => {
        const x = toPixel(mark.batch + 0.5);
        return x >= left - 0.5 && x <= right + 0.5;
      });
      const items = placed(seen.slice(-MOST_LINES), toPixel, left, right).map(({ marks, x, text, start, row }) => {
        const knobs = [...new Set(marks.map((mark) => mark.knob))];
        const tone = knobs.length === 1 ? TONE[knobs[0]] ?? "" : "";
        const line = h("i", { style: `left:${x}px; top:${top}px; height:${bottom - top}px` });
        const chip = row < 0
          ? h("b", { class: "lg-mark-dot", style: `left:${x - 4}px; top:${top + ROWS * ROW_HEIGHT + 4}px` })
          : h("b", { class: "lg-mark-label", style: `left:${start}px; top:${top + 3 + row * ROW_HEIGHT}px`, text });
        return h("div", { class: `lg-mark ${tone ? `lg-tone-${tone}` : ""}`, role: "listitem", title: sentenceOf(marks),
          "data-batch": marks[0].batch, "data-knobs": knobs.join(" ") }, line, chip,
          h("span", { class: "lg-sr", text: sentenceOf(marks) }));
      });
      el.replaceChildren(...items.reverse());
    },
  };
}
