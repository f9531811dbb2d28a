/** What is on the page: which weights, which tool, which points of the latent space. */

export const TOOLS = ["walk", "pad", "directions", "arithmetic", "map", "time"];
export const SAMPLES = 16; // samples on the board
const FIRST_PICKS = [12, 4, 1, 5]; // in the newest run that ships with the app: a 0, a 3, a 6 and a 7
export const MOST_PICKS = 26; // they are called A to Z
export const HIGHEST_SEED = 2 ** 32 - 1;
export const STEPS = { low: 2, high: 64 };
export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/**
 * A point of the latent space; immutable. By seed it means the noise of that seed, for any latent size; else its
 * numbers are given.
 * @typedef {{id: number, seed: number|null, z: Float32Array|null}} Point
 */

let made = 0;
/** @returns {Point} */
export const bySeed = (seed) => ({ id: ++made, seed, z: null });
/** @returns {Point} */
export const byNumbers = (z) => ({ id: ++made, seed: null, z });

export const letter = (index) => String.fromCharCode(65 + index);

/** What a point is called. */
export const nameOf = (point) => (point.seed === null ? "made here" : `seed ${point.seed}`);

/** The page as it opens without a link. */
export function createState() {
  const picks = FIRST_PICKS.map(bySeed);
  return {
    run: null,
    epoch: /** @type {number|"latest"} */ ("latest"),
    tool: "walk",
    dropout: false,
    raw: false, // the generator as it was trained, and not its average
    board: 1, // the first seed
    picks,
    selected: /** @type {number|null} */ (null), // the id of a pick
    walk: { kind: "spherical", steps: 10, t: 0, closed: false, speed: 1 }, // t: 0 to 1 for the whole way
    pad: { x: 0.5, y: 0.5 },
    point: bySeed(FIRST_PICKS[0]), // what Directions moves and Time watches
    coordinates: false, // Directions shows single coordinates
    sum: { plus: [picks[0].id], minus: [picks[1].id], start: [picks[2].id] }, // ids of picks
    map: /** @type {{x: number, y: number, span: number}|null} */ (null), // middle and width in view; null: all of it
    cursor: /** @type {{x: number, y: number}|null} */ (null), // what is in focus on the map; null: its middle
    beside: /** @type {{run: string, epoch: number|"latest"}|null} */ (null), // what Time compares with
  };
}

/** Seeds of the samples on the board. */
export const sampleSeeds = (state) => Array.from({ length: SAMPLES }, (_, i) => (state.board + i) % (HIGHEST_SEED + 1));

/** As a link holds it, so that the page which it opens is the same in every pixel. */
export const rounded = (x) => Number(x.toPrecision(6));
