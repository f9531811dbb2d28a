/** The knob changes on the charts: a line where each took effect, with a label that stays legible. */

/** @import { Mark } from "../../types.d.ts" */
/** @import { Area } from "./batch_lines.js" */

import { h } from "../../shared/dom.js";
import { ROWS, ROW_HEIGHT, labelsInView, sentenceOf } from "./mark_labels.js";

/** @type {Record<string, string>} */
const TONE = { lr_g: "g", lr_d: "d", step_g: "g", step_d: "d" };

/** The overlay of one pair of charts. */
export function createMarks() {
  const el = h("div", { class: "lg-marks", role: "list", "aria-label": "Knob changes" });
  return {
    el,
    /**
     * @param {Mark[]} marks
     * @param {(batch: number) => number} toPixel
     * @param {Area} area
     */
    draw(marks, toPixel, area) {
      el.replaceChildren(...labelsInView(marks, toPixel, area).map((label) => item(label, area)).reverse());
    },
  };
}

/**
 * @param {ReturnType<typeof labelsInView>[number]} label
 * @param {Area} area
 */
function item({ marks, x, text, start, row }, { top, bottom }) {
  const knobs = [...new Set(marks.map((mark) => mark.knob))];
  const tone = knobs.length === 1 ? TONE[knobs[0]] : undefined;
  const sentence = sentenceOf(marks);
  const line = h("i", { style: `left:${x}px; top:${top}px; height:${bottom - top}px` });
  const chip = row < 0
    ? h("b", { class: "lg-mark-dot", style: `left:${x - 4}px; top:${top + ROWS * ROW_HEIGHT + 4}px` })
    : h("b", { class: "lg-mark-label", style: `left:${start}px; top:${top + 3 + row * ROW_HEIGHT}px`, text });
  return h("div", { class: `lg-mark ${tone ? `lg-tone-${tone}` : ""}`, role: "listitem", title: sentence,
    "data-batch": marks[0].batch, "data-knobs": knobs.join(" ") },
    line, chip, h("span", { class: "lg-sr", text: sentence }));
}
