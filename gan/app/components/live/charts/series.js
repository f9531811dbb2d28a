/**
 * The curves of a run, bounded however long it trains: raw points (the least and the greatest of each stretch, so that
 * spikes stay) and running sums, from which the moving average over any window follows.
 */

export const SERIES = /** @type {const} */ (["d_loss", "g_loss", "d_real_acc", "d_fake_acc"]);

const STRETCHES = 1500; // kept per series after thinning, two points each
const MOST_POINTS = 4 * STRETCHES;
const MOST_SUMS = 4000;

/**
 * @typedef {typeof SERIES[number]} SeriesName
 * @typedef {{ x: number[], y: number[] }} Points
 * @typedef {{ x: number[] } & Record<SeriesName, number[]>} Columns batches, and a number of each series for each
 * @typedef {object} Curves
 * @property {() => number} last the last batch that is known
 * @property {(name: SeriesName) => Points} raw
 * @property {(window: number, until?: number) => Columns} averages moving averages of all series, up to a batch (from
 *   1; without one, all)
 * @typedef {ReturnType<typeof createSeries>} Series
 */

/**
 * @template T
 * @param {(name: SeriesName) => T} valueOf
 * @returns {Record<SeriesName, T>}
 */
export const ofEachSeries = (valueOf) =>
  /** @type {Record<SeriesName, T>} */ (Object.fromEntries(SERIES.map((name) => [name, valueOf(name)])));

/**
 * Keep the least and the greatest point of each of `stretches` equal stretches between x = from and x = to.
 * @param {Points} points
 * @param {number} stretches
 * @returns {Points}
 */
export function thinned({ x, y }, stretches, from = x[0], to = x[x.length - 1]) {
  const width = Math.max((to - from) / stretches, 1e-9);
  /** @param {number} i */
  const stretchOf = (i) => Math.floor((x[i] - from) / width);
  /** @type {Points} */
  const out = { x: [], y: [] };
  let start = Math.max(0, firstFrom(x, from) - 1);
  while (start < x.length) {
    const end = endOf(start, x.length, stretchOf);
    for (const i of extremes(y, start, end)) {
      out.x.push(x[i]);
      out.y.push(y[i]);
    }
    start = end;
    if (x[end - 1] > to) break;
  }
  return out;
}

/**
 * @param {number[]} x rising
 * @param {number} from
 */
function firstFrom(x, from) {
  let i = 0;
  while (i < x.length && x[i] < from) i++;
  return i;
}

/**
 * Where the stretch ends that begins at `start`.
 * @param {number} start
 * @param {number} length
 * @param {(i: number) => number} stretchOf
 */
function endOf(start, length, stretchOf) {
  const stretch = stretchOf(start);
  let end = start;
  while (end < length && stretchOf(end) === stretch) end++;
  return end;
}

/**
 * The positions of the least and the greatest number of a part, in their order; one if they are the same.
 * @param {number[]} y
 * @param {number} start
 * @param {number} end
 */
function extremes(y, start, end) {
  let least = start;
  let greatest = start;
  for (let i = start; i < end; i++) {
    if (y[i] < y[least]) least = i;
    if (y[i] > y[greatest]) greatest = i;
  }
  return least === greatest ? [least] : [Math.min(least, greatest), Math.max(least, greatest)];
}

/**
 * Sums at the ends of equal stretches only: each that is kept stays exact.
 * @param {Columns} sums
 * @param {number} stretches
 * @returns {Columns}
 */
function thinnedSums(sums, stretches) {
  const last = sums.x.length - 1;
  const width = sums.x[last] / stretches;
  const kept = sums.x.map((_, i) => i).filter((i) =>
    i === last || Math.floor(sums.x[i] / width) !== Math.floor(sums.x[i + 1] / width));
  return { x: kept.map((i) => sums.x[i]), ...ofEachSeries((name) => kept.map((i) => sums[name][i])) };
}

/**
 * The average of the last `window` batches at every x, from running sums.
 * @param {number[]} x batch numbers, rising
 * @param {number[]} s the sum over batches 1 to x
 * @param {number} window
 * @returns {number[]}
 */
export function movingAverage(x, s, window) {
  let j = 0; // x[j - 1] <= start < x[j], with x[-1] = s[-1] = 0
  return x.map((end, i) => {
    const start = Math.max(0, end - window);
    while (x[j] <= start) j++;
    const x0 = j ? x[j - 1] : 0;
    const s0 = j ? s[j - 1] : 0;
    const before = s0 + ((s[j] - s0) * (start - x0)) / (x[j] - x0);
    return (s[i] - before) / (end - start);
  });
}

/**
 * The sums up to a batch: those before it, and its own as it lies between its neighbours'.
 * @param {Columns} sums
 * @param {number} batch
 * @returns {Columns}
 */
function sumsUpTo(sums, batch) {
  const after = sums.x.findIndex((x) => x >= batch);
  if (after < 0) return sums;
  const x0 = after ? sums.x[after - 1] : 0;
  const share = (batch - x0) / (sums.x[after] - x0);
  return {
    x: [...sums.x.slice(0, after), batch],
    ...ofEachSeries((name) => {
      const s0 = after ? sums[name][after - 1] : 0;
      return [...sums[name].slice(0, after), s0 + (sums[name][after] - s0) * share];
    }),
  };
}

/** @returns {Columns} */
const noSums = () => ({ x: [], ...ofEachSeries(() => []) });

/** The store of one run's curves. */
export function createSeries() {
  /** @type {Record<SeriesName, Points>} */
  let raw = ofEachSeries(() => ({ x: [], y: [] }));
  let sums = noSums();
  let last = 0;

  return {
    last: () => last,
    /** @param {SeriesName} name */
    raw: (name) => raw[name],

    /**
     * Take the whole history as a catch-up message brings it.
     * @param {number} batch the last one
     * @param {Record<string, ArrayLike<number>>} numbers
     */
    replace(batch, numbers) {
      /** @param {string} name */
      const column = (name) => Array.from(numbers[name] ?? []);
      last = batch;
      sums = { x: column("sum.x"), ...ofEachSeries((name) => column(`${name}.sum`)) };
      raw = ofEachSeries((name) => ({ x: column(`${name}.x`), y: column(`${name}.y`) }));
    },

    /**
     * Append the figures of the batches after the last.
     * @param {ArrayLike<number>} rows four numbers a batch, in the order of SERIES
     */
    append(rows) {
      for (let i = 0; i < rows.length; i += SERIES.length) {
        last += 1;
        const end = sums.x.length - 1;
        sums.x.push(last);
        SERIES.forEach((name, k) => {
          const y = rows[i + k];
          sums[name].push((end < 0 ? 0 : sums[name][end]) + (Number.isFinite(y) ? y : 0));
          raw[name].x.push(last);
          raw[name].y.push(y);
        });
      }
      if (sums.x.length > MOST_SUMS) sums = thinnedSums(sums, MOST_SUMS / 2);
      for (const name of SERIES) {
        if (raw[name].x.length > MOST_POINTS) raw[name] = thinned(raw[name], STRETCHES);
      }
    },

    /**
     * @param {number} window
     * @returns {Columns}
     */
    averages(window, until = last) {
      const part = until < last ? sumsUpTo(sums, until) : sums;
      return { x: part.x, ...ofEachSeries((name) => movingAverage(part.x, part[name], window)) };
    },
  };
}
