/** The controls of a replay: the button that plays it, its slider with the knob changes, its speeds. */

/** @import { Mark } from "../../types.d.ts" */
/** @import { Clock } from "./replay_clock.js" */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { SPEEDS } from "./replay_clock.js";

const PLAY = "M4.5 2.5v11l9-5.5z";
const PAUSE = "M5 3v10M11 3v10";

/**
 * @param {() => void} toggle plays or pauses
 * @param {(speed: number) => void} setSpeed
 */
export function createControls(toggle, setSpeed) {
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
