/** Plays a recording again: a clock over its batches with its buttons and keys. It says where it is; the page shows that. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { steadySlider } from "../../shared/gestures.js";

const SPEEDS = [1, 4, 16, 64, 256];
const LONGEST = 40; // seconds that a whole replay takes at most, at the speed it begins with
const TICK = 50; // ms between two looks of the page
const STEPS = 100; // arrow keys from one end to the other
const PLAY = "M4.5 2.5v11l9-5.5z";
const PAUSE = "M5 3v10M11 3v10";

const perSecond = (rate) => (rate < 10 ? rate.toFixed(1) : count(rate));

/**
 * @param {{from: number, last: () => number, pace: () => number, epoch: number, marks: () => import("../charts/marks.js").Mark[],
 *   moved: (knobs: string[]) => void, leave: () => void}} recording
 *   `from` and `last` are batches, from 1; `pace` is the run's own in batches/s; `epoch` is how many batches one has.
 *   `moved` is told of the knobs that were turned on the way.
 */
export function createReplay({ from, last, pace, epoch, marks, moved, leave }) {
  const glyph = h("span", { class: "lg-filmstrip-glyph" }, icon(PAUSE));
  const word = h("span", { text: "Pause" });
  const play = button({ class: "lg-button lg-small lg-primary lg-replay-play", onclick: toggle }, glyph, word);
  const scrubber = h("input", { type: "range", min: 1, max: last(), step: 1, value: from, "aria-label": "Batch of the replay" });
  const ticks = h("span", { class: "lg-replay-ticks", "aria-hidden": "true" });
  const speeds = SPEEDS.map((speed) => button({ class: "lg-chip", text: `${speed}×`, onclick: () => setSpeed(speed) }));
  const rate = h("output", { class: "lg-replay-rate lg-muted" });
  const el = h("div", { class: "lg-replay" }, play,
    h("div", { class: "lg-replay-track" }, ticks, scrubber),
    h("div", { class: "lg-replay-speeds", role: "group", "aria-label": "Speed of the replay" }, ...speeds), rate);
  let at = Math.min(from, last());
  let speed = SPEEDS.find((s) => last() / (pace() * s) <= LONGEST) ?? SPEEDS.at(-1);
  let playing = true;
  let before = performance.now(); // of the last frame
  let told = 0;
  let frame = requestAnimationFrame(tick);
  let drawn = "";

  const batch = () => Math.max(1, Math.min(last(), Math.floor(at)));

  function tick(now) {
    frame = requestAnimationFrame(tick);
    const passed = Math.min(now - before, 250) / 1000; // a tab that was hidden goes on where it was
    before = now;
    if (!playing) return;
    const was = batch();
    at = Math.min(at + passed * pace() * speed, last());
    if (at >= last()) setPlaying(false);
    else if (now - told < TICK || batch() === was) return;
    told = now;
    paint();
  }

  let painted = batch();

  function paint() {
    const turned = playing ? marks().filter((mark) => mark.batch > painted && mark.batch <= batch()).map((mark) => mark.knob) : [];
    painted = batch();
    show();
    moved(turned);
  }

  /** The controls; the length grows while the run trains. */
  function show() {
    scrubber.max = last();
    scrubber.value = batch();
    scrubber.style.setProperty("--lg-fill", last() > 1 ? (batch() - 1) / (last() - 1) : 0);
    setAttr(scrubber, "aria-valuetext", `batch ${count(batch())} of ${count(last())}`);
    setText(rate, `${perSecond(pace() * speed)} batches/s`);
    SPEEDS.forEach((each, i) => setAttr(speeds[i], "aria-pressed", String(each === speed)));
    const places = marks().map((mark) => (mark.batch / last()).toFixed(4)).join(" ");
    if (places === drawn) return;
    drawn = places;
    ticks.replaceChildren(...[...new Set(places.split(" "))].filter(Boolean).map((place) => h("i", { style: `left:${place * 100}%` })));
  }

  function setPlaying(on) {
    playing = on;
    glyph.replaceChildren(icon(on ? PAUSE : PLAY));
    setText(word, on ? "Pause" : "Play");
  }

  function toggle() {
    if (!playing && at >= last()) at = painted = 1;
    setPlaying(!playing);
    paint();
  }

  function setSpeed(next) {
    speed = next;
    paint();
  }

  /** Go to a batch and stay there. */
  function seek(to) {
    at = Math.max(1, Math.min(last(), to));
    setPlaying(false);
    paint();
  }

  const step = () => Math.max(1, Math.round(last() / STEPS));
  const keys = {
    " ": toggle,
    ArrowLeft: () => seek(batch() - step()),
    ArrowRight: () => seek(batch() + step()),
    PageUp: () => seek((Math.ceil(batch() / epoch) - 1) * epoch),
    PageDown: () => seek((Math.floor(batch() / epoch) + 1) * epoch),
    Home: () => seek(1),
    End: () => seek(last()),
    Escape: leave,
  };

  function onKey(event) {
    const { target } = event;
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    const busy = target.closest("input, textarea, select, [role=slider], .lg-plot-box, [role=dialog]");
    if (target !== scrubber && busy) return;
    if (event.key === " " && target.closest("button, a, summary")) return; // it acts on that
    event.preventDefault();
    keys[event.key]();
  }

  let left = null; // where it was, and whether it played, when the slider began to move
  steadySlider(scrubber, () => {
    const back = left;
    left = null;
    seek(back.at);
    setPlaying(back.playing);
  });
  scrubber.addEventListener("input", () => {
    left ??= { at, playing };
    seek(Number(scrubber.value));
  });
  scrubber.addEventListener("change", () => (left = null));
  document.addEventListener("keydown", onKey);
  show();

  return {
    el,
    batch,
    seek,
    show,
    /** So that the space bar pauses it. */
    focus: () => play.focus({ preventScroll: true }),
    /** In batches/s; 0 while it pauses. */
    rate: () => (playing ? pace() * speed : 0),
    end() {
      cancelAnimationFrame(frame);
      document.removeEventListener("keydown", onKey);
      el.remove();
    },
  };
}
