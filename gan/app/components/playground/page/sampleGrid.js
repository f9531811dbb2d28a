/** The board: samples to pick from, each made from the noise of its own seed. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { withError } from "../../shared/field_error.js";
import { createPixelCanvas } from "../widgets/pixelCanvas.js";
import { stack } from "../engine/latent.js";
import { vectorOf } from "../state/points.js";
import { createImageQueue } from "../engine/imageQueue.js";
import { SAMPLES, HIGHEST_SEED, sampleSeeds, bySeed, letter } from "../state/state.js";

const AGAIN = "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3";

/**
 * @param {object} page what all parts of the page share, see main.js
 * @param {Record<"choose"|"join", (point: import("../state/state.js").Point) => void>} act for a sample that was clicked, and
 *   for a typed seed
 */
export function createSampleGrid(page, act) {
  const { state, touch } = page;
  const queue = createImageQueue(page.engine, page.say);
  const cells = Array.from({ length: SAMPLES }, (_, i) => createCell(i));
  const field = h("input", { class: "lg-field lg-seed", type: "text", inputmode: "numeric", "aria-label": "Seed", placeholder: "Seed" });
  const checked = withError(field);
  const form = h("form", { class: "lg-seed-form" }, field, h("button", { type: "submit", class: "lg-button lg-small", text: "Pick" }));
  const fresh = button({ class: "lg-button lg-small", title: "Show other samples", onclick: more }, icon(AGAIN), "New ones");
  let points = [];
  let first = -1;
  let drawn = "";

  field.addEventListener("input", () => checked.say(""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const seed = /^\d+$/.test(field.value.trim()) ? Number(field.value) : NaN;
    const bad = !(seed <= HIGHEST_SEED);
    checked.say(bad ? `A seed is a whole number from 0 to ${HIGHEST_SEED}.` : "");
    if (bad) return;
    field.value = "";
    act.join(bySeed(seed));
  });

  function createCell(i) {
    const picture = createPixelCanvas("lg-cell-image");
    const badge = h("span", { class: "lg-letter" });
    const el = button({ class: "lg-sample", onclick: () => act.choose(points[i]) }, picture.el, badge);
    el.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && page.look(points[i]));
    el.addEventListener("pointerleave", () => page.look(null));
    el.addEventListener("focus", () => el.matches(":focus-visible") && page.look(points[i]));
    el.addEventListener("blur", () => page.look(null));
    picture.el.setAttribute("aria-hidden", "true"); // the button says it
    return { el, badge, show: picture.show };
  }

  function more() {
    state.board = (state.board + SAMPLES) % (HIGHEST_SEED - SAMPLES);
    touch();
  }

  return {
    el: h("section", { class: "lg-samples", "aria-label": "Samples" },
      h("div", { class: "lg-card-head" },
        h("h2", { class: "lg-title", text: "Samples" }), h("span", { class: "lg-muted lg-aside", text: "Click to pick." }), checked.el,
        h("div", { class: "lg-card-acts" }, form, fresh)),
      h("div", { class: "lg-sample-grid" }, ...cells.map((cell) => cell.el))),

    points: () => points,

    update({ model, key, dropout }) {
      if (state.board !== first) {
        first = state.board;
        points = sampleSeeds(state).map(bySeed);
      }
      const picked = new Map(state.picks.map((pick, i) => [pick.seed, letter(i)]));
      cells.forEach(({ el, badge }, i) => {
        const { seed } = points[i];
        const name = picked.get(seed);
        setText(badge, name ?? "");
        setAttr(el, "aria-pressed", name ? "true" : "false");
        setAttr(el, "aria-label", `Sample of seed ${seed}`);
        setAttr(el, "title", `seed ${seed}`);
      });
      if (drawn === `${key} ${first}`) return;
      drawn = `${key} ${first}`;
      queue.ask(model, stack(points.map((point) => vectorOf(point, model))), { dropout, opinions: false }, ({ pixels }) =>
        cells.forEach((cell, i) => cell.show(pixels, i, model.side)));
    },
  };
}
