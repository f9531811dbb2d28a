/** The 8 x 8 images of the fixed noise: live, or of a chosen epoch. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { isSeen } from "../../shared/seen.js";
import { contextOf } from "./canvas.js";

const EXPAND = "M6 2H2v4M10 2h4v4M6 14H2v-4M10 14h4v-4";
const NONE = "Images of the generator: none yet.";

/**
 * @param {() => void} goLive called by the button that leaves a chosen epoch
 * @param {(canvas: HTMLCanvasElement | null) => void} drawn called with every picture, and with null when there is none
 */
export function createGrid(goLive, drawn) {
  const { el, stage, maker, ...picture } = createPicture(goLive, drawn);
  /** @type {number | null} */
  let epoch = null; // null: live
  /** @type {{ picture: ImageBitmap, batch: number } | null} */
  let latest = null; // the newest live picture, drawn when it is wanted
  /** @type {[png: Blob, batch: number] | null} */
  let waiting = null; // arrived while nobody could see it
  let asked = 0; // counts pictures, so that an older one that was decoded later is not drawn

  function drawLive() {
    if (!latest) return;
    const { batch } = latest;
    picture.draw(latest.picture, batch ? `after batch ${count(batch)}` : "before the first batch");
  }

  /**
   * A newer live picture.
   * @param {Blob} png
   * @param {number} batch
   */
  async function live(png, batch) {
    waiting = isSeen() ? null : [png, batch];
    if (waiting) return;
    const turn = ++asked;
    const decoded = await createImageBitmap(png);
    if (turn !== asked) return decoded.close(); // a later one overtook it
    latest?.picture.close();
    latest = { picture: decoded, batch };
    if (epoch === null) drawLive();
  }

  return {
    el,
    stage,
    live,
    /**
     * Show an epoch's picture (null: go back to live).
     * @param {number | null} chosen
     * @param {HTMLImageElement | null} image loaded; null if there is none
     * @param {string} label
     */
    choose(chosen, image, label) {
      epoch = chosen;
      if (epoch === null) drawLive();
      else if (image) picture.draw(image, label);
      else picture.blank(label, "The first picture is that of epoch 1.");
      picture.offerLive(epoch !== null);
    },
    /** @param {boolean} averaged whether the running average of the generator's weights makes the images */
    madeBy: (averaged) => setText(maker, averaged ? " by the averaged generator" : ""),
    /** The page can be seen again. */
    wake() {
      if (waiting) live(...waiting);
    },
    /** @param {string} sentence why there is no picture */
    clear(sentence) {
      epoch = latest = waiting = null;
      asked += 1; // what is still being decoded belongs to another run
      picture.blank("", sentence);
      picture.offerLive(false);
    },
  };
}

/**
 * The picture on the page.
 * @param {() => void} goLive
 * @param {(canvas: HTMLCanvasElement | null) => void} drawn
 */
function createPicture(goLive, drawn) {
  const canvas = h("canvas", { class: "lg-grid-canvas", width: 242, height: 242, role: "img", "aria-label": NONE });
  const hint = h("p", { class: "lg-grid-hint" });
  const caption = h("figcaption", { "aria-live": "off" });
  const live = button({ class: "lg-button lg-small", text: "Live", style: "visibility: hidden", onclick: goLive });
  const expand = button({ class: "lg-button lg-small lg-quiet lg-expand", "aria-label": "Full screen",
    title: "Full screen", onclick: toggleFullscreen }, icon(EXPAND));
  const maker = h("span", { class: "lg-maker lg-muted" });
  const stage = h("div", { class: "lg-grid-stage" }, canvas, hint);
  const foot = h("div", { class: "lg-grid-foot" }, h("span", {}, caption, maker), live);
  const figure = h("figure", { class: "lg-grid-figure", "data-figure": "images" }, stage, foot);
  const head = h("div", { class: "lg-card-head" },
    h("h2", { class: "lg-title", text: "Generated images", "data-word": "generator" }), expand);
  const context = contextOf(canvas);

  function toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else figure.requestFullscreen();
  }

  return {
    el: h("section", { class: "lg-card lg-grid", "aria-label": "Images" }, head, figure),
    stage,
    maker,
    /**
     * @param {ImageBitmap | HTMLImageElement} picture
     * @param {string} label
     */
    draw(picture, label) {
      const { width, height } = picture;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      context.drawImage(picture, 0, 0);
      drawn(canvas);
      setAttr(canvas, "aria-label", `64 images of the generator, ${label}.`);
      setText(caption, label);
      setText(hint, "");
    },
    /**
     * @param {string} label
     * @param {string} sentence why there is no picture
     */
    blank(label, sentence) {
      context.clearRect(0, 0, canvas.width, canvas.height);
      drawn(null);
      setText(caption, label);
      setText(hint, sentence);
      setAttr(canvas, "aria-label", NONE);
    },
    /** @param {boolean} offered whether the page can go back to live */
    offerLive: (offered) => (live.style.visibility = offered ? "visible" : "hidden"),
  };
}
