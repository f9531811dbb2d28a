/** Plays a recording again, by buttons, a slider and keys. It tells where it is; the page shows it. */

/** @import { ClassMoment, Mark } from "../../types.d.ts" */
/** @import { Clock } from "./replay_clock.js" */

import { steadySlider } from "../../shared/gestures.js";
import { createClock } from "./replay_clock.js";
import { createControls } from "./replay_controls.js";

const STEPS = 100; // arrow keys from one end to the other
/** Controls that have a use of their own for the keys. */
const BUSY = "input, textarea, select, [role=slider], .lg-plot-box, [role=dialog]";

/**
 * @typedef {object} Recorded what is played
 * @property {number} from a batch, from 1
 * @property {() => number} last the last batch, which grows while the run trains
 * @property {() => number} pace the run's own in batches/s
 * @property {number} epoch how many batches one has
 * @property {() => Mark[]} marks
 * @property {(knobs: string[]) => void} moved told of every move, with the knobs that were turned on the way
 * @property {() => void} leave
 *
 * @typedef {ReturnType<typeof createReplay>} Replay
 * @typedef {Pick<ClassMoment, "batch" | "speed" | "rate" | "playing">} Playback
 */

/** @param {Recorded} recorded */
export function createReplay(recorded) {
  const { last, epoch, marks, moved, leave } = recorded;
  const clock = createClock(recorded, paint);
  const controls = createControls(toggle, (speed) => {
    clock.setSpeed(speed);
    paint();
  });
  let painted = clock.batch();

  function paint() {
    const { batch } = clock;
    const turned = clock.playing() ? marks().filter((mark) => mark.batch > painted && mark.batch <= batch()) : [];
    painted = batch();
    show();
    moved(turned.map((mark) => mark.knob));
  }

  function show() {
    controls.show(clock, last(), marks());
  }

  function toggle() {
    if (!clock.playing() && clock.atEnd()) {
      clock.seek(1);
      painted = 1;
    }
    clock.play(!clock.playing());
    paint();
  }

  /** Go to a batch and stay there. @param {number} batch */
  function seek(batch) {
    clock.seek(batch);
    clock.play(false);
    paint();
  }

  /** Play as another page does. @param {Playback} other */
  function playAs(other) {
    clock.setSpeed(other.speed);
    clock.seek(other.batch);
    clock.play(other.playing);
    paint();
  }

  const end = listenToKeys(controls.scrubber, {
    " ": toggle,
    ...seekingKeys(clock, seek, last, epoch),
    Escape: leave,
  });
  scrub(controls.scrubber, clock, seek, paint);
  show();
  return {
    el: controls.el,
    batch: clock.batch,
    seek,
    show,
    /** Begin like another page's replay, or by itself; then the space bar pauses it. @param {Playback | null} like */
    begin: (like) => (like ? playAs(like) : controls.focus()),
    /** In batches/s; 0 while it pauses. */
    rate: () => (clock.playing() ? clock.rate() : 0),
    /** @returns {Playback} where it is, for a page that shows the same */
    playback: () => ({ batch: clock.at(), speed: clock.speed(), rate: clock.rate(), playing: clock.playing() }),
    playAs,
    end() {
      clock.end();
      end();
      controls.el.remove();
    },
  };
}

/**
 * @param {Clock} clock
 * @param {(batch: number) => void} seek
 * @param {() => number} last
 * @param {number} epoch how many batches one has
 * @returns {Record<string, () => void>}
 */
function seekingKeys({ batch }, seek, last, epoch) {
  const step = () => Math.max(1, Math.round(last() / STEPS));
  return {
    ArrowLeft: () => seek(batch() - step()),
    ArrowRight: () => seek(batch() + step()),
    PageUp: () => seek((Math.ceil(batch() / epoch) - 1) * epoch),
    PageDown: () => seek((Math.floor(batch() / epoch) + 1) * epoch),
    Home: () => seek(1),
    End: () => seek(last()),
  };
}

/**
 * Act on keys, wherever the focus is, unless what has it needs them.
 * @param {HTMLElement} scrubber
 * @param {Record<string, () => void>} keys
 * @returns {() => void} ends it
 */
function listenToKeys(scrubber, keys) {
  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const { target, key } = event;
    if (!Object.hasOwn(keys, key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(target instanceof Element) || (target !== scrubber && target.closest(BUSY))) return;
    if (key === " " && target.closest("button, a, summary")) return; // it acts on that
    event.preventDefault();
    keys[key]();
  }

  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/**
 * Follow the slider; when the browser takes the finger away, go back to where it was.
 * @param {HTMLInputElement} scrubber
 * @param {Clock} clock
 * @param {(batch: number) => void} seek
 * @param {() => void} paint
 */
function scrub(scrubber, clock, seek, paint) {
  /** @type {{ at: number, playing: boolean } | null} */
  let left = null; // where it was, and whether it played, when the slider began to move
  steadySlider(scrubber, () => {
    if (!left) return;
    const { at, playing } = left;
    left = null;
    seek(at);
    clock.play(playing);
    paint();
  });
  scrubber.addEventListener("input", () => {
    left ??= { at: clock.at(), playing: clock.playing() };
    seek(Number(scrubber.value));
  });
  scrubber.addEventListener("change", () => (left = null));
}
