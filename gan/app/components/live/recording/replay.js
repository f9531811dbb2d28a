/** Plays a recording again: a clock over its batches with buttons and keys. It tells where it is; the page shows it. */

/** @import { Mark } from "../../types.d.ts" */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { steadySlider } from "../../shared/gestures.js";

const SPEEDS = [1, 4, 16, 64, 256];
const LONGEST = 40; // seconds that a whole replay takes at most, at the speed it begins with
const TICK = 50; // ms between two looks of the page
const LONGEST_FRAME = 250; // ms; a tab that was hidden continues where it was
const STEPS = 100; // arrow keys from one end to the other
const PLAY = "M4.5 2.5v11l9-5.5z";
const PAUSE = "M5 3v10M11 3v10";
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
 * @typedef {ReturnType<typeof createClock>} Clock
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
    /** So that the space bar pauses it. */
    focus: controls.focus,
    /** In batches/s; 0 while it pauses. */
    rate: () => (clock.playing() ? clock.rate() : 0),
    end() {
      clock.end();
      end();
      controls.el.remove();
    },
  };
}

/**
 * @param {Recorded} recorded
 * @param {() => void} passed called when it has come to another batch, but not for every frame
 */
function createClock({ from, last, pace }, passed) {
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

/**
 * @param {() => void} toggle plays or pauses
 * @param {(speed: number) => void} setSpeed
 */
function createControls(toggle, setSpeed) {
  const glyph = h("span", { class: "lg-glyph" });
  const word = h("span");
  const play = button({ class: "lg-button lg-small lg-primary lg-replay-play", onclick: toggle }, glyph, word);
  const scrubber = h("input", { type: "range", min: 1, step: 1, "aria-label": "Batch of the replay" });
  const ticks = h("span", { class: "lg-replay-ticks", "aria-hidden": "true" });
  const speeds = SPEEDS.map((speed) => button({ class: "lg-chip", text: `${speed}×`, onclick: () => setSpeed(speed) }));
  const rate = h("output", { class: "lg-replay-rate lg-muted" });
  const el = h("div", { class: "lg-replay" }, play,
    h("div", { class: "lg-replay-track" }, ticks, scrubber),
    h("div", { class: "lg-replay-speeds", role: "group", "aria-label": "Speed of the replay" }, ...speeds), rate);
  let drawn = "";

  /**
   * @param {Mark[]} marks
   * @param {number} last
   */
  function showMarks(marks, last) {
    const places = [...new Set(marks.map((mark) => (mark.batch / last).toFixed(4)))];
    if (places.join(" ") === drawn) return;
    drawn = places.join(" ");
    ticks.replaceChildren(...places.map((place) => h("i", { style: `left:${Number(place) * 100}%` })));
  }

  return {
    el,
    scrubber,
    focus: () => play.focus({ preventScroll: true }),
    /**
     * @param {Clock} clock
     * @param {number} last
     * @param {Mark[]} marks
     */
    show(clock, last, marks) {
      const batch = clock.batch();
      scrubber.max = String(last);
      scrubber.value = String(batch);
      scrubber.style.setProperty("--lg-fill", String(last > 1 ? (batch - 1) / (last - 1) : 0));
      setAttr(scrubber, "aria-valuetext", `batch ${count(batch)} of ${count(last)}`);
      setText(rate, `${perSecond(clock.rate())} batches/s`);
      SPEEDS.forEach((each, i) => setAttr(speeds[i], "aria-pressed", String(each === clock.speed())));
      const action = clock.playing() ? "Pause" : "Play";
      if (word.textContent !== action) glyph.replaceChildren(icon(clock.playing() ? PAUSE : PLAY));
      setText(word, action);
      showMarks(marks, last);
    },
  };
}

/** @param {number} rate */
const perSecond = (rate) => (rate < 10 ? rate.toFixed(1) : count(rate));

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
