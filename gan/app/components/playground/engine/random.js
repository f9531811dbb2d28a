/**
 * Random numbers from a seed, the same in every browser.
 *
 * sfc32, "small fast counting", by Chris Doty-Humphrey (2010, part of PractRand): 128 bits of state, passes PractRand
 * and BigCrush. `Math.log` may differ between browsers in its last bit; after rounding to float32 the numbers agree.
 */

const WARM_UP = 15; // rounds until every bit of the seed has reached every bit of the state

/**
 * @param {number} seed a whole number from 0 to 2^53 - 1
 * @param {number} [stream] a whole number from 0 to 2^32 - 1: one of many independent sequences of the same seed
 * @returns {() => number} uniform in [0, 1), in steps of 2^-32
 */
export function rng(seed, stream = 0) {
  let a = stream | 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return next;
}

/**
 * Standard normal numbers by Marsaglia's polar method (1964).
 * @param {() => number} next uniform in [0, 1)
 * @returns {() => number}
 */
export function normal(next) {
  /** @type {number | null} */
  let spare = null;
  return () => {
    if (spare !== null) {
      const x = spare;
      spare = null;
      return x;
    }
    let x, y, s;
    do {
      x = 2 * next() - 1;
      y = 2 * next() - 1;
      s = x * x + y * y;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt(-2 * Math.log(s) / s);
    spare = y * scale;
    return x * scale;
  };
}

/**
 * One latent vector, as the run's own noise is distributed.
 * @param {number} seed a whole number from 0 to 2^53 - 1
 * @param {number} latentDim
 * @param {"normal" | "uniform"} kind the run's `noise`: standard normal, or uniform from -1 to 1
 */
export function noise(seed, latentDim, kind) {
  const next = rng(seed);
  const draw = kind === "normal" ? normal(next) : () => 2 * next() - 1;
  return Float32Array.from({ length: latentDim }, draw);
}
