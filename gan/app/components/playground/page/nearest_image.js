/** The nearest training image: does the generator copy? Asked for on demand, once the image rests. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { messageOf } from "../engine/errors.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";

/** @import { Model, Nearest } from "../engine/engine.js" */
/** @import { Page } from "../types.d.ts" */

/** @typedef {{model: Model, pixels: Uint8ClampedArray<ArrayBuffer>}} Shown */

const REST_MS = 300;

/** @param {Page} page */
export function createNearestImage(page) {
  const answer = createAnswer();
  const toggle = button({
    class: "lg-button lg-small", "aria-pressed": "false", text: "Nearest training image", onclick: switchIt,
  });
  let on = false;
  let timer = 0;
  let busy = false;
  /** @type {Shown | null} the image on show */
  let current = null;
  /** @type {Shown | null} the one that was asked about */
  let asked = null;

  function switchIt() {
    on = !on;
    setAttr(toggle, "aria-pressed", on ? "true" : "false");
    answer.el.hidden = !on;
    if (!on) return;
    answer.searching();
    ask();
  }

  async function ask() {
    clearTimeout(timer);
    if (!on || busy || !current || asked === current) return;
    busy = true;
    const mine = (asked = current);
    try {
      const found = await page.engine.nearest(mine.model, mine.pixels);
      if (mine === current) answer.show(mine.model, found);
    } catch (error) {
      if (mine === current) answer.fail(messageOf(error));
    }
    busy = false;
    if (mine !== current) timer = setTimeout(ask, REST_MS);
  }

  return {
    el: h("div", { class: "lg-nearest" }, toggle, answer.el),
    /**
     * Another image is on show.
     * @param {Model} model
     * @param {Uint8ClampedArray<ArrayBuffer>} pixels
     */
    changed(model, pixels) {
      current = { model, pixels: on ? pixels.slice() : pixels };
      if (!on) return;
      answer.outdated();
      clearTimeout(timer);
      timer = setTimeout(ask, REST_MS);
    },
  };
}

/** The image that was found, and how far it is. */
function createAnswer() {
  const picture = createPixelCanvas("lg-nearest-image");
  const verdict = h("b");
  const details = h("span", { class: "lg-muted" });
  const el = h("div", { class: "lg-nearest-box", hidden: true }, picture.el,
    h("p", { class: "lg-nearest-text", role: "status" }, verdict, details));

  return {
    el,
    searching: () => setText(details, "Searching."),
    outdated: () => setAttr(el, "data-stale", "true"),
    /**
     * @param {Model} model
     * @param {Nearest} found
     */
    show(model, found) {
      picture.show(found.pixels, 0, model.side);
      picture.label(`The nearest training image, number ${found.index}.`);
      picture.el.style.visibility = "visible";
      setText(verdict, `Distance ${found.distance.toFixed(2)}${copyText(found)}.`);
      setText(details, detailsOf(found));
      setAttr(el, "data-stale", null);
    },
    /** @param {string} sentence */
    fail(sentence) {
      picture.el.style.visibility = "hidden";
      setText(verdict, "");
      setText(details, sentence);
      setAttr(el, "data-stale", null);
    },
  };
}

/**
 * The server decides, as it does for the share of copies that it measures; it may not know the limits yet.
 * @param {Nearest} found
 */
function copyText({ distance, copy }) {
  if (distance === 0) return ": a copy";
  if (copy === null) return "";
  return copy ? ": nearly a copy" : ": no copy";
}

/** @param {Nearest} found */
function detailsOf(found) {
  const limit = found.limit === null ? ""
    : ` Nearly a copy lies within ${found.limit.toFixed(2)} of such an image.`;
  return `${limit} ${found.typical.toFixed(2)} is typical from one training image to the nearest other. This is number `
    + `${count(found.index)} of ${count(found.count)} (${found.set}), labelled ${found.label}.`;
}
