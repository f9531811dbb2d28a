/** The image under focus, as large as it gets, what the discriminator thinks of it, and whether it is a copy. */

import { button, h, icon, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { createPixelCanvas } from "../widgets/pixelCanvas.js";
import { outputShare, outputText } from "../engine/discriminatorOutput.js";
import { createNearestImage } from "./nearestImage.js";
import { createImageQueue } from "../engine/imageQueue.js";

const EXPAND = "M6 2H2v4M10 2h4v4M6 14H2v-4M10 14h4v-4";
const PLUS = "M8 3v10M3 8h10";

/**
 * What a tool puts into focus.
 * @typedef {{z: Float32Array, words: string, point?: import("../state/state.js").Point}} Focus
 */

/**
 * @param {object} page what all parts of the page share, see main.js
 * @param {(focus: Focus) => void} keep makes a pick of what is in focus
 */
export function createImagePanel(page, keep) {
  const picture = createPixelCanvas("lg-stage-image", "No image yet.");
  const caption = h("figcaption", { class: "lg-stage-caption" });
  const title = h("span", { class: "lg-muted" });
  const verdict = h("span", { class: "lg-verdict" });
  const fill = h("i");
  const bar = h("div", { class: "lg-bar lg-tone-d", role: "img" }, fill);
  const judge = h("p", { class: "lg-judge lg-muted" });
  const neighbour = createNearestImage(page);
  const queue = createImageQueue(page.engine, page.say);
  const pick = button({ class: "lg-button lg-small", title: "Make a pick of this image", onclick: () => focus && keep(focus) },
    icon(PLUS), "Pick this");
  const expand = button({ class: "lg-button lg-small lg-quiet lg-square", "aria-label": "Full screen", title: "Full screen",
    onclick: () => (document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen()) }, icon(EXPAND));
  const figure = h("figure", { class: "lg-stage-figure" }, h("div", { class: "lg-stage-box" }, picture.el), caption);
  const el = h("section", { class: "lg-card lg-stage", "aria-label": "Image" },
    h("div", { class: "lg-card-head" }, h("h2", { class: "lg-title", text: "Image" }), h("div", { class: "lg-card-acts" }, pick, expand)),
    h("div", { class: "lg-stage-view" }, figure,
      h("div", { class: "lg-opinion" }, h("div", { class: "lg-opinion-line" }, title, verdict), bar, judge)),
    neighbour.el);

  let focus = null;
  let drawnZ = null;
  let drawnKey = "";
  let images; // the last answer, overwritten by the next of the same model
  let madeBy = null;

  function show(model, made) {
    images = made;
    madeBy = model;
    picture.show(made.pixels, 0, model.side);
    const opinion = made.opinions?.[0];
    const text = opinion === undefined ? "–" : outputText(model.opinion, opinion);
    setText(verdict, text);
    const share = opinion === undefined ? null : outputShare(model.opinion, opinion);
    fill.style.transform = `scaleX(${share ?? 0})`;
    bar.style.visibility = share === null ? "hidden" : "visible";
    setAttr(bar, "aria-label", `${model.opinion.title}: ${text}`);
    picture.label(`Generated image, ${focus.words}. ${model.opinion.title}: ${text}.`);
    neighbour.changed(model, made.pixels);
  }

  function describe(model) {
    setText(title, model.opinion.title);
    setAttr(title, "title", model.opinion.note);
    const whose = model.judgedBy === model.epoch ? "" : ", the last one that was kept";
    const where = model.where === "server" ? " The server makes these images." : "";
    setText(judge, (model.hasDiscriminator
      ? `Judged by the discriminator of epoch ${model.judgedBy}${whose}.`
      : "No discriminator was kept with these weights.") + where);
  }

  return {
    el,
    /** The pixels on show. */
    pixels: () => images?.pixels,
    model: () => madeBy,
    focus: () => focus,
    canvas: picture.el,

    /** @param {Focus|null} next */
    update({ model, key, dropout }, next) {
      focus = next;
      setBlocked(pick, next ? null : "There is no image yet.");
      setText(caption, next?.words ?? "");
      if (!next || (next.z === drawnZ && key === drawnKey)) return;
      drawnZ = next.z;
      if (madeBy?.key !== model.key) describe(model);
      if (model.where === "browser") {
        const into = madeBy === model ? images : null;
        show(model, page.engine.imagesNow(model, next.z, { dropout, into }));
      } else {
        queue.ask(model, next.z, { dropout }, (made) => {
          show(model, made);
          page.touch(); // the tool may draw what is shown
        });
      }
      drawnKey = key;
    },

    clear() {
      focus = drawnZ = madeBy = null;
      images = undefined;
      picture.clear();
      for (const each of [caption, title, verdict, judge]) setText(each, "");
      fill.style.transform = "scaleX(0)";
    },
  };
}
