/** Which digit (or class) the images show, where the generator makes each image for one. */

import { LABELS, digitsOf, oneHot } from "../engine/labels.js";

/** @import { Settings } from "../../types.d.ts" */
/** @import { Model } from "../engine/engine.js" */
/** @import { Focus, PageState } from "../types.d.ts" */

/** @typedef {Record<Settings["dataset"], string[]>} ClassNames of each data set */

export const MOST_DIGITS = 60; // of a number that is written, or of a walk
export const EXAMPLE = "31415"; // of a number

/**
 * The chosen digit, if the model has learned it, else its first one; null: its images are not made for digits.
 * @param {Pick<PageState, "digit">} state
 * @param {Pick<Model, "labels">} model
 */
export function digitFor({ digit }, { labels }) {
  if (!labels) return null;
  return digit !== null && labels.includes(digit) ? digit : labels[0];
}

/**
 * The label that goes with the chosen digit.
 * @param {Pick<PageState, "digit">} state
 * @param {Pick<Model, "labels">} model
 */
export function labelFor(state, model) {
  const digit = digitFor(state, model);
  return digit === null ? null : oneHot(digit);
}

/**
 * What the model's ten labels are called.
 * @param {ClassNames} classNames
 * @param {Pick<Model, "settings">} model
 */
export const namesFor = (classNames, { settings }) => classNames[settings.dataset];

/**
 * "digit" where labels are called by their numbers, else "class".
 * @param {string[]} names
 */
export const wordFor = (names) => (names[0] === "0" ? "digit" : "class");

/**
 * The digits of a typed text, and one sentence on what was left out, or nothing.
 * @param {string} text
 */
export function readDigits(text) {
  const typed = [...text.normalize("NFKC").replace(/\s/g, "")];
  const digits = typed.filter((letter) => /^\d$/.test(letter)).join("");
  const others = [...new Set(typed.filter((letter) => !/^\d$/.test(letter)))];
  return { digits: digits.slice(0, MOST_DIGITS), problem: problemOf(others, digits.length) };
}

/**
 * @param {string[]} others what is no digit
 * @param {number} count of digits
 */
function problemOf(others, count) {
  const some = others.length > 3 ? `${others.slice(0, 3).join(" ")} …` : others.join(" ");
  if (others.length) return `Only the digits 0 to 9 can be written, so this was left out: ${some}`;
  return count > MOST_DIGITS ? `That is a long number: only its first ${MOST_DIGITS} digits are used.` : "";
}

/**
 * Those of some digits that the model has learned, and one sentence if these are not all of them.
 * @param {string} digits
 * @param {number[]} labels of the model
 */
export function learned(digits, labels) {
  const typed = [...digits].map(Number);
  const known = typed.filter((digit) => labels.includes(digit));
  const others = [...new Set(typed)].filter((digit) => !labels.includes(digit)).sort();
  const are = others.length > 1 ? "are" : "is";
  const said = `This run has learned only ${listed(labels)}, so ${listed(others)} ${are} left out.`;
  return { known, problem: others.length && labels.length < LABELS ? said : "" };
}

/**
 * "0", "0 and 8", "0, 3 and 8".
 * @param {number[]} digits
 */
const listed = (digits) => digits.join(", ").replace(/, (\d)$/, " and $1");

/**
 * An example of a number whose digits the model has learned.
 * @param {Pick<Model, "labels">} model
 */
export function exampleFor({ labels }) {
  const all = labels ?? [];
  return learned(EXAMPLE, all).known.length === EXAMPLE.length ? EXAMPLE : all.join("");
}

/**
 * The number that is written: what was typed, or an example until something is.
 * @param {Pick<PageState["number"], "digits">} number
 * @param {Pick<Model, "labels">} model
 */
export const numberFor = ({ digits }, model) => digits ?? exampleFor(model);

/**
 * The digits that a walk goes through: what was asked for if the model has learned two of it, else all of its own.
 * @param {Pick<PageState["walk"], "digits">} walk
 * @param {Pick<Model, "labels">} model
 */
export function digitsOnTheWay({ digits }, { labels }) {
  const { known } = learned(digits, labels ?? []);
  return known.length > 1 ? known : labels ?? [];
}

/**
 * The digit in focus becomes the chosen one.
 * @param {PageState} state
 * @param {Focus | null} focus
 */
export function keepDigit(state, focus) {
  if (focus?.label) [state.digit] = digitsOf(focus.label, 0, 1);
}
