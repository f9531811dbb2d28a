/**
 * Ways through the latent space. A vector is a Float32Array; several of one length d are one flat array of n * d.
 *
 * Why spherical: the norms of standard normal vectors concentrate near sqrt(d), so the straight line between two of
 * them leads through norms that the generator has hardly ever seen (White 2016, "Sampling Generative Networks"). The
 * arc of Shoemake (1985, "Animating Rotation with Quaternion Curves") keeps to the norms of its ends.
 */

/** @typedef {"linear"|"spherical"} Kind */

const PARALLEL = 1e-8; // two directions whose sine is smaller are one line: float32 knows no finer

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const norm = (a) => Math.sqrt(dot(a, a));

/** Vector number `i` of a flat array, without copying. */
export const row = (flat, i, d) => flat.subarray(i * d, (i + 1) * d);

/** Vectors as one flat array. */
export function stack(points) {
  const d = points[0]?.length ?? 0;
  const flat = new Float32Array(points.length * d);
  points.forEach((point, i) => flat.set(point, i * d));
  return flat;
}

/** The point at t (0 to 1) of the way from a to b, the ends exactly. */
export function between(a, b, t, kind) {
  if (t <= 0) return a.slice();
  if (t >= 1) return b.slice();
  return kind === "spherical" ? arc(a, b, t) : combined(a, 1 - t, b, t);
}

export const lerp = (a, b, t) => between(a, b, t, "linear");

/**
 * Along the great circle from a's direction to b's, while the norm goes linearly from a's to b's. A vector without a
 * direction (zero) and a single dimension have no circle: there it is the straight line. Between opposite vectors,
 * where every great circle is as short, it takes one that bends to the coordinate in which a is smallest.
 */
export const slerp = (a, b, t) => between(a, b, t, "spherical");

function arc(a, b, t) {
  const [normA, normB] = [norm(a), norm(b)];
  if (normA === 0 || normB === 0 || a.length === 1) return combined(a, 1 - t, b, t);
  const from = Float64Array.from(a, (x) => x / normA);
  const to = Float64Array.from(b, (x) => x / normB);
  const cosine = dot(from, to);
  let across = without(to, from);
  const sine = norm(across);
  if (sine < PARALLEL) across = without(axis(smallest(from), a.length), from);
  across = without(across, from); // once more: what is left of a short vector is not quite at right angles
  const angle = t * (sine < PARALLEL ? (cosine > 0 ? 0 : Math.PI) : Math.atan2(sine, cosine));
  const radius = (1 - t) * normA + t * normB;
  return combined(from, radius * Math.cos(angle), across, (radius * Math.sin(angle)) / norm(across));
}

/** n points from a to b, both included, n at least 2. Flat. */
export function walk(a, b, n, kind) {
  return stack(Array.from({ length: n }, (_, i) => between(a, b, i / (n - 1), kind)));
}

/** The point at t (any number; the tour takes 1) of the closed tour through the points. */
export function tourPoint(points, t, kind) {
  const at = (t - Math.floor(t)) * points.length;
  const leg = Math.min(Math.floor(at), points.length - 1);
  return between(points[leg], points[(leg + 1) % points.length], at - leg, kind);
}

/** The closed tour in n steps a leg: points.length * n vectors, number k * n is points[k], the last leg leads home. */
export function tour(points, n, kind) {
  return stack(points.flatMap((point, leg) => {
    const next = points[(leg + 1) % points.length];
    return Array.from({ length: n }, (_, i) => between(point, next, i / n, kind));
  }));
}

/**
 * A mixture of four corners: along the upper and the lower edge by x, then between those by y (both 0 to 1).
 * @param {Float32Array[]} corners top left, top right, bottom left, bottom right
 */
export function pad([topLeft, topRight, bottomLeft, bottomRight], x, y, kind) {
  return between(between(topLeft, topRight, x, kind), between(bottomLeft, bottomRight, x, kind), y, kind);
}

/** The mean of at least one vector. */
export function mean(points) {
  const sum = new Float64Array(points[0].length);
  for (const point of points) for (let i = 0; i < sum.length; i++) sum[i] += point[i];
  return Float32Array.from(sum, (x) => x / points.length);
}

/**
 * mean(plus) - mean(minus) + z, as in Radford et al. 2016: "smiling woman - neutral woman + neutral man". The mean of
 * no vectors counts as zero.
 */
export function arithmetic(plus, minus, z) {
  const none = new Float32Array(z.length);
  const [a, b] = [plus, minus].map((points) => (points.length ? mean(points) : none));
  return z.map((x, i) => a[i] - b[i] + x);
}

/** z moved by amounts[k] along vectors[k]. */
export function moved(z, vectors, amounts) {
  const sum = Float64Array.from(z);
  vectors.forEach((vector, k) => {
    if (amounts[k]) for (let i = 0; i < sum.length; i++) sum[i] += amounts[k] * vector[i];
  });
  return Float32Array.from(sum);
}

// --- small parts, also of planes ------------------------------------------------------------------------------------

/** s * a + t * b */
export function combined(a, s, b, t) {
  return Float32Array.from(a, (x, i) => s * x + t * b[i]);
}

/** What is left of b at right angles to the unit vector a, in double precision. */
export function without(b, a) {
  const share = dot(a, b);
  return Float64Array.from(b, (x, i) => x - share * a[i]);
}

/** The unit vector of coordinate `i`. */
export function axis(i, d) {
  const unit = new Float64Array(d);
  unit[i] = 1;
  return unit;
}

/** The coordinate in which a vector is smallest. */
export function smallest(a) {
  let best = 0;
  for (let i = 1; i < a.length; i++) if (Math.abs(a[i]) < Math.abs(a[best])) best = i;
  return best;
}
