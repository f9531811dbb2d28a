/** How many desks stand in a row of the wall, and how wide they are. */

export const GAP = 8; // px between two desks
export const SHAPE = 0.84; // of a desk's height to its width
const MOST = 12;
const WIDEST = 700; // px; the images of few desks are not enlarged further
const NARROWEST = 150; // px; on a phone the wall scrolls

/**
 * As large as desks can be with all of them on one screen; on a small screen as many in a row as can be read.
 * @param {number} count of desks
 * @param {number} width px
 * @param {number} height px
 * @returns {{ columns: number, size: number }} size: the width of a desk in px
 */
export function layoutOf(count, width, height) {
  const most = Math.max(1, Math.min(MOST, Math.floor(width / NARROWEST)));
  const layouts = Array.from({ length: most }, (_, i) => {
    const columns = i + 1, rows = Math.ceil(count / columns);
    const size = Math.floor(Math.min(share(width, columns), share(height, rows) / SHAPE, WIDEST));
    return { columns, size };
  });
  const best = layouts.reduce((one, other) => (other.size > one.size ? other : one));
  return best.size >= NARROWEST ? best : { columns: most, size: share(width, most) };
}

/**
 * The part of a length that each of `count` neighbours has.
 * @param {number} length px
 * @param {number} count
 */
const share = (length, count) => (length - GAP * (count - 1)) / count;
