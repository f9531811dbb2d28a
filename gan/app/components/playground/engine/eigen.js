/** All eigenvectors of a symmetric matrix. */

/**
 * Householder's reduction to a tridiagonal matrix, then the implicit QL algorithm (Golub & Van Loan, "Matrix
 * Computations", 8.3). Everything runs along rows; 512 x 512 takes about half a second.
 * @param {Float64Array} matrix n * n, symmetric; overwritten
 * @param {number} n
 * @returns {{values: Float64Array, vectors: Float64Array}} in no order; vectors are rows (n * n), of length 1
 */
export function eigen(matrix, n) {
  const { diagonal, offDiagonal, vectors } = tridiagonal(matrix, n);
  diagonalise(diagonal, offDiagonal, vectors, n);
  return { values: diagonal, vectors };
}

/**
 * A = Q T Qᵀ: T's diagonal, the numbers next to it (the i-th lies between i and i + 1), and Q's columns as rows.
 * @param {Float64Array} a overwritten
 * @param {number} n
 */
function tridiagonal(a, n) {
  /** @type {(Float64Array | null)[]} */
  const reflections = [];
  for (let k = 0; k < n - 2; k++) {
    const v = reflection(a, n, k);
    if (v) reflect(a, n, k + 1, v);
    reflections.push(v);
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]);
  const offDiagonal = Float64Array.from({ length: n }, (_, i) => (i < n - 1 ? a[i * n + i + 1] : 0));
  return { diagonal, offDiagonal, vectors: product(reflections, n) };
}

/**
 * The unit vector of the reflection that clears row k behind the diagonal's neighbour, which it sets; null: none.
 * @param {Float64Array} a
 * @param {number} n
 * @param {number} k
 */
function reflection(a, n, k) {
  const from = k + 1;
  const v = a.slice(k * n + from, k * n + n);
  let rest = 0;
  for (let i = 1; i < v.length; i++) rest += v[i] * v[i];
  if (rest === 0) return null;
  const length = Math.sqrt(v[0] * v[0] + rest);
  const kept = v[0] > 0 ? -length : length; // the sign that adds up instead of cancelling
  v[0] -= kept;
  const scale = 1 / Math.sqrt(v[0] * v[0] + rest);
  for (let i = 0; i < v.length; i++) v[i] *= scale;
  a[k * n + from] = kept;
  return v;
}

/**
 * The lower right corner of A from row and column `from` on becomes H A H with H = 1 - 2 v vᵀ.
 * @param {Float64Array} a
 * @param {number} n
 * @param {number} from
 * @param {Float64Array} v
 */
function reflect(a, n, from, v) {
  const m = v.length;
  const w = new Float64Array(m); // 2 A v - 2 (v·A v) v: then A -= v wᵀ + w vᵀ
  let along = 0;
  for (let i = 0; i < m; i++) {
    const row = (from + i) * n + from;
    let sum = 0;
    for (let j = 0; j < m; j++) sum += a[row + j] * v[j];
    w[i] = 2 * sum;
    along += sum * v[i];
  }
  for (let i = 0; i < m; i++) w[i] -= 2 * along * v[i];
  for (let i = 0; i < m; i++) {
    const row = (from + i) * n + from;
    const [vi, wi] = [v[i], w[i]];
    for (let j = 0; j < m; j++) a[row + j] -= vi * w[j] + wi * v[j];
  }
}

/**
 * The product of all reflections, transposed: its rows are the columns of Q.
 * @param {(Float64Array | null)[]} reflections
 * @param {number} n
 */
function product(reflections, n) {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let k = reflections.length - 1; k >= 0; k--) {
    const v = reflections[k];
    if (!v) continue;
    const from = k + 1;
    for (let i = from; i < n; i++) {
      const row = i * n + from;
      let share = 0;
      for (let j = 0; j < v.length; j++) share += q[row + j] * v[j];
      share *= 2;
      for (let j = 0; j < v.length; j++) q[row + j] -= share * v[j];
    }
  }
  return q;
}

/**
 * Implicit QL with Wilkinson's shift: T becomes diagonal, the rotations act on pairs of rows of `vectors`.
 * @param {Float64Array} d T's diagonal
 * @param {Float64Array} e the numbers next to it
 * @param {Float64Array} vectors
 * @param {number} n
 */
function diagonalise(d, e, vectors, n) {
  for (let l = 0; l < n; l++) {
    for (let m = split(d, e, l, n); m !== l; m = split(d, e, l, n)) sweep(d, e, vectors, n, l, m);
  }
}

/**
 * The first place from `l` on where T falls apart.
 * @param {Float64Array} d
 * @param {Float64Array} e
 * @param {number} l
 * @param {number} n
 */
function split(d, e, l, n) {
  let m = l;
  while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
  return m;
}

/**
 * One QL step on the part of T from l to m.
 * @param {Float64Array} d
 * @param {Float64Array} e
 * @param {Float64Array} vectors
 * @param {number} n
 * @param {number} l
 * @param {number} m
 */
function sweep(d, e, vectors, n, l, m) {
  let g = (d[l + 1] - d[l]) / (2 * e[l]);
  const r0 = Math.hypot(g, 1);
  g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r0 : r0));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i];
    const b = c * e[i];
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) { // the shift was an eigenvalue: T falls apart here
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    const t = (d[i] - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    rotate(vectors, i * n, n, s, c);
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}

/**
 * Turns a row and the next one by an angle.
 * @param {Float64Array} rows
 * @param {number} at where the row begins
 * @param {number} n
 * @param {number} s the angle's sine
 * @param {number} c its cosine
 */
function rotate(rows, at, n, s, c) {
  for (let k = at; k < at + n; k++) {
    const next = rows[k + n];
    rows[k + n] = s * rows[k] + c * next;
    rows[k] = c * rows[k] - s * next;
  }
}
