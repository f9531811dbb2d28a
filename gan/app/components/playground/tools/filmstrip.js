/** One z as each kept epoch makes it: a cell for each, filled as their weights arrive. */

import { button, h, setAttr } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { versionOf } from "../../shared/runs_feed.js";
import { messageOf } from "../engine/errors.js";
import { digitFor, labelFor } from "../state/digit.js";
import { vectorOf } from "../state/points.js";
import { createPixelCanvas } from "../widgets/pixel_canvas.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Animation, Frame, Page, Point } from "../types.d.ts" */

/** @typedef {ReturnType<typeof createFilmCell>} FilmCell */

/**
 * @param {Page} page
 * @param {(epoch: number) => void} chosen
 */
export function createFilmstrip(page, chosen) {
  const { state, source } = page;
  const el = h("div", { class: "lg-epoch-grid", role: "group", "aria-label": "Epochs" });
  const loader = createLoader(page);
  /** @type {Map<number, FilmCell>} by epoch */
  let cells = new Map();
  let shown = "";

  /** A cell for each kept epoch. */
  function arrange() {
    const files = `${source.name} ${runVersion(page)} `;
    const epochs = source.kept.map((each) => each.epoch);
    const wanted = `${files}${epochs}`;
    if (wanted === shown) return;
    const before = shown.startsWith(files) ? cells : new Map();
    shown = wanted;
    cells = new Map(epochs.map((epoch) => [epoch, before.get(epoch) ?? createFilmCell(page, epoch, chosen)]));
    el.replaceChildren(...[...cells.values()].map((cell) => cell.el));
    loader.load(cells);
  }

  return {
    el,
    epochs: () => [...cells.keys()],
    /** How many epochs' weights are there. */
    loaded: () => [...cells.values()].filter((cell) => cell.model()).length,
    /** @param {Frame} frame */
    update({ dropout }) {
      arrange();
      for (const [epoch, cell] of cells) {
        setAttr(cell.el, "aria-current", epoch === source.epoch ? "true" : null);
        cell.draw(state.point, dropout);
      }
    },
    /**
     * @param {number} delay
     * @returns {Animation | null} null: there are not two images yet
     */
    animation(delay) {
      const images = [...cells.values()].flatMap((cell) => cell.pixels() ?? []);
      if (images.length < 2) return null;
      const size = images[0].length;
      const pixels = new Uint8ClampedArray(images.length * size);
      images.forEach((image, i) => pixels.set(image, i * size));
      return { pixels, count: images.length, side: Math.sqrt(size), delay };
    },
    /** Loads no more until it is shown again. */
    rest() {
      loader.abort();
      shown = "";
    },
  };
}

/** @param {Page} page */
function runVersion({ source }) {
  const run = source.run();
  return run ? versionOf(run) : 0;
}

/** @param {Page} page */
function createLoader(page) {
  let loading = new AbortController();
  return {
    /** @param {Map<number, FilmCell>} cells */
    async load(cells) {
      loading.abort();
      const { signal } = (loading = new AbortController());
      const missing = [...cells].filter(([, cell]) => !cell.model()).map(([epoch]) => epoch);
      const { name } = page.source;
      if (!missing.length || name === null) return;
      try {
        await page.engine.loadMany(name, missing, runVersion(page), {
          signal,
          arrived(model, index) {
            cells.get(missing[index])?.take(model);
            page.requestDraw();
          },
        });
      } catch (error) {
        if (!signal.aborted) page.say(messageOf(error));
      }
    },
    abort: () => loading.abort(),
  };
}

/**
 * @param {Page} page
 * @param {number} epoch
 * @param {(epoch: number) => void} chosen
 */
function createFilmCell(page, epoch, chosen) {
  const { engine } = page;
  const picture = createPixelCanvas("lg-cell-image");
  picture.el.setAttribute("aria-hidden", "true");
  const el = button({ class: "lg-sample lg-epoch-cell", "aria-label": `Epoch ${epoch}`, onclick: () => chosen(epoch) },
    picture.el, h("span", { text: count(epoch) }));
  /** @type {Model | null} */
  let model = null;
  /** @type {Uint8ClampedArray | null} */
  let pixels = null;
  let drawn = "";

  /**
   * @param {Model} of
   * @param {Float32Array} z
   * @param {number | null} dropout
   */
  async function show(of, z, dropout) {
    const mine = drawn;
    const options = { dropout, label: labelFor(page.state, of), outputs: false };
    try {
      const made = of.where === "browser" ? engine.imagesNow(of, z, options) : await engine.images(of, z, options);
      if (drawn !== mine) return;
      pixels = made.pixels;
      picture.show(pixels, 0, of.side);
    } catch (error) {
      page.say(messageOf(error));
    }
  }

  return {
    el,
    model: () => model,
    pixels: () => pixels,
    /** @param {Model} arrived */
    take(arrived) {
      model = arrived;
    },
    /**
     * @param {Point} point
     * @param {number | null} dropout
     */
    draw(point, dropout) {
      if (!model) return;
      const wanted = `${model.key} ${point.id} ${dropout} ${digitFor(page.state, model)}`;
      if (drawn === wanted) return;
      drawn = wanted;
      show(model, vectorOf(point, model), dropout);
    },
  };
}
