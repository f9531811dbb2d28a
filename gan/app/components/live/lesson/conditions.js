/** Whether a condition of a lesson holds for a run, as `gan/lessons/conditions.py` has it in Python. */

/** @import { LessonClause, Mark, Score, Snapshot } from "../../types.d.ts" */
/** @import { Series, SeriesName } from "../charts/series.js" */

import { SERIES } from "../charts/series.js";

/**
 * @typedef {{ run: Snapshot | null, series: Series, marks: Mark[], scores: Score[] }} Watched what is known of a run
 */

/** @type {Record<LessonClause["comparison"], (a: number, b: number) => boolean>} */
const COMPARISONS = {
  ">=": (a, b) => a >= b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, "<": (a, b) => a < b, "=": (a, b) => a === b,
};

/**
 * Whether all clauses hold.
 * @param {LessonClause[]} condition
 * @param {Watched} watched
 */
export const holds = (condition, watched) => condition.every((clause) => {
  const now = valueOf(clause, watched);
  return now !== null && COMPARISONS[clause.comparison](now, clause.value);
});

/**
 * The figure of a clause; null as long as it is not known.
 * @param {LessonClause} clause
 * @param {Watched} watched
 * @returns {number | null}
 */
export function valueOf({ figure, window }, { run, series, marks, scores }) {
  if (run === null) return null;
  if (isSeries(figure)) return average(series, figure, window);
  const changed = marks.filter((mark) => !mark.knob.startsWith("step_")).at(-1)?.batch ?? 0;
  const score = scores.at(-1);
  const { batch, epoch } = run;
  const progress = { batch, epoch, since_change: batch - changed, measured: score?.epoch ?? 0 };
  if (figure in progress) return progress[/** @type {keyof typeof progress} */ (figure)];
  if (figure in run.settings) return Number(run.settings[/** @type {keyof Snapshot["settings"]} */ (figure)]);
  return score === undefined ? null : scored(figure, score);
}

/**
 * @param {string} figure
 * @returns {figure is SeriesName}
 */
const isSeries = (figure) => SERIES.some((name) => name === figure);

/**
 * @param {string} figure
 * @param {Score} score
 */
function scored(figure, score) {
  if (figure === "missing") return score.missing.length;
  if (figure === "as_asked") return share(score.as_asked ?? []);
  return Number(score[/** @type {"fid"} */ (figure)]);
}

/** @param {(number | null)[]} perMille */
function share(perMille) {
  const asked = perMille.filter((each) => each !== null);
  return asked.length ? asked.reduce((sum, each) => sum + each, 0) / asked.length / 1000 : null;
}

/**
 * @param {Series} series
 * @param {SeriesName} name
 * @param {number} window
 */
function average(series, name, window) {
  return series.last() < window ? null : series.averages(window)[name].at(-1) ?? null;
}
