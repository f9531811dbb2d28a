/** The 8 x 8 images of the fixed noise: live, or of a chosen epoch. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";

const EXPAND = "M6 2H2v4M10 2h4v4M6 14H2v-4M10 14h4v-4";

/**
 * @param {() => void} goLive called by the button that leaves a chosen epoch
 * @param {(canvas: HTMLCanvasElement|null) => void} drawn called with every picture, and with null when there is none
 */
export function createGrid(goLive, drawn) {
  const canvas = h("canvas", { class: "lg-grid-canvas", width: 242, height: 242, role: "img",
    "aria-label": "Images of the generator: none yet." });
  const hint = h("p", { class: "lg-grid-hint" });
  const caption = h("figcaption", { "aria-live": "off" });
  const live = button({ class: "lg-button lg-small", text: "Live", onclick: goLive });
  const expand = button({ class: "lg-button lg-small lg-quiet lg-expand", "aria-label": "Full screen",
    title: "Full screen", onclick: toggleFullscreen }, icon(EXPAND));
  const maker = h("span", { class: "lg-maker lg-muted" });
  const stage = h("div", { class: "lg-grid-stage" }, canvas, hint);
  const figure = h("figure", { class: "lg-grid-figure" }, stage, h("div", { class: "lg-grid-foot" }, h("span", {}, caption, maker), live));
  const el = h("section", { class: "lg-card lg-grid", "aria-label": "Images" },
    h("div", { class: "lg-card-head" }, h("h2", { class: "lg-title", text: "Generated images" }), expand), figure);
  const context = canvas.getContext("2d");
  let epoch = null; // null: live
  let latest = null; // the newest live picture, drawn when it is wanted
  let asked = 0;
  let waiting = null; // arrived while nobody could see it

  function toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else figure.requestFullscreen();
  }

  function draw(picture, label) {
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    context.drawImage(picture, 0, 0);
    drawn(canvas);
    setAttr(canvas, "aria-label", `64 images of the generator, ${label}.`);
    setText(caption, label);
    setText(hint, "");
    live.style.visibility = epoch === null ? "hidden" : "visible";
  }

  function blank(label, sentence) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    drawn(null);
    setText(caption, label);
    setText(hint, sentence);
    setAttr(canvas, "aria-label", "Images of the generator: none yet.");
  }

  function drawLive() {
    if (latest) draw(latest.picture, latest.batch ? `after batch ${count(latest.batch)}` : "before the first batch");
  }

  live.style.visibility = "hidden";
  return {
    el,
    stage,
    /** A newer live picture. */
    async live(png, batch) {
      waiting = document.hidden ? [png, batch] : null;
      if (waiting) return;
      const turn = ++asked;
      const picture = await createImageBitmap(png);
      if (turn !== asked) return picture.close(); // a later one overtook it
      latest?.picture.close();
      latest = { picture, batch };
      if (epoch === null) drawLive();
    },
    /**
     * Show an epoch's picture (null: go back to live).
     * @param {number|null} chosen
     * @param {HTMLImageElement|null} [picture] loaded; null if there is none
     */
    choose(chosen, picture, label) {
      epoch = chosen;
      if (epoch === null) drawLive();
      else if (picture) draw(picture, label);
      else blank(label, "The first picture is that of epoch 1.");
      live.style.visibility = epoch === null ? "hidden" : "visible";
    },
    /** @param {boolean} averaged whether the running average of the generator's weights makes the images */
    madeBy: (averaged) => setText(maker, averaged ? " by the averaged generator" : ""),
    /** The page can be seen again. */
    wake() {
      if (waiting) this.live(...waiting);
    },
    clear(sentence) {
      epoch = latest = waiting = null;
      asked += 1; // what is still being decoded belongs to another run
      blank("", sentence);
      live.style.visibility = "hidden";
    },
  };
}
