/** What a question and its answers are called in words. */

/** @import { ClassAnswers, ClassQuestion } from "../types.d.ts" */

import { count, value } from "../shared/format.js";

/**
 * The time that is left, in words that change no more often than they must: "1:05", "42 s".
 * @param {number} seconds
 */
export function timeLeft(seconds) {
  const s = Math.ceil(Math.max(0, seconds));
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** @param {number} n */
export const answersInWords = (n) => (n === 1 ? "1 answer" : `${count(n)} answers`);

/**
 * What is right, in a sentence; "" as long as it is not told.
 * @param {ClassQuestion} question
 */
export function rightInWords({ kind, told, right, choices }) {
  if (!told || right === null) return "";
  if (kind === "choice") return `Right: ${choices[Number(right)]}`;
  return kind === "number" ? `Right: ${value(Number(right))}` : "The thick solid line is how it really went.";
}

/**
 * What one has answered oneself, once all answers are shown.
 * @param {Pick<ClassQuestion, "kind" | "choices">} question
 * @param {number | unknown[] | null} mine
 * @param {ClassAnswers | null} [answers]
 */
export function ownInWords({ kind, choices }, mine, answers = null) {
  if (mine === null) return "You have not answered.";
  if (kind === "curve") return isNearest(mine, answers) ? "Yours is the nearest!" : "Yours: the purple dashed line";
  return `You answered: ${kind === "choice" ? choices[Number(mine)] : value(Number(mine))}`;
}

/**
 * Whether one's own drawing is among the nearest.
 * @param {number | unknown[] | null} mine
 * @param {ClassAnswers | null} answers
 */
export const isNearest = (mine, answers) =>
  answers?.entries.some(({ value: line, nearest }) => nearest && String(line) === String(mine)) ?? false;

/**
 * Who was nearest, in a sentence; "" if nobody was or no name is told.
 * @param {ClassQuestion} question
 * @param {ClassAnswers} answers
 */
export function nearestInWords({ kind, told }, { entries }) {
  if (!told || kind === "choice") return "";
  const best = entries.filter((entry) => entry.nearest);
  const named = best.flatMap((entry) => entry.name ?? []);
  const what = kind === "number" && best.length ? `: ${value(Number(best[0].value))}` : "";
  if (!best.length) return "";
  return named.length ? `Nearest${what} (${named.join(", ")})` : `Nearest${what || " drawing: the green dashed line"}`;
}

/**
 * Numbers in bars of equal width, few enough to be told apart; one bar if all are the same.
 * @param {number[]} values rising
 * @param {number} [most]
 * @returns {{ from: number, to: number, count: number }[]}
 */
export function bins(values, most = 8) {
  if (!values.length) return [];
  const [low, high] = [values[0], values[values.length - 1]];
  if (low === high) return [{ from: low, to: high, count: values.length }];
  const width = stepOf((high - low) / most);
  const first = Math.floor(low / width);
  const found = Array.from({ length: Math.floor(high / width) - first + 1 }, (_, i) =>
    ({ from: (first + i) * width, to: (first + i + 1) * width, count: 0 }));
  for (const one of values) found[Math.floor(one / width) - first].count += 1;
  return found;
}

/**
 * The next round number: 1, 2 or 5 with zeros.
 * @param {number} rough
 */
function stepOf(rough) {
  const decade = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((m) => m * decade >= rough) ?? 10) * decade;
}
