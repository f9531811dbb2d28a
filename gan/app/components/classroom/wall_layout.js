/** How many desks stand in a row of the wall. */

export const GAP = 8; // px between two desks
export const SHAPE = 0.84; // of a desk's height to its width
const MOST = 12;
const WIDEST = 700; // px; the images of few desks are not enlarged further
const NARROWEST = 150; // px; on a phone the wall scrolls

/**
 * The fewest columns, so that desks are as large as they can be, with which all of them are on one screen; on a small
 * screen as many as can be read.
 * @param {number} count of desks
 * @param {number} width px
 * @param {number} height px
 */
export function columnsFor(count, width, height) {
  const most = Math.max(1, Math.min(MOST, Math.floor(width / NARROWEST)));
  for (let columns = Math.max(1, Math.floor(width / WIDEST)); columns < most; columns += 1) {
    const wide = widthOf(columns, width);
    const rows = Math.ceil(count / columns);
    if (rows * wide * SHAPE + GAP * (rows - 1) <= height) return columns;
  }
  return most;
}

/**
 * The width of a desk, in pixels.
 * @param {number} columns
 * @param {number} width px of all
 */
export const widthOf = (columns, width) => (width - GAP * (columns - 1)) / columns;
