/** Colours of the ten classes, after Paul Tol's "muted" scheme, which colour-blind people tell apart, too. */

const LIGHT = ["#332288", "#3a9bc8", "#3a9c8c", "#117733", "#858522", "#c2a32c", "#cc6677", "#882255", "#aa4499",
  "#6b7280"];
const DARK = ["#8f7fe8", "#88ccee", "#4fc0ae", "#58b878", "#bcbc55", "#ddcc77", "#e08a98", "#c8649a", "#cf7dc1",
  "#a3a9b5"];

/** @param {boolean} dark */
export const classColors = (dark) => (dark ? DARK : LIGHT);
