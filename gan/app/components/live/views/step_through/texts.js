/** What each stage is called, and what happens in it, in a sentence or two. */

/** @import { Settings, Stage, StageFigures, TracedBatch } from "../../../types.d.ts" */

import { count } from "../../../shared/format.js";

/** @typedef {{ title: string, sentence: string }} Words */

/**
 * @param {number} dropped
 * @param {string} whose
 */
const dropout = (dropped, whose) =>
  (dropped ? ` {dropout|Dropout} switches off ${Math.round(100 * dropped)} % of ${whose} hidden {unit|units}, others `
    + "each time." : "");

/**
 * The logit above which an image counts as real; null: only the difference of logits counts.
 * @param {Settings["loss"]} loss
 */
const boundaryOf = (loss) =>
  (loss === "wasserstein" || loss === "relativistic" ? null : loss === "least-squares" ? 0.5 : 0);

/** What the discriminator is after. @type {Record<string, string>} */
const AIMS = {
  "least-squares": "the logits of real images are close to 1 and those of fake ones close to 0",
  relativistic: "each real image got a higher logit than the fake one in its place",
  other: "real images got high logits and fake ones low logits",
};

/**
 * @type {{ [Name in Stage["name"]]: (trace: TracedBatch, shown: StageFigures[Name]) => Words }}
 */
const WORDS = {
  inputs: (_, { real_shape: [n], z_shape: [, latent], labels }) => ({
    title: "Real images and noise",
    sentence: `A {batch|batch} begins with ${count(n)} real images from the data, and with {noise|noise}: for each `
      + `image to be made, ${count(latent)} random `
      + `numbers.${labels ? " Both networks are told the digit below each image." : ""}`,
  }),
  extra_d: (_, { losses }) => ({
    title: "The discriminator practises first",
    sentence: `“Discriminator steps” is ${losses.length + 1}: before the stages that follow it goes through the same `
      + `${losses.length === 1 ? "once" : `${losses.length} times`}, with other fake images.`,
  }),
  fakes: ({ settings }) => ({
    title: "Fake images",
    sentence: "The {generator|generator} turns each row of noise into one image; it never sees a real one."
      + dropout(settings.dropout_in === "both" ? settings.dropout : 0, "its"),
  }),
  d_logits: ({ settings }) => ({
    title: "The discriminator looks at both",
    sentence: "It gives every image one number, the {logit|logit}: the higher, the more real the image looks to it"
      + `${boundaryOf(settings.loss) === null ? "" : `; above ${boundaryOf(settings.loss)} it says “real”`}.`
      + dropout(settings.dropout, "its"),
  }),
  d_loss: ({ settings }) => ({
    title: "The discriminator's loss",
    sentence: "The {loss|loss} turns its mistakes into one number. Low means that "
      + `${AIMS[settings.loss] ?? AIMS.other}.`,
  }),
  d_rests: () => ({
    title: "The discriminator rests",
    sentence: "Only the generator learns from this batch: the discriminator's loss is noted, and it stays as it is.",
  }),
  d_gradients: () => ({
    title: "The discriminator's gradients",
    sentence: "Backpropagation works out for each {weight|weight} which way, and how strongly, it would raise the "
      + "loss: its {gradient|gradient}.",
  }),
  d_penalty: (_, { r1, r2 }) => ({
    title: "A penalty for steepness",
    sentence: `${[r1 ? "{r1|R1} (on real images)" : "", r2 ? "R2 (on fake ones)" : ""].filter(Boolean).join(" and ")} `
      + "has gradients of its own, to which those of the loss are added: they hold the logits back from changing "
      + "steeply near the images, which calms the game. The chart shows the loss without it.",
  }),
  d_gradient_penalty: () => ({
    title: "The gradient penalty",
    sentence: "Each fake image is mixed with a real one, and the critic looks at the mixture. The penalty is 0 where "
      + "its score changes with the pixels exactly as steeply as 1; this keeps the critic tame, so its weights need no "
      + "clipping. The chart shows the loss without it.",
  }),
  d_update: ({ settings }) => ({
    title: "The discriminator learns",
    sentence: `Its optimiser (${optimiser(settings.optimizer_d)}) moves every weight a little, so that the loss falls. `
      + "The generator stays as it was.",
  }),
  d_clip: (_, { clip }) => ({
    title: "Its weights are clipped",
    sentence: `The {wasserstein|Wasserstein loss} needs a tame critic: every weight is cut off at −${clip} and `
      + `+${clip}.`,
  }),
  g_logits: ({ settings }) => ({
    title: "The fake images are judged again",
    sentence: "The same fake images, but the discriminator has just learned."
      + (settings.dropout ? " It also drops other hidden units now, so part of the change is chance." : ""),
  }),
  g_loss: () => ({
    title: "The generator's loss",
    sentence: "The generator wants the opposite: its loss is low if its fakes get high logits. Where the curve is flat "
      + "at the dots, it learns almost nothing.",
  }),
  g_rests: () => ({
    title: "The generator rests",
    sentence: "Only the discriminator learns from this batch: the generator's loss is noted, and it stays as it is.",
  }),
  g_gradients: () => ({
    title: "The generator's gradients",
    sentence: "The {loss|loss} goes back through the discriminator into the images (blue: more ink there would look "
      + "more real, orange: less) and on into the generator's weights.",
  }),
  g_update: ({ settings }) => ({
    title: "The generator learns",
    sentence: `Its optimiser (${optimiser(settings.optimizer_g)}) moves the generator's weights; the discriminator `
      + "stays as it was.",
  }),
  extra_g: (_, { losses }) => ({
    title: "The generator practises on",
    sentence: `“Generator steps” is ${losses.length + 1}: after the stages before it goes through the same `
      + `${losses.length === 1 ? "once" : `${losses.length} times`} more, with fresh noise.`,
  }),
  metrics: ({ batch, kind }) => ({
    title: "What goes on the chart",
    sentence: kind === "weights" ? "The run notes these four numbers of each batch, and the chart shows them."
      : `These four numbers are batch ${count(batch)} on the chart. Nothing of the run has changed by looking: all of `
      + "this happened to a copy of it.",
  }),
};

/** @param {string} name */
const optimiser = (name) => (name === "adam" ? "{adam|Adam}" : "SGD");

/**
 * @param {TracedBatch} trace
 * @param {Stage} stage
 * @returns {Words}
 */
export function wordsOf(trace, stage) {
  const words = /** @type {(trace: TracedBatch, shown: Stage["shown"]) => Words} */ (WORDS[stage.name]);
  return words(trace, stage.shown);
}

export { boundaryOf };
