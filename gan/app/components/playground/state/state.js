/** The state of the page as it opens, and the limits of what it may hold. */

/** @import { PageState, Point, ToolName } from "../types.d.ts" */

/** @type {ToolName[]} */
export const TOOLS = ["walk", "pad", "directions", "arithmetic", "map", "time", "table", "write"];
/** @type {ToolName[]} for generators that make each image for a digit */
export const DIGIT_TOOLS = ["table", "write"];
export const SAMPLES = 16;
const FIRST_PICKS = [12, 4, 1, 5]; // in the newest run that ships with the app: a 0, a 3, a 6 and a 7
export const MOST_PICKS = 26; // they are called A to Z
export const HIGHEST_SEED = 2 ** 32 - 1;
export const STEPS = { low: 2, high: 64 };
export const SPEEDS = [0.25, 0.5, 1, 2, 4];

const SHORT_SEEDS = 1_000_000; // random ones are below: short ones are easier to tell others

let made = 0;

/**
 * @param {number} seed
 * @returns {Point}
 */
export const bySeed = (seed) => ({ id: ++made, seed, z: null });

/**
 * @param {Float32Array} z
 * @returns {Point}
 */
export const byNumbers = (z) => ({ id: ++made, seed: null, z });

/**
 * What a pick is called: A, B, C, ...
 * @param {number} index
 */
export const letter = (index) => String.fromCharCode(65 + index);

/**
 * What a point is called.
 * @param {Point} point
 */
export const nameOf = (point) => (point.seed === null ? "made here" : `seed ${point.seed}`);

/**
 * The page as it opens without a link.
 * @returns {PageState}
 */
export function createState() {
  const picks = FIRST_PICKS.map(bySeed);
  return {
    epoch: "latest",
    tool: "walk",
    dropout: false,
    raw: false,
    firstSeed: 1,
    digit: null,
    picks,
    selected: null,
    walk: { kind: "spherical", steps: 10, t: 0, closed: false, speed: 1, changes: "style", digits: "" },
    pad: { x: 0.5, y: 0.5 },
    point: bySeed(FIRST_PICKS[0]),
    number: { digits: null, mixed: false },
    coordinates: false,
    terms: { plus: [picks[0].id], minus: [picks[1].id], start: [picks[2].id] },
    map: null,
    cursor: null,
    comparison: null,
  };
}

/**
 * Seeds of the samples on the page, or of more.
 * @param {PageState} state
 */
export function sampleSeeds({ firstSeed }, count = SAMPLES) {
  return Array.from({ length: count }, (_, i) => (firstSeed + i) % (HIGHEST_SEED + 1));
}

/** Other samples than before. @param {PageState} state */
export function renewSamples(state) {
  state.firstSeed = (state.firstSeed + SAMPLES) % (HIGHEST_SEED - SAMPLES);
}

/** A sample that has not been seen. */
export const anyPoint = () => bySeed(Math.floor(Math.random() * SHORT_SEEDS));

/**
 * As a link holds a number, so that the page which it opens is the same in every pixel.
 * @param {number} x
 */
export const rounded = (x) => Number(x.toPrecision(6));
