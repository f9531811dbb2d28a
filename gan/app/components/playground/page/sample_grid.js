/** Samples to pick from, each made from the noise of its own seed. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { withError } from "../../shared/field_error.js";
import { createImageQueue } from "../engine/image_queue.js";
import { stack } from "../engine/vectors.js";
import { vectorOf } from "../state/points.js";
import { HIGHEST_SEED, SAMPLES, bySeed, letter, renewSamples, sampleSeeds } from "../state/state.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";

/** @import { Frame, Page, Point } from "../types.d.ts" */

const AGAIN = "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3";

/**
 * @param {Page} page
 * @param {{toggle: (point: Point) => void, add: (point: Point) => void}} act for a sample that was clicked, and for a
 *   typed seed
 */
export function createSampleGrid(page, act) {
  const { state, requestDraw } = page;
  const queue = createImageQueue(page.engine, page.say);
  /** @type {Point[]} */
  let points = [];
  const cells = Array.from({ length: SAMPLES }, (_, i) => createCell(page, () => points[i], act.toggle));
  const seed = createSeedForm(act.add);
  const fresh = button({ class: "lg-button lg-small", title: "Show other samples", onclick() {
    renewSamples(state);
    requestDraw();
  } }, icon(AGAIN), "New ones");
  let first = -1;
  let drawn = "";

  function describe() {
    const picked = new Map(state.picks.map((pick, i) => [pick.seed, letter(i)]));
    cells.forEach((cell, i) => cell.describe(points[i].seed, picked.get(points[i].seed)));
  }

  return {
    el: h("section", { class: "lg-samples", "aria-label": "Samples" },
      h("div", { class: "lg-card-head" },
        h("h2", { class: "lg-title", text: "Samples", "data-word": "z" }),
        h("span", { class: "lg-muted lg-aside", text: "Click to pick." }),
        seed.error, h("div", { class: "lg-card-acts" }, seed.form, fresh)),
      h("div", { class: "lg-sample-grid" }, ...cells.map((cell) => cell.el))),

    points: () => points,

    /** @param {Frame} frame */
    update({ model, key, dropout, label }) {
      if (state.firstSeed !== first) {
        first = state.firstSeed;
        points = sampleSeeds(state).map(bySeed);
      }
      describe();
      if (drawn === `${key} ${first}`) return;
      drawn = `${key} ${first}`;
      const vectors = points.map((point) => vectorOf(point, model));
      queue.ask(model, stack(vectors), { dropout, label, outputs: false }, ({ pixels }) =>
        cells.forEach((cell, i) => cell.show(pixels, i, model.side)));
    },
  };
}

/**
 * @param {Page} page
 * @param {() => Point} point that it shows
 * @param {(point: Point) => void} chosen
 */
function createCell(page, point, chosen) {
  const picture = createPixelCanvas("lg-cell-image");
  const badge = h("span", { class: "lg-letter" });
  const el = button({ class: "lg-sample", onclick: () => chosen(point()) }, picture.el, badge);
  el.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && page.preview(point()));
  el.addEventListener("pointerleave", () => page.preview(null));
  el.addEventListener("focus", () => el.matches(":focus-visible") && page.preview(point()));
  el.addEventListener("blur", () => page.preview(null));
  picture.el.setAttribute("aria-hidden", "true"); // the button says it
  return {
    el,
    show: picture.show,
    /**
     * @param {number | null} seed
     * @param {string | undefined} name of the pick that it is
     */
    describe(seed, name) {
      setText(badge, name ?? "");
      setAttr(el, "aria-pressed", name ? "true" : "false");
      setAttr(el, "aria-label", `Sample of seed ${seed}`);
      setAttr(el, "title", `seed ${seed}`);
    },
  };
}

/** @param {(point: Point) => void} typed */
function createSeedForm(typed) {
  const field = h("input", {
    class: "lg-field lg-seed", type: "text", inputmode: "numeric", "aria-label": "Seed", placeholder: "Seed",
  });
  const checked = withError(field);
  const submit = h("button", { type: "submit", class: "lg-button lg-small", text: "Pick" });
  const form = h("form", { class: "lg-seed-form" }, field, submit);
  field.addEventListener("input", () => checked.say(""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const seed = /^\d+$/.test(field.value.trim()) ? Number(field.value) : NaN;
    const bad = !(seed <= HIGHEST_SEED);
    checked.say(bad ? `A seed is a whole number from 0 to ${HIGHEST_SEED}.` : "");
    if (bad) return;
    field.value = "";
    typed(bySeed(seed));
  });
  return { form, error: checked.el };
}
