/** Time: the same z through all kept epochs as a film, and two sets of weights side by side. */

import { button, h, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { versionOf } from "../../shared/runs_feed.js";
import { createComparison } from "./comparison.js";
import { createPlay } from "../widgets/controls.js";
import { createPixelCanvas } from "../widgets/pixelCanvas.js";
import { byNumbers, nameOf } from "../state/state.js";
import { vectorOf } from "../state/points.js";

const FRAME_MS = 160;

/** @param {object} page what all parts of the page share, see main.js */
export function createTime(page) {
  const { state, touch, source } = page;
  const play = createPlay(() => (playing ? stop() : start()));
  const note = h("span", { class: "lg-muted lg-aside", role: "status" });
  const reel = h("div", { class: "lg-reel-grid", role: "group", "aria-label": "Epochs" });
  const beside = createComparison(page);
  const cells = new Map(); // epoch -> {el, show, model, drawn}
  let shownRun = "";
  let loading = null; // an AbortController
  let playing = 0;

  function start() {
    playing = 1;
    step(true);
  }

  function stop() {
    clearTimeout(playing);
    playing = 0;
    touch();
  }

  /** One epoch after the other; at the end from the beginning. */
  async function step(first = false) {
    const epochs = [...cells.keys()];
    const at = epochs.indexOf(source.epoch);
    const next = first && at === epochs.length - 1 ? 0 : (at + 1) % epochs.length;
    const turn = performance.now();
    await page.open(source.name, epochs[next]);
    if (!playing) return;
    const atEnd = next === epochs.length - 1;
    playing = setTimeout(step, Math.max(0, FRAME_MS * (atEnd ? 5 : 1) - (performance.now() - turn)));
  }

  const version = () => (source.run() ? versionOf(source.run()) : 0);

  /** A cell for each kept epoch, filled as their weights arrive. */
  function arrange() {
    const epochs = source.kept.map((each) => each.epoch);
    const wanted = `${source.name} ${version()} ${epochs}`;
    if (wanted === shownRun) return;
    if (!shownRun.startsWith(`${source.name} ${version()} `)) cells.clear();
    shownRun = wanted;
    for (const epoch of cells.keys()) if (!epochs.includes(epoch)) cells.delete(epoch);
    const ordered = epochs.map((epoch) => [epoch, cells.get(epoch) ?? createCell(epoch)]);
    cells.clear();
    for (const [epoch, cell] of ordered) cells.set(epoch, cell);
    reel.replaceChildren(...ordered.map(([, cell]) => cell.el));
    load();
  }

  function createCell(epoch) {
    const picture = createPixelCanvas("lg-cell-image");
    picture.el.setAttribute("aria-hidden", "true");
    const el = button({ class: "lg-sample lg-reel-cell", "aria-label": `Epoch ${epoch}`, onclick() {
      stop();
      page.open(source.name, epoch);
    } }, picture.el, h("span", { text: count(epoch) }));
    return { el, show: picture.show, model: null, drawn: "", pixels: null };
  }

  async function load() {
    loading?.abort();
    const mine = (loading = new AbortController());
    const missing = [...cells].filter(([, cell]) => !cell.model).map(([epoch]) => epoch);
    if (!missing.length) return;
    try {
      await page.engine.loadMany(source.name, missing, version(), {
        signal: mine.signal,
        arrived(model, index) {
          const cell = cells.get(missing[index]);
          if (cell) cell.model = model;
          touch();
        },
      });
    } catch (error) {
      if (!mine.signal.aborted) page.say(error.message);
    }
  }

  /** This z, as each epoch makes it. */
  async function drawCell(cell, point, dropout) {
    const wanted = `${cell.model.key} ${point.id} ${dropout}`;
    if (cell.drawn === wanted) return;
    cell.drawn = wanted;
    const z = vectorOf(point, cell.model);
    const now = cell.model.where === "browser";
    const make = now ? page.engine.imagesNow : page.engine.images;
    try {
      const made = make(cell.model, z, { dropout, opinions: false });
      const { pixels } = now ? made : await made;
      if (cell.drawn !== wanted) return;
      cell.pixels = pixels;
      cell.show(pixels, 0, cell.model.side);
    } catch (error) {
      page.say(error.message);
    }
  }

  return {
    label: "Time",
    sentence: "The same z after every kept epoch: watch one image being learned. Below, the same samples from two sets of weights.",
    el: h("div", { class: "lg-time" },
      h("div", { class: "lg-tool-line" }, play.el, note), reel, beside.el),
    enter(focus) {
      if (focus) state.point = focus.point ?? byNumbers(focus.z.slice());
      if (source.kept.length > 1) state.beside ??= { run: source.name, epoch: source.kept[0].epoch };
    },
    leave() {
      stop();
      loading?.abort();
      shownRun = "";
    },
    visit(index) {
      state.point = state.picks[index];
    },

    update(now) {
      arrange();
      const loaded = [...cells.values()].filter((cell) => cell.model).length;
      setText(note, cells.size === 0 ? "No epoch is finished yet."
        : loaded < cells.size ? `${loaded} of ${cells.size} epochs loaded` : "Click a pick above to watch another z.");
      play.set(playing !== 0);
      setBlocked(play.el, cells.size > 1 ? null : "There must be two kept epochs.");
      for (const [epoch, cell] of cells) {
        setAttr(cell.el, "aria-current", epoch === source.epoch ? "true" : null);
        if (cell.model) drawCell(cell, state.point, now.dropout);
      }
      beside.update(now);
    },

    focus: ({ model }) => ({
      z: vectorOf(state.point, model),
      words: `${state.point.seed === null ? "this z" : nameOf(state.point)} at epoch ${count(model.epoch)}`,
      point: state.point,
    }),

    saved() {
      const shown = [...cells.values()].filter((cell) => cell.pixels);
      if (shown.length < 2) return { canvases: beside.canvases(), film: null, vectors: [] };
      const size = shown[0].pixels.length;
      const pixels = new Uint8ClampedArray(shown.length * size);
      shown.forEach((cell, i) => pixels.set(cell.pixels, i * size));
      const film = { pixels, count: shown.length, side: Math.sqrt(size), delay: FRAME_MS / 10 };
      return { canvases: beside.canvases(), film, vectors: [] };
    },
    destroy() {
      stop();
      loading?.abort();
      beside.destroy();
    },
  };
}
