/** What the discriminator's output means; that depends on the loss it was trained with. */

/** @import { Settings } from "../../types.d.ts" */

/**
 * @typedef {object} OutputMeaning
 * @property {"probability" | "label" | "score"} kind "probability": of "real", 0 to 1. "label": what it says where 1
 *   was asked for real images and 0 for fakes; may lie outside. "score": any number, higher is more real.
 * @property {string} title
 * @property {string} note one sentence for the user
 */

/** @type {Record<OutputMeaning["kind"], OutputMeaning>} */
const MEANINGS = {
  probability: {
    kind: "probability",
    title: "Probability of real",
    note: "How sure the discriminator is that this image came from the data set; 50 % means that it cannot tell.",
  },
  label: {
    kind: "label",
    title: "Closeness to real",
    note: "With the least-squares loss the discriminator answers 1 for real and 0 for fake; it is no probability.",
  },
  score: {
    kind: "score",
    title: "Score",
    note: "With this loss the discriminator's score has no scale: higher is more real, and only differences count.",
  },
};

/** @type {Partial<Record<Settings["loss"], OutputMeaning["kind"]>>} */
const KIND_OF_LOSS = { "least-squares": "label", wasserstein: "score", relativistic: "score" };

/**
 * @param {Settings["loss"]} loss the run's
 * @returns {OutputMeaning}
 */
export function outputMeaning(loss) {
  return MEANINGS[KIND_OF_LOSS[loss] ?? "probability"];
}

/**
 * The number for the user: a probability for a logit, else the output itself.
 * @param {OutputMeaning} meaning
 * @param {number} output
 */
export function outputValue(meaning, output) {
  return meaning.kind === "probability" ? 1 / (1 + Math.exp(-output)) : output;
}

/**
 * For the label of an image: "93 % real", "0.93", "−3.1".
 * @param {OutputMeaning} meaning
 * @param {number} x from `outputValue`
 */
export function outputText(meaning, x) {
  if (!Number.isFinite(x)) return "–";
  if (meaning.kind === "probability") return `${percent(x)} % real`;
  return x.toFixed(meaning.kind === "label" ? 2 : 1).replace("-", "−");
}

/**
 * Whole percents; near 0 and 100 one more digit, so that those two stand for what rounds to them even then.
 * @param {number} x
 */
function percent(x) {
  if (x > 0.99 && x < 0.9995) return (100 * x).toFixed(1);
  if (x < 0.01 && x > 0.0005) return (100 * x).toFixed(1);
  return Math.round(100 * x);
}

/**
 * How far a bar should be filled, 0 to 1; null where there is no such scale.
 * @param {OutputMeaning} meaning
 * @param {number} x from `outputValue`
 */
export function outputShare(meaning, x) {
  if (meaning.kind === "score" || !Number.isFinite(x)) return null;
  return Math.min(1, Math.max(0, x));
}
