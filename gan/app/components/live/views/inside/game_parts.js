/** The parts of the game and how data flows between them: what the overview draws, lights and explains. */

/** @import { Settings } from "../../../types.d.ts" */

/**
 * @typedef {"noise" | "generator" | "fake" | "real" | "discriminator" | "outFake" | "outReal" | "lossG" | "lossD"
 *   | "updateG" | "updateD"} PartName
 * @typedef {"top" | "right" | "bottom" | "left"} Edge of a part
 * @typedef {object} Part
 * @property {string} title
 * @property {string} sentence what it does
 * @property {"g" | "d" | ""} tone whose colour it has
 * @property {string} leads the tab or the card that shows more of it, or ""
 * @property {string} link what leads there is called
 *
 * @typedef {object} Flow an arrow
 * @property {PartName} from
 * @property {PartName} to
 * @property {"g" | "d" | ""} learns the side whose update it carries; "": it carries data
 * @property {[Edge, Edge]} wide the edges where it leaves and arrives where the drawing is wide
 * @property {[Edge, Edge]} narrow the same where it is narrow
 */

/** @type {Record<PartName, Part>} */
export const PARTS = {
  noise: {
    title: "Noise", tone: "", leads: "networks", link: "See where it enters",
    sentence: "Random numbers. Each block of them becomes one image; other numbers, another image.",
  },
  generator: {
    title: "Generator", tone: "g", leads: "networks", link: "Look inside",
    sentence: "Turns random numbers into an image. It never sees a real one: it only learns what the discriminator "
      + "lets pass.",
  },
  fake: {
    title: "Fake images", tone: "g", leads: "game", link: "See where they lie",
    sentence: "What the generator makes of the noise. It wants the discriminator to take them for real.",
  },
  real: {
    title: "Real images", tone: "", leads: "game", link: "See where they lie",
    sentence: "Images of the data set. They show the discriminator what real ones look like.",
  },
  discriminator: {
    title: "Discriminator", tone: "d", leads: "networks", link: "Look inside",
    sentence: "Looks at one image and says how real it seems. It is shown real and fake images, and has to tell them "
      + "apart.",
  },
  outFake: {
    title: "Output for fakes", tone: "d", leads: "game", link: "See all outputs",
    sentence: "How real the discriminator finds the fake images. It should be low, says the discriminator; high, says "
      + "the generator.",
  },
  outReal: {
    title: "Output for real ones", tone: "d", leads: "game", link: "See all outputs",
    sentence: "How real the discriminator finds the real images. It should be high.",
  },
  lossG: {
    title: "Generator's loss", tone: "g", leads: "step", link: "Step through a batch",
    sentence: "One number: how far the fakes are from being taken for real. Smaller is better for the generator.",
  },
  lossD: {
    title: "Discriminator's loss", tone: "d", leads: "step", link: "Step through a batch",
    sentence: "One number: how often, and how surely, the discriminator is wrong. Smaller is better for the "
      + "discriminator.",
  },
  updateG: {
    title: "Generator's update", tone: "g", leads: "health", link: "See its size",
    sentence: "Moves every weight of the generator a little to where its loss gets smaller. The learning rate says how "
      + "far.",
  },
  updateD: {
    title: "Discriminator's update", tone: "d", leads: "health", link: "See its size",
    sentence: "Moves every weight of the discriminator a little to where its loss gets smaller. The learning rate says "
      + "how far.",
  },
};

/** @type {[Edge, Edge]} */
const RIGHT = ["right", "left"];
/** @type {[Edge, Edge]} */
const DOWN = ["bottom", "top"];

/** @type {Flow[]} */
export const FLOWS = [
  { from: "noise", to: "generator", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "generator", to: "fake", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "fake", to: "discriminator", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "real", to: "discriminator", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "discriminator", to: "outFake", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "discriminator", to: "outReal", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "outFake", to: "lossG", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "outFake", to: "lossD", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "outReal", to: "lossD", learns: "", wide: RIGHT, narrow: DOWN },
  { from: "lossG", to: "updateG", learns: "g", wide: ["top", "right"], narrow: DOWN },
  { from: "updateG", to: "generator", learns: "g", wide: ["left", "top"], narrow: ["left", "left"] },
  { from: "lossD", to: "updateD", learns: "d", wide: ["bottom", "right"], narrow: DOWN },
  { from: "updateD", to: "discriminator", learns: "d", wide: ["left", "bottom"], narrow: ["right", "right"] },
];

/** @type {Record<string, PartName[]>} */
const OF_KNOB = {
  lr_g: ["generator", "updateG"],
  lr_d: ["discriminator", "updateD"],
  latent_dim: ["noise", "generator"],
  label_smoothing: ["outReal", "lossD"],
  r1_gamma: ["real", "lossD"],
  r2_gamma: ["fake", "lossD"],
  penalty_every: ["lossD"],
  gradient_penalty: ["real", "fake", "lossD"],
  ema_decay: ["generator", "fake"],
};

/**
 * Where a live knob acts.
 * @param {string} knob its name
 * @param {Pick<Settings, "dropout_in">} settings
 * @returns {PartName[]} none: it acts on no part, but on the run as a whole
 */
export function partsOfKnob(knob, settings) {
  if (knob === "ratio") return ["generator", "updateG", "discriminator", "updateD"];
  if (knob === "dropout") return settings.dropout_in === "both" ? ["generator", "discriminator"] : ["discriminator"];
  if (knob in OF_KNOB) return OF_KNOB[knob];
  if (/^g_|_g$/.test(knob)) return ["updateG"];
  if (/^d_|_d$/.test(knob)) return ["updateD"];
  return [];
}
