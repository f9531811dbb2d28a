/** The images of every epoch: a strip that only builds what is in view, and a slider through all of it. */

import { button, h, icon, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { steadySlider } from "../../shared/gestures.js";
import { createEpochPictures } from "./epoch_pictures.js";
import { createStrip } from "./strip.js";

const REPLAY = "M2.5 8a5.5 5.5 0 1 0 1.8-4.1M2.5 2.5v3h3M6.8 5.6v4.8L10.6 8z";
const KEPT_HERE = "The images of every finished epoch are kept here.";
const MEANING = "See the run train again, with every knob as it was moved";
const NOT_YET = "before the first epoch's end";

/**
 * @typedef {object} Listeners
 * @property {(epoch: number) => void} pick an epoch was chosen
 * @property {() => void} live back to now
 * @property {() => void} replay
 * @property {(epoch: number | null, picture: HTMLImageElement | null, label: string) => void} show the picture of an
 *   epoch is here (null: there is none yet)
 */

/**
 * `el` is the strip, `controls` belong below the picture.
 * @param {(run: string, epoch: number) => string} urlOf an epoch's grid
 * @param {Listeners} on
 */
export function createFilmstrip(urlOf, on) {
  const controls = createControls(on, () => chosen);
  const strip = createStrip(on.pick);
  const hint = h("p", { class: "lg-filmstrip-hint lg-muted", text: KEPT_HERE });
  const tip = h("span", { text: "Choose an epoch to go back to it." });
  const foot = h("div", { class: "lg-filmstrip-foot lg-muted" }, tip);
  const el = h("section", { class: "lg-card lg-filmstrip", "aria-label": "Epochs" }, strip.el, hint, foot);
  /** @type {string | null} */
  let run = null;
  let total = 0;
  /** @type {number | null} */
  let chosen = null; // the epoch that is wanted; null: live

  /** @param {number} epoch */
  const address = (epoch) => urlOf(run ?? "", epoch);
  const pictures = createEpochPictures(address, (epoch, image) =>
    on.show(epoch, image, `epoch ${count(epoch)} of ${count(total)}`));

  function paint() {
    controls.paint(chosen, total);
    strip.mark(chosen);
    hint.hidden = total > 0;
    tip.hidden = total < 1;
  }

  function clear() {
    chosen = null;
    total = 0;
    pictures.clear();
    strip.clear();
  }

  paint();
  return {
    el,
    controls: controls.el,
    foot,
    /**
     * Go to an epoch (null: live; 0: before the first).
     * @param {number | null} epoch
     * @param {boolean} [rolling] whether the following ones will be wanted soon
     */
    go(epoch, rolling = false) {
      if (epoch === chosen) return;
      chosen = epoch;
      paint();
      pictures.want(epoch, rolling ? total : null);
      if (epoch) strip.reveal(epoch);
      else on.show(epoch, null, NOT_YET);
      if (epoch === null) strip.toEnd();
    },
    /**
     * @param {{ name: string, grids: number } | null} next
     * @param {string | null} refusal why it cannot be replayed
     */
    update(next, refusal) {
      controls.block(refusal);
      const name = next?.name ?? null;
      const grids = next?.grids ?? 0;
      const other = name !== run;
      if (other) clear();
      if (!other && grids === total) return;
      run = name;
      total = grids;
      strip.resize(total, address);
      paint();
      pictures.present();
      strip.follow();
    },
    destroy() {
      strip.destroy();
      pictures.destroy();
    },
  };
}

/**
 * The button that replays, and the slider through the epochs.
 * @param {Listeners} on
 * @param {() => number | null} chosen
 */
function createControls(on, chosen) {
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
