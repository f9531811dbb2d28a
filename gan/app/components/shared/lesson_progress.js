/** How far this browser's user is in each lesson; kept in its local storage. */

/**
 * @typedef {object} LessonProgress
 * @property {number} step the one on the card, from 0
 * @property {boolean} done the last step was left with "Finish"
 * @property {Record<number, number>} answers what was answered, by step
 * @property {Record<number, boolean[]>} reached which of its claims held when a step was reached, by step
 * @property {Record<number, string>} runs the names of the runs that steps have started
 */

const KEY = "livegan-lessons";
const LONGEST = 100_000; // characters that are read

/** @returns {LessonProgress} */
export const untouched = () => ({ step: 0, done: false, answers: {}, reached: {}, runs: {} });

/** @returns {Record<string, LessonProgress>} */
function kept() {
  try {
    const text = localStorage.getItem(KEY) ?? "{}";
    const found = text.length < LONGEST ? JSON.parse(text) : {};
    return typeof found === "object" && found && !Array.isArray(found) ? found : {};
  } catch { // somebody else has written it
    return {};
  }
}

/**
 * @param {string} lesson
 * @param {number} steps that it has
 * @returns {LessonProgress}
 */
export function progressOf(lesson, steps) {
  const all = kept();
  const found = { ...untouched(), ...(Object.hasOwn(all, lesson) ? all[lesson] : {}) };
  const parts = [found.answers, found.reached, found.runs];
  if (!Number.isInteger(found.step) || parts.some((part) => typeof part !== "object" || !part)) return untouched();
  return { ...found, step: Math.min(Math.max(found.step, 0), steps - 1) };
}

/**
 * @param {string} lesson
 * @param {LessonProgress} progress
 */
export function keepProgress(lesson, progress) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...kept(), [lesson]: progress }));
  } catch { // the storage is full or closed: the lesson goes on, but is not resumed after a reload
  }
}

/**
 * The run that a step looks at: the last that it or a step before it has started.
 * @param {LessonProgress} progress
 * @param {number} [step]
 * @returns {string | null}
 */
export function runOf({ runs, step: now }, step = now) {
  const started = Object.keys(runs).map(Number).filter((each) => each <= step);
  return started.length ? runs[Math.max(...started)] : null;
}
