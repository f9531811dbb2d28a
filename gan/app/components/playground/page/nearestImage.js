/** The nearest training image: does the generator copy? Asked for on demand, once the image rests. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { createPixelCanvas } from "../widgets/pixelCanvas.js";

const REST_MS = 300;

/** The server decides, as it does for the share of copies that it measures; it may not know the limits yet. */
const judged = ({ distance, copy }) => (distance === 0 ? ": a copy" : copy === null ? "" : copy ? ": nearly a copy" : ": no copy");

/** @param {object} page what all parts of the page share, see main.js */
export function createNearestImage(page) {
  const picture = createPixelCanvas("lg-near-image");
  const verdict = h("b");
  const details = h("span", { class: "lg-muted" });
  const text = h("p", { class: "lg-near-text", role: "status" }, verdict, details);
  const toggle = button({ class: "lg-button lg-small", "aria-pressed": "false", text: "Nearest training image", onclick() {
    on = !on;
    setAttr(toggle, "aria-pressed", on ? "true" : "false");
    box.hidden = !on;
    if (!on) return;
    setText(details, "Searching.");
    ask();
  } });
  const box = h("div", { class: "lg-near-box" }, picture.el, text);
  box.hidden = true;
  let on = false;
  let timer = 0;
  let busy = false;
  let current = null; // the image on show: {model, pixels}
  let asked = null; // the one that was asked about

  async function ask() {
    clearTimeout(timer);
    if (!on || busy || !current || asked === current) return;
    busy = true;
    const mine = (asked = current);
    try {
      const found = await page.engine.nearest(mine.model, mine.pixels);
      if (mine === current) show(mine.model, found);
    } catch (error) {
      if (mine === current) fail(error.message);
    }
    busy = false;
    if (mine !== current) timer = setTimeout(ask, REST_MS);
  }

  function show(model, found) {
    picture.show(found.pixels, 0, model.side);
    picture.label(`The nearest training image, number ${found.index}.`);
    picture.el.style.visibility = "visible";
    setText(verdict, `Distance ${found.distance.toFixed(2)}${judged(found)}.`);
    const limit = found.limit === null ? "" : ` Nearly a copy lies within ${found.limit.toFixed(2)} of such an image.`;
    setText(details, `${limit} ${found.typical.toFixed(2)} is typical from one training image to the nearest other. This is number `
      + `${count(found.index)} of ${count(found.count)} (${found.set}), labelled ${found.label}.`);
    setAttr(box, "data-stale", null);
  }

  function fail(sentence) {
    picture.el.style.visibility = "hidden";
    setText(verdict, "");
    setText(details, sentence);
    setAttr(box, "data-stale", null);
  }

  return {
    el: h("div", { class: "lg-near" }, toggle, box),
    /** Another image is on show. */
    changed(model, pixels) {
      current = { model, pixels: on ? pixels.slice() : pixels };
      if (!on) return;
      setAttr(box, "data-stale", "true");
      clearTimeout(timer);
      timer = setTimeout(ask, REST_MS);
    },
  };
}
