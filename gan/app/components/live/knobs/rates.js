/** The two learning rates and their ratio. */

import { createScale, scaleOf } from "./scale.js";

/** @typedef {{ lr_g: number, lr_d: number }} Rates */

/** @param {number} x */
const tidy = (x) => Number(x.toPrecision(3));

/**
 * Both learning rates for a ratio, with the same geometric mean as far as the range allows.
 * @param {number} ratio lr_g / lr_d
 * @param {Rates} now
 * @param {{ low: number, high: number }} range of either
 * @returns {Rates}
 */
export function ratesFor(ratio, now, { low, high }) {
  const root = Math.sqrt(ratio);
  const mean = Math.sqrt(now.lr_g * now.lr_d);
  const least = low * Math.max(root, 1 / root);
  const most = high * Math.min(root, 1 / root);
  const centre = Math.min(most, Math.max(least, mean));
  /** @param {number} x */
  const within = (x) => Math.min(high, Math.max(low, tidy(x)));
  return { lr_g: within(centre * root), lr_d: within(centre / root) };
}

/**
 * The ratios that the slider goes through: 1 : 3 as well as 3 : 1.
 * @param {{ low: number, high: number }} range of a learning rate
 */
export function ratioScale({ low, high }) {
  const { values } = createScale({ smallest: 1, high: high / low, scale: "log", kind: "float" });
  return scaleOf([...values.slice(1).map((x) => 1 / x).reverse(), ...values]);
}
