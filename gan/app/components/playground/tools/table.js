/** Table: the same styles as every digit. Rows are styles (z), columns are digits. */

import { button, h, setAttr, setText } from "../../shared/dom.js";
import { createImageQueue } from "../engine/image_queue.js";
import { oneHot } from "../engine/labels.js";
import { stack } from "../engine/vectors.js";
import { digitFor, namesFor } from "../state/digit.js";
import { vectorOf } from "../state/points.js";
import { byNumbers, bySeed, letter, nameOf, renewSamples, sampleSeeds } from "../state/state.js";
import { childrenFor } from "../widgets/children.js";
import { createImageStrip } from "../widgets/image_strip.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Frame, Page, PageState, Point, Tool } from "../types.d.ts" */

const ROWS = 8;
const WIDEST = 66; // px of an image on the screen

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createTable(page) {
  const { state, requestDraw } = page;
  const fresh = button({ class: "lg-button lg-small", text: "New styles", onclick() {
    renewSamples(state);
    requestDraw();
  } });
  const place = h("span", { class: "lg-muted lg-aside", role: "status" });
  const rows = createRows(state);
  const cells = createCells(page, rows.points);

  return {
    label: "Table",
    sentence: "Each row has one style, {z|z}, and each column is one digit or class: compare along and down. "
      + "Click an image to go there.",
    el: h("div", { class: "lg-styles-tool" }, h("div", { class: "lg-tool-line" }, fresh, place), cells.el),
    enter(focus) {
      if (focus) rows.begin(focus.point ?? byNumbers(focus.z.slice()));
    },
    visit: (index) => rows.begin(state.picks[index]),
    update(frame) {
      rows.update();
      cells.update(frame);
      setText(place, captionOf(page, frame.model));
    },
    focus: ({ model }) => ({
      z: vectorOf(state.point, model),
      caption: captionOf(page, model),
      point: state.point,
    }),
    savable: () => ({ canvases: cells.drawn() ? [cells.canvas] : [], animation: null, vectors: [] }),
    destroy: cells.destroy,
  };
}

/**
 * "3, seed 17"
 * @param {Page} page
 * @param {Model} model
 */
function captionOf({ state, classNames }, model) {
  return `${namesFor(classNames, model)[digitFor(state, model) ?? 0]}, ${nameOf(state.point)}`;
}

/**
 * The styles: the one that the page came with, then samples.
 * @param {PageState} state
 */
function createRows(state) {
  let first = state.point;
  /** @type {Point[]} */
  let points = [];
  let listed = "";

  return {
    points: () => points,
    /** @param {Point} point */
    begin(point) {
      state.point = first = point;
    },
    update() {
      const wanted = `${first.id} ${state.firstSeed}`;
      if (wanted === listed) return;
      listed = wanted;
      const others = sampleSeeds(state).filter((seed) => seed !== first.seed).slice(0, ROWS - 1).map(bySeed);
      points = [first, ...others];
    },
  };
}

/**
 * @param {Page} page
 * @param {() => Point[]} points one a row
 */
function createCells(page, points) {
  const { state, requestDraw } = page;
  const queue = createImageQueue(page.engine, page.say);
  const strip = createImageStrip("Table", choose, { keys: true });
  const heads = h("div", { class: "lg-styles-heads", "aria-hidden": "true" });
  const names = h("div", { class: "lg-styles-names", "aria-hidden": "true" });
  const el = h("div", { class: "lg-styles" }, heads, names, strip.el);
  /** @type {number[]} */
  let labels = [];
  let drawn = "";

  /** @param {number} index */
  function choose(index) {
    state.point = points()[Math.floor(index / labels.length)];
    state.digit = labels[index % labels.length];
    requestDraw();
  }

  /** @param {Frame} frame */
  function draw({ model, dropout }) {
    const wanted = `${model.key} ${dropout} ${points().map((point) => point.id)}`;
    if (wanted === drawn) return;
    drawn = wanted;
    const rows = points().map((point) => vectorOf(point, model));
    const z = stack(rows.flatMap((row) => labels.map(() => row)));
    const label = stack(rows.flatMap(() => labels.map(oneHot)));
    const columns = labels.length;
    queue.ask(model, z, { dropout, label, outputs: false }, ({ pixels }) =>
      strip.show(pixels, rows.length * columns, model.side, [], columns));
  }

  /** @param {Model} model */
  function nameAll(model) {
    const classes = namesFor(page.classNames, model);
    el.style.setProperty("--lg-columns", String(labels.length));
    el.style.maxWidth = `${labels.length * WIDEST + 60}px`;
    childrenFor(heads, labels.length, () => h("span")).forEach((head, i) => {
      setText(head, classes[labels[i]]);
      setAttr(head, "data-digit", labels[i]);
    });
    childrenFor(names, points().length, () => h("span")).forEach((name, i) =>
      setText(name, rowName(points()[i], state.picks)));
    strip.label(`${points().length} styles as ${labels.length} digits. On show: ${captionOf(page, model)}.`);
  }

  return {
    el,
    canvas: strip.canvas,
    drawn: () => drawn !== "",
    /** @param {Frame} frame */
    update(frame) {
      labels = frame.model.labels ?? [];
      nameAll(frame.model);
      draw(frame);
      const row = points().findIndex((point) => same(point, state.point));
      const column = labels.indexOf(digitFor(state, frame.model) ?? -1);
      strip.mark(row < 0 ? null : row * labels.length + column);
    },
    destroy: strip.destroy,
  };
}

/**
 * The letter of a pick, else the seed.
 * @param {Point} point
 * @param {Point[]} picks
 */
function rowName(point, picks) {
  const pick = picks.findIndex((each) => same(each, point));
  return pick >= 0 ? letter(pick) : point.seed === null ? "z" : String(point.seed);
}

/**
 * @param {Point} one
 * @param {Point} other
 */
const same = (one, other) => one.id === other.id || (one.seed !== null && one.seed === other.seed);
