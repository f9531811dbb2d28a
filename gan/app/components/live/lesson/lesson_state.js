/** How far a lesson is, given what is known of its run. */

/** @import { LessonCard, LessonStep } from "../../types.d.ts" */
/** @import { LessonProgress } from "../../shared/lesson_progress.js" */
/** @import { Watched } from "./conditions.js" */

import { runOf } from "../../shared/lesson_progress.js";
import { holds } from "./conditions.js";

/**
 * Whether nothing is left to do in a step.
 * @param {LessonStep} step
 * @param {LessonProgress} progress
 */
export function isOver(step, { step: at, reached, answers }) {
  const seen = step.reached.length ? reached[at] !== undefined : true;
  return seen && (!step.question || answers[at] !== undefined);
}

/**
 * A step has started a run: what was reached from there on counts no more.
 * @param {LessonProgress} progress
 * @param {number} at
 * @param {string} run
 * @returns {LessonProgress}
 */
export function restarted(progress, at, run) {
  if (progress.runs[at] === run) return progress;
  const earlier = Object.entries(progress.reached).filter(([step]) => Number(step) < at);
  return { ...progress, reached: Object.fromEntries(earlier), runs: { ...progress.runs, [at]: run } };
}

/**
 * A class is led through the lesson with the teacher's run, which is then the lesson's on all pages.
 * @param {LessonProgress} progress
 * @param {LessonCard} lesson
 * @param {string} run
 * @returns {LessonProgress}
 */
export function ledWith(progress, { steps }, run) {
  const at = steps.findLastIndex((each, i) => each.starts && i <= progress.step);
  return at < 0 ? progress : restarted(progress, at, run);
}

/**
 * Whether the knobs of a run stand as a step turns them.
 * @param {LessonStep} step
 * @param {Watched | null} watched
 */
export function isTurned(step, watched) {
  if (!watched?.run) return false;
  const settings = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (watched.run.settings));
  return Object.entries(step.turn).every(([knob, value]) => settings[knob] === value);
}

/**
 * The progress once more is known of the run on the page: it may have reached the end of the step.
 * @param {LessonProgress} progress
 * @param {LessonCard} lesson
 * @param {Watched | null} watched
 * @returns {LessonProgress}
 */
export function judged(progress, { steps }, watched) {
  const at = progress.step;
  const step = steps[at];
  if (!step.reached.length || progress.reached[at] || watched?.run?.name !== runOf(progress)) return progress;
  if (!watched || (step.starts && progress.runs[at] === undefined)) return progress;
  if (!isTurned(step, watched) || !holds(step.reached, watched)) return progress;
  return { ...progress, reached: { ...progress.reached, [at]: step.shows.map((each) => holds(each.check, watched)) } };
}

/**
 * The lesson's runs that one on the page is to be compared with, or null.
 * @param {LessonProgress} progress
 * @param {LessonCard} lesson
 * @returns {string[] | null}
 */
export function compared({ step: now, runs }, { steps }) {
  return steps[now].compare ? Object.keys(runs).map(Number).filter((at) => at <= now).map((at) => runs[at]) : null;
}
