/** The slider through a run's epochs, below its images, and the button that replays the run. */

/** @import { Listeners } from "./filmstrip.js" */
import { button, h, icon, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { steadySlider } from "../../shared/gestures.js";

const REPLAY = "M2.5 8a5.5 5.5 0 1 0 1.8-4.1M2.5 2.5v3h3M6.8 5.6v4.8L10.6 8z";
const MEANING = "See the run train again, with every knob as it was moved";

/**
 * The button that replays, and the slider through the epochs.
 * @param {Listeners} on
 * @param {() => number | null} chosen
 */
export function createEpochSlider(on, chosen) {
  const slider = h("input", { type: "range", min: 1, max: 1, value: 1, "aria-label": "Epoch" });
  const shown = h("output", { class: "lg-filmstrip-epoch" });
  const replay = button({ class: "lg-button lg-small", title: MEANING, onclick: on.replay }, icon(REPLAY), "Replay");
  /** @type {number | null | undefined} */
  let before; // what was chosen when the slider began to move; undefined while it rests
  steadySlider(slider, () => {
    const epoch = before;
    before = undefined;
    if (typeof epoch === "number") on.pick(epoch);
    else on.live();
  });
  slider.addEventListener("input", () => {
    if (before === undefined) before = chosen();
    on.pick(Number(slider.value));
  });
  slider.addEventListener("change", () => (before = undefined));
  return {
    el: h("div", { class: "lg-filmstrip-controls" }, replay, slider, shown),
    /** @param {string | null} refusal why it cannot be replayed */
    block: (refusal) => setBlocked(replay, refusal),
    /**
     * @param {number | null} epoch
     * @param {number} total
     */
    paint(epoch, total) {
      const at = epoch ?? total;
      slider.max = String(Math.max(1, total));
      slider.value = String(Math.max(1, at));
      slider.disabled = total < 1;
      slider.style.setProperty("--lg-fill", String(total > 1 ? Math.max(0, at - 1) / (total - 1) : 0));
      setAttr(slider, "aria-valuetext", total ? `epoch ${at} of ${total}` : "no epoch yet");
      setText(shown, total ? `${count(at)} of ${count(total)}` : "none yet");
    },
  };
}
