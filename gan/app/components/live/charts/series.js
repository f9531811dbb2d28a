/**
 * The curves of a run, bounded however long it trains: raw points (the least and the greatest of each stretch, so that
 * spikes stay) and running sums, from which the moving average over any window follows.
 */

export const SERIES = ["d_loss", "g_loss", "d_real_acc", "d_fake_acc"];

const STRETCHES = 1500; // kept per series after thinning, two points each
const MOST_POINTS = 4 * STRETCHES;
const MOST_SUMS = 4000;

/** @typedef {{x: number[], y: number[]}} Points */

/**
 * Keep the least and the greatest point of each of `stretches` equal stretches between x = from and x = to.
 * @param {Points} points
 * @returns {Points}
 */
export function thinned({ x, y }, stretches, from = x[0], to = x[x.length - 1]) {
  const width = Math.max((to - from) / stretches, 1e-9);
  const out = { x: [], y: [] };
  let i = 0;
  while (i < x.length && x[i] < from) i++;
  i = Math.max(0, i - 1);
  while (i < x.length) {
    const stretch = Math.floor((x[i] - from) / width);
    let least = i;
    let greatest = i;
    let j = i;
    for (; j < x.length && Math.floor((x[j] - from) / width) === stretch; j++) {
      if (y[j] < y[least]) least = j;
      if (y[j] > y[greatest]) greatest = j;
    }
    for (const k of least < greatest ? [least, greatest] : greatest < least ? [greatest, least] : [least]) {
      out.x.push(x[k]);
      out.y.push(y[k]);
    }
    i = j;
    if (x[i - 1] > to) break;
  }
  return out;
}

/** Sums at the ends of equal stretches only: each that is kept stays exact. */
function thinnedSums(sums, stretches) {
  const width = sums.x[sums.x.length - 1] / stretches;
  const kept = sums.x.map((x, i) => i).filter((i) =>
    i === sums.x.length - 1 || Math.floor(sums.x[i] / width) !== Math.floor(sums.x[i + 1] / width));
  const thin = { x: kept.map((i) => sums.x[i]) };
  for (const name of SERIES) thin[name] = kept.map((i) => sums[name][i]);
  return thin;
}

/**
 * The average of the last `window` batches at every x, from running sums.
 * @param {number[]} x batch numbers, rising
 * @param {number[]} s the sum over batches 1 to x
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

/** The sums up to a batch: those before it, and its own as it lies between its neighbours'. */
function sumsUpTo(sums, batch) {
  const after = sums.x.findIndex((x) => x >= batch);
  if (after < 0) return sums;
  const x0 = after ? sums.x[after - 1] : 0;
  const share = (batch - x0) / (sums.x[after] - x0);
  const part = { x: [...sums.x.slice(0, after), batch] };
  for (const name of SERIES) {
    const s0 = after ? sums[name][after - 1] : 0;
    part[name] = [...sums[name].slice(0, after), s0 + (sums[name][after] - s0) * share];
  }
  return part;
}

/** The store of one run's curves. */
export function createSeries() {
  const raw = Object.fromEntries(SERIES.map((name) => [name, { x: [], y: [] }]));
  let sums = emptySums();
  let last = 0;

  function emptySums() {
    return { x: [], ...Object.fromEntries(SERIES.map((name) => [name, []])) };
  }

  return {
    /** The last batch that is known. */
    last: () => last,
    raw: (name) => raw[name],

    clear() {
      last = 0;
      sums = emptySums();
      for (const name of SERIES) raw[name] = { x: [], y: [] };
    },

    /** Take the whole history as a catch-up message brings it. */
    replace(batch, blobs) {
      last = batch;
      sums = { x: Array.from(blobs["sum.x"] ?? []) };
      for (const name of SERIES) {
        raw[name] = { x: Array.from(blobs[`${name}.x`] ?? []), y: Array.from(blobs[`${name}.y`] ?? []) };
        sums[name] = Array.from(blobs[`${name}.sum`] ?? []);
      }
    },

    /** Append the figures of the batches after the last, four a batch in the order of SERIES. */
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
     * Moving averages of all series, up to a batch (from 1; without one, all).
     * @returns {{x: number[]} & Record<string, number[]>}
     */
    averages(window, until = last) {
      const part = until < last ? sumsUpTo(sums, until) : sums;
      const out = { x: part.x };
      for (const name of SERIES) out[name] = movingAverage(part.x, part[name], window);
      return out;
    },
  };
}
