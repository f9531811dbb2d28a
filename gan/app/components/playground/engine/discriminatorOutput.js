/** What the discriminator's output means; that depends on the loss it was trained with. */

/**
 * @typedef {object} Opinion
 * @property {"probability"|"label"|"score"} kind "probability": of "real", 0 to 1. "label": what it says where 1 was
 *   asked for real images and 0 for fakes; may lie outside. "score": any number, higher is more real.
 * @property {string} title
 * @property {string} note one sentence for the user
 */

/** @type {Record<Opinion["kind"], Opinion>} */
const OPINIONS = {
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
    title: "Critic's score",
    note: "With the Wasserstein loss the critic's score has no scale: higher is more real, and only differences count.",
  },
};

const KIND_OF_LOSS = { "least-squares": "label", wasserstein: "score" };

/**
 * @param {string} loss the run's `loss`
 * @returns {Opinion}
 */
export function outputMeaning(loss) {
  return OPINIONS[KIND_OF_LOSS[loss] ?? "probability"];
}

/**
 * The discriminator's output as an opinion: a probability for a logit, else the number itself.
 * @param {Opinion} opinion
 * @param {number} output
 */
export function outputValue(opinion, output) {
  return opinion.kind === "probability" ? 1 / (1 + Math.exp(-output)) : output;
}

/**
 * For the label of an image: "93 % real", "0.93", "−3.1".
 * @param {Opinion} opinion
 * @param {number} x
 */
export function outputText(opinion, x) {
  if (!Number.isFinite(x)) return "–";
  if (opinion.kind === "probability") return `${percent(x)} % real`;
  return x.toFixed(opinion.kind === "label" ? 2 : 1).replace("-", "−");
}

/** Whole percents; 0 and 100 only where nothing else is left to say. */
function percent(x) {
  if (x > 0.99 && x < 0.9995) return (100 * x).toFixed(1);
  if (x < 0.01 && x > 0.0005) return (100 * x).toFixed(1);
  return Math.round(100 * x);
}

/**
 * How far a bar should be filled, 0 to 1; null where there is no such scale.
 * @param {Opinion} opinion
 * @param {number} x
 */
export function outputShare(opinion, x) {
  if (opinion.kind === "score" || !Number.isFinite(x)) return null;
  return Math.min(1, Math.max(0, x));
}
