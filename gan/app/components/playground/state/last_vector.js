/** The last vector that was computed. */

/**
 * Remembers one vector: the same object as long as the key stays, so that an image is not made twice.
 * @returns {(key: string, compute: () => Float32Array) => Float32Array}
 */
export function createLastVector() {
  /** @type {{key: string, z: Float32Array} | null} */
  let last = null;
  return (key, compute) => {
    if (last?.key !== key) last = { key, z: compute() };
    return last.z;
  };
}
