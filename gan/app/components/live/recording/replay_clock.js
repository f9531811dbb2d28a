/** A clock over the batches of a recording, which runs at a multiple of the run's own pace. */

export const SPEEDS = [1, 4, 16, 64, 256];

const LONGEST = 40; // seconds that a whole replay takes at most, at the speed it begins with
const TICK = 50; // ms between two looks of the page
const LONGEST_FRAME = 250; // ms; a tab that was hidden continues where it was

/** @typedef {ReturnType<typeof createClock>} Clock */

/**
 * @param {{ from: number, last: () => number, pace: () => number }} recorded as a replay is given it
 * @param {() => void} passed called when it has come to another batch, but not for every frame
 */
export function createClock({ from, last, pace }, passed) {
  let at = Math.min(from, last());
  let speed = SPEEDS.find((each) => last() / (pace() * each) <= LONGEST) ?? SPEEDS[SPEEDS.length - 1];
  let playing = true;
  let before = performance.now(); // of the last frame
  let told = 0;
  let frame = requestAnimationFrame(tick);
  const batch = () => Math.max(1, Math.min(last(), Math.floor(at)));

  /** @param {number} now */
  function tick(now) {
    frame = requestAnimationFrame(tick);
    const seconds = Math.min(now - before, LONGEST_FRAME) / 1000;
    before = now;
    if (!playing) return;
    const was = batch();
    at = Math.min(at + seconds * pace() * speed, last());
    if (at >= last()) playing = false;
    else if (now - told < TICK || batch() === was) return;
    told = now;
    passed();
  }

  return {
    batch,
    at: () => at,
    /** @param {number} to a batch */
    seek: (to) => (at = Math.max(1, Math.min(last(), to))),
    atEnd: () => at >= last(),
    playing: () => playing,
    /** @param {boolean} on */
    play: (on) => (playing = on),
    speed: () => speed,
    /** @param {number} next */
    setSpeed: (next) => (speed = next),
    rate: () => pace() * speed,
    end: () => cancelAnimationFrame(frame),
  };
}
