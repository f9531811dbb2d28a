/** What one does with a run in front of a class, by keys or from another part of the page: the Train page offers it. */

/**
 * @typedef {object} Stage
 * @property {() => void} toggle lets the run train, or pauses it
 * @property {() => void} step trains one batch
 * @property {(by: 1 | -1) => void} pace makes training, or a replay, faster or slower
 * @property {() => void} nextEpoch goes on to the next epoch of a recording
 * @property {() => boolean} replaying a replay has keys of its own
 */

/** @type {Stage | null} */
let stage = null;

/**
 * @param {Stage} offered
 * @returns {() => void} it is no longer there
 */
export function offerStage(offered) {
  stage = offered;
  return () => {
    if (stage === offered) stage = null;
  };
}

/** The run in front of the class, if the page shows one. */
export const onStage = () => stage;
