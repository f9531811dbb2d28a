/** What a class has drawn of a run, as far as it is shown. */

/** @import { ClassAnswers, ClassQuestion } from "../../types.d.ts" */

import { onPart } from "../../shared/class_parts.js";

/**
 * @typedef {object} Drawn
 * @property {string} series
 * @property {number} start the batch at which the drawings begin
 * @property {number} end their last batch
 * @property {{ line: [number, number][], nearest: boolean }[]} lines
 */

/**
 * The curves to draw over a run's charts, or null.
 * @param {ClassQuestion | null} question
 * @param {ClassAnswers | null} answers
 * @param {string | undefined} run
 * @param {boolean} [ofFid] whether it is the chart of the FID, which has no others
 * @returns {Drawn | null}
 */
export function drawnOver(question, answers, run, ofFid = false) {
  const axes = question?.axes;
  if (!question?.shown || !axes || axes.run !== run || (axes.metric === "fid") !== ofFid) return null;
  if (answers?.id !== question.id) return null;
  const lines = answers.entries.map(({ value, nearest }) => ({ line: Array.isArray(value) ? value : [], nearest }));
  return { series: axes.metric, start: axes.from_batch, end: axes.to_batch, lines };
}

/** @param {boolean} ofFid for the chart of the FID */
export function createDrawnCurves(ofFid) {
  /** @type {ClassQuestion | null} */
  let question = null;
  /** @type {ClassAnswers | null} */
  let answers = null;
  let version = 0;
  /** @type {(() => void)[]} */
  const ends = [];
  return {
    /** @param {() => void} changed called with every change */
    watch(changed) {
      ends.push(onPart("question", (value) => {
        question = value;
        version += 1;
        changed();
      }), onPart("answers", (value) => {
        answers = value;
        version += 1;
        changed();
      }));
    },
    /** Grows with every change. */
    version: () => version,
    /** @param {string | undefined} run */
    of: (run) => drawnOver(question, answers, run, ofFid),
    end() {
      for (const end of ends) end();
    },
  };
}
