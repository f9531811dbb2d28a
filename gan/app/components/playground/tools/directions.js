/** Directions: sliders along what changes the image most, and along single numbers of z. */

import { button, h, setBlocked, setText } from "../../shared/dom.js";
import { createChoice } from "../widgets/controls.js";
import { END, createDirectionSlider } from "./directionSlider.js";
import { axis, dot, moved, stack } from "../engine/latent.js";
import { vectorOf } from "../state/points.js";
import { createImageQueue } from "../engine/imageQueue.js";
import { byNumbers, bySeed, nameOf } from "../state/state.js";

const FIRST = 10;
const MOST_UNDO = 100;
const SEEDS = 1_000_000; // Random takes one below: short ones are easier to tell others

/** @param {object} page what all parts of the page share, see main.js */
export function createDirections(page) {
  const { state, touch } = page;
  const queue = createImageQueue(page.engine, page.say);
  const choice = createChoice("Sliders", [["direction", "Directions"], ["coordinate", "Single numbers"]], (value) => {
    state.coordinates = value === "coordinate";
    count = FIRST;
    touch();
  });
  const centre = tool("Centre", "All numbers of z to 0", () => jump(byNumbers(new Float32Array(model.latentDim))));
  const random = tool("Random", "Another z", () => jump(bySeed(Math.floor(Math.random() * SEEDS))));
  const undo = tool("Undo", "Back to the z before", back);
  const origin = h("span", { class: "lg-muted lg-aside" });
  const list = h("div", { class: "lg-dials" });
  const more = button({ class: "lg-button lg-small lg-quiet", onclick: () => ((count += FIRST), touch()) });
  const note = h("p", { class: "lg-muted" });
  const dials = [];
  const past = []; // points, for undo
  let count = FIRST;
  let model = null;
  let found = null; // {model, vectors, values} or {model, error}
  let drawn = "";

  function tool(text, title, onclick) {
    return button({ class: "lg-button lg-small", text, title, onclick });
  }

  function remember() {
    past.push(state.point);
    if (past.length > MOST_UNDO) past.shift();
  }

  function back() {
    state.point = past.pop();
    touch();
  }

  function jump(point) {
    remember();
    state.point = point;
    touch();
  }

  /** Unit vectors of the sliders and how strong each is beside the first; null while they are being found. */
  function axes() {
    const d = model.latentDim;
    if (state.coordinates) {
      return { vectors: Array.from({ length: d }, (_, i) => axis(i, d)), values: null };
    }
    if (found?.of !== model) find(model);
    return found?.vectors?.[0]?.length === d ? found : null; // those of the weights before, until the new ones are there
  }

  async function find(of) {
    found = { ...found, of, error: null };
    try {
      const { vectors, values } = await page.engine.directions(of);
      if (found.of === of) found = { of, vectors, values, error: null };
    } catch (error) {
      if (found.of === of) found = { of, vectors: null, values: null, error: error.message };
    }
    touch();
  }

  function createAt(i) {
    return createDirectionSlider({
      grab: remember,
      back,
      moved(x) {
        const vector = axes()?.vectors[i];
        if (!vector) return;
        const z = vectorOf(state.point, model);
        state.point = byNumbers(moved(z, [vector], [x - dot(z, vector)]));
        touch();
      },
    });
  }

  /** What each slider would make of this image at its two ends. */
  function drawEnds({ key, dropout }, z, vectors, shown) {
    const wanted = `${key} ${state.point.id} ${state.coordinates} ${shown} ${found?.of?.key}`;
    if (wanted === drawn) return;
    drawn = wanted;
    const ends = vectors.slice(0, shown).flatMap((vector) => {
      const at = dot(z, vector);
      return [-END - at, END - at].map((by) => moved(z, [vector], [by]));
    });
    queue.ask(model, stack(ends), { dropout, opinions: false }, ({ pixels }) =>
      dials.slice(0, shown).forEach((dial, i) => dial.ends(pixels, 2 * i, model.side)));
  }

  return {
    label: "Directions",
    sentence: "Some directions of the latent space change the image a lot, others hardly at all. "
      + "Most effective first; the small images show where each slider leads.",
    el: h("div", { class: "lg-directions" },
      h("div", { class: "lg-tool-line" }, choice.el, h("div", { class: "lg-tool-group" }, centre, random, undo), origin),
      list, h("div", { class: "lg-tool-line" }, more, note)),
    /** Go on from the image that was in focus. */
    enter(focus) {
      if (focus) state.point = focus.point ?? byNumbers(focus.z.slice());
    },
    visit(index) {
      remember();
      state.point = state.picks[index];
    },

    update(now) {
      model = now.model;
      choice.set(state.coordinates ? "coordinate" : "direction");
      setBlocked(undo, past.length ? null : "Nothing to undo.");
      setText(origin, state.point.seed === null ? "" : nameOf(state.point));
      const known = axes();
      setText(note, found?.error && !state.coordinates ? found.error : "");
      const total = known?.vectors.length ?? 0;
      const shown = Math.min(count, total);
      more.hidden = shown >= total;
      setText(more, `${Math.min(FIRST, total - shown)} more of ${total}`);
      while (dials.length < shown) {
        dials.push(createAt(dials.length));
        list.append(dials.at(-1).el);
      }
      const z = vectorOf(state.point, model);
      dials.forEach((dial, i) => {
        dial.el.hidden = i >= shown;
        if (i >= shown) return;
        const kind = state.coordinates ? "Number" : "Direction";
        dial.name(String(i + 1), `${kind} ${i + 1}`, known.values ? known.values[i] / (known.values[0] || 1) : null);
        dial.set(dot(z, known.vectors[i]));
      });
      if (shown) drawEnds(now, z, known.vectors, shown);
    },

    focus: (now) => ({
      z: vectorOf(state.point, now.model),
      words: state.point.seed === null ? "set by the sliders" : `z of ${nameOf(state.point)}`,
      point: state.point,
    }),
    saved: () => ({ canvases: [], film: null, vectors: [] }),
    destroy() {},
  };
}
