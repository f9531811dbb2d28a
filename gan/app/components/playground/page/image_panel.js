/** The image in focus, as large as it gets, what the discriminator says of it, and whether it is a copy. */

import { button, h, icon, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { outputShare, outputText } from "../engine/discriminator_output.js";
import { createImageQueue } from "../engine/image_queue.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";
import { createIconButton } from "../widgets/controls.js";
import { createNearestImage } from "./nearest_image.js";

/** @import { Images, Model } from "../engine/engine.js" */
/** @import { Focus, Frame, Page } from "../types.d.ts" */

const EXPAND = "M6 2H2v4M10 2h4v4M6 14H2v-4M10 14h4v-4";
const PLUS = "M8 3v10M3 8h10";

/**
 * @param {Page} page
 * @param {(focus: Focus) => void} keep makes a pick of what is in focus
 */
export function createImagePanel(page, keep) {
  const picture = createPixelCanvas("lg-focus-image", "No image yet.");
  const caption = h("figcaption", { class: "lg-focus-caption" });
  const output = createOutputLine();
  const nearest = createNearestImage(page);
  const queue = createImageQueue(page.engine, page.say);
  /** @type {Focus | null} */
  let focus = null;
  /** @type {{images: Images, model: Model} | null} the last answer, overwritten by the next of the same model */
  let shown = null;
  /** @type {{z: Float32Array | null, label: Float32Array | null, key: string}} */
  let drawn = { z: null, label: null, key: "" };

  const pickTitle = "Make a pick of this image";
  const pick = button({ class: "lg-button lg-small", title: pickTitle, onclick: () => focus && keep(focus) },
    icon(PLUS), "Pick this");
  const figure = h("figure", { class: "lg-focus-figure" }, h("div", { class: "lg-focus-box" }, picture.el), caption);
  const expand = createIconButton("Full screen", EXPAND, () => toggleFullscreen(figure), "lg-quiet");

  /**
   * @param {Model} model
   * @param {Images} images
   */
  function show(model, images) {
    shown = { images, model };
    picture.show(images.pixels, 0, model.side);
    const said = output.show(model, images.outputs?.[0]);
    picture.label(`Generated image, ${focus?.caption}. ${said}.`);
    nearest.changed(model, images.pixels);
  }

  /**
   * @param {Frame} frame
   * @param {Float32Array} z
   * @param {Float32Array | null} label
   */
  function draw({ model, dropout }, z, label) {
    if (model.where === "browser") {
      const into = shown?.model === model ? shown.images : null;
      show(model, page.engine.imagesNow(model, z, { dropout, label, into }));
      return;
    }
    queue.ask(model, z, { dropout, label }, (images) => {
      show(model, images);
      page.requestDraw(); // the tool may draw what is shown
    });
  }

  return {
    el: h("section", { class: "lg-card lg-focus", "aria-label": "Image" },
      h("div", { class: "lg-card-head" },
        h("h2", { class: "lg-title", text: "Image" }), h("div", { class: "lg-card-acts" }, pick, expand)),
      h("div", { class: "lg-focus-view" }, figure, output.el), nearest.el),
    /** The pixels on show. */
    pixels: () => shown?.images.pixels,
    model: () => shown?.model ?? null,
    focus: () => focus,
    canvas: picture.el,

    /**
     * @param {Frame} frame
     * @param {Focus | null} next
     */
    update(frame, next) {
      focus = next;
      setBlocked(pick, next ? null : "There is no image yet.");
      setText(caption, next?.caption ?? "");
      if (!next) return;
      const label = next.label ?? frame.label;
      if (next.z === drawn.z && label === drawn.label && frame.key === drawn.key) return;
      if (shown?.model.key !== frame.model.key) output.describe(frame.model);
      draw(frame, next.z, label);
      drawn = { z: next.z, label, key: frame.key };
    },
  };
}

/** @param {HTMLElement} el */
function toggleFullscreen(el) {
  if (document.fullscreenElement) document.exitFullscreen();
  else el.requestFullscreen();
}

/** What the discriminator says of the image, as a text and a bar, and which discriminator it is. */
function createOutputLine() {
  const title = h("span", { class: "lg-muted", "data-word": "discriminator" });
  const value = h("span", { class: "lg-output-value" });
  const fill = h("i");
  const bar = h("div", { class: "lg-bar lg-tone-d", role: "img" }, fill);
  const source = h("p", { class: "lg-output-source lg-muted" });

  return {
    el: h("div", { class: "lg-output" }, h("div", { class: "lg-output-line" }, title, value), bar, source),

    /**
     * @param {Model} model
     * @param {number | undefined} output
     * @returns {string} what it says, for the image's label
     */
    show({ outputMeaning: meaning }, output) {
      const text = output === undefined ? "–" : outputText(meaning, output);
      const share = output === undefined ? null : outputShare(meaning, output);
      setText(value, text);
      fill.style.transform = `scaleX(${share ?? 0})`;
      bar.style.visibility = share === null ? "hidden" : "visible";
      const label = `${meaning.title}: ${text}`;
      setAttr(bar, "aria-label", label);
      return label;
    },

    /** @param {Model} model other weights than before */
    describe(model) {
      setText(title, model.outputMeaning.title);
      setAttr(title, "title", model.outputMeaning.note);
      const which = model.discriminatorEpoch === model.epoch ? "" : ", the last one that was kept";
      const where = model.where === "server" ? " The server makes these images." : "";
      setText(source, (model.hasDiscriminator
        ? `Judged by the discriminator of epoch ${model.discriminatorEpoch}${which}.`
        : "No discriminator was kept with these weights.") + where);
    },
  };
}
