/** Time: the same z through all kept epochs as a film, and two sets of weights one under the other. */

import { h, setBlocked, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { vectorOf } from "../state/points.js";
import { byNumbers, nameOf } from "../state/state.js";
import { createPlay } from "../widgets/controls.js";
import { createComparison } from "./comparison.js";
import { createFilmstrip } from "./filmstrip.js";

/** @import { Page, Tool } from "../types.d.ts" */

const FRAME_MS = 160;
const LAST_FRAME_MS = 5 * FRAME_MS;

/**
 * @param {Page} page
 * @returns {Tool}
 */
export function createTime(page) {
  const { state, source } = page;
  const note = h("span", { class: "lg-muted lg-aside", role: "status" });
  const comparison = createComparison(page);
  const filmstrip = createFilmstrip(page, (epoch) => {
    playback.stop();
    if (source.name !== null) page.open(source.name, epoch);
  });
  const playback = createPlayback(page, filmstrip.epochs);
  const play = createPlay(playback.toggle);

  function progress() {
    const [loaded, all] = [filmstrip.loaded(), filmstrip.epochs().length];
    if (all === 0) return "No epoch is finished yet.";
    return loaded < all ? `${loaded} of ${all} epochs loaded` : "Click a pick above to watch another z.";
  }

  return {
    label: "Time",
    sentence: "The same {z|z} after every kept {epoch|epoch}: watch one image being learned. "
      + "Below, the same samples from two sets of weights.",
    el: h("div", { class: "lg-time" },
      h("div", { class: "lg-tool-line" }, play.el, note), filmstrip.el, comparison.el),
    enter(focus) {
      if (focus) state.point = focus.point ?? byNumbers(focus.z.slice());
      if (source.name !== null && source.kept.length > 1) {
        state.comparison ??= { run: source.name, epoch: source.kept[0].epoch };
      }
    },
    leave() {
      playback.stop();
      filmstrip.rest();
    },
    visit(index) {
      state.point = state.picks[index];
    },

    update(frame) {
      filmstrip.update(frame);
      setText(note, progress());
      play.set(playback.playing());
      setBlocked(play.el, filmstrip.epochs().length > 1 ? null : "There must be two kept epochs.");
      comparison.update(frame);
    },

    focus: ({ model }) => ({
      z: vectorOf(state.point, model),
      caption: `${state.point.seed === null ? "this z" : nameOf(state.point)} at epoch ${count(model.epoch)}`,
      point: state.point,
    }),
    savable: () => ({
      canvases: comparison.canvases(), animation: filmstrip.animation(FRAME_MS / 10), vectors: [],
    }),
    destroy() {
      playback.stop();
      filmstrip.rest();
      comparison.destroy();
    },
  };
}

/**
 * Shows one epoch after the other; at the end from the beginning.
 * @param {Page} page
 * @param {() => number[]} epochsNow
 */
function createPlayback({ source, open, requestDraw }, epochsNow) {
  let playing = false;
  let timer = 0;

  /** @param {boolean} first */
  async function step(first) {
    const epochs = epochsNow();
    const at = source.epoch === "latest" ? -1 : epochs.indexOf(source.epoch);
    const next = first && at === epochs.length - 1 ? 0 : (at + 1) % epochs.length;
    const began = performance.now();
    if (source.name !== null) await open(source.name, epochs[next]);
    if (!playing) return;
    const lasts = next === epochs.length - 1 ? LAST_FRAME_MS : FRAME_MS;
    timer = setTimeout(step, Math.max(0, lasts - (performance.now() - began)), false);
  }

  function stop() {
    clearTimeout(timer);
    playing = false;
    requestDraw();
  }

  function start() {
    playing = true;
    step(true);
  }

  return { stop, toggle: () => (playing ? stop() : start()), playing: () => playing };
}
