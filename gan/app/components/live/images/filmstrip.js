/** The images of every epoch: a strip that only builds what is in view; `epoch_slider.js` moves through all of it. */

import { h } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { createEpochPictures } from "./epoch_pictures.js";
import { createEpochSlider } from "./epoch_slider.js";
import { createStrip } from "./strip.js";

const KEPT_HERE = "The images of every finished epoch are kept here.";
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
  const controls = createEpochSlider(on, () => chosen);
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
