/** The images of every epoch: a strip that only builds what is in view, a slider through all of it, and play. */

import { button, h, icon, setAttr, setText } from "../shared/dom.js";
import { count } from "../shared/format.js";

const CELL = 76; // px from one thumbnail to the next
const FRAME_MS = 140; // a frame of "play"
const PLAY = "M4.5 2.5v11l9-5.5z";
const PAUSE = "M5 3v10M11 3v10";

/**
 * `el` is the strip, `controls` belong below the picture.
 * @param {(run: string, epoch: number) => string} urlOf an epoch's grid
 * @param {(epoch: number|null, picture?: HTMLImageElement, label?: string) => void} choose shows one; null is live
 */
export function createFilm(urlOf, choose) {
  const slider = h("input", { type: "range", min: 1, max: 1, value: 1, "aria-label": "Epoch" });
  const shown = h("output", { class: "lg-film-epoch" });
  const glyph = h("span", { class: "lg-film-glyph" }, icon(PLAY));
  const play = button({ class: "lg-button lg-small", "aria-pressed": "false", onclick: togglePlay }, glyph, "Play");
  const reel = h("div", { class: "lg-reel" });
  const strip = h("div", { class: "lg-strip", tabindex: -1 }, reel);
  const hint = h("p", { class: "lg-film-hint lg-muted", text: "The images of every finished epoch are kept here." });
  const controls = h("div", { class: "lg-film-controls" }, play, slider, shown);
  const el = h("section", { class: "lg-card lg-film", "aria-label": "Epochs" }, strip, hint);
  const cells = new Map();
  let run = null;
  let total = 0;
  let chosen = null; // the epoch on show; null: live
  let picture = null; // its image
  let playing = 0;

  slider.addEventListener("input", () => {
    stop();
    pick(Number(slider.value));
  });
  strip.addEventListener("scroll", () => requestAnimationFrame(build), { passive: true });
  const resized = new ResizeObserver(build);
  resized.observe(strip);

  function load(epoch) {
    const picture = new Image();
    picture.src = urlOf(run, epoch);
    return picture;
  }

  async function pick(epoch) {
    chosen = epoch;
    paint();
    reveal(epoch);
    const next = load(epoch);
    try {
      await next.decode();
    } catch {
      return; // it is gone, or the server is; the picture before it stays
    }
    if (chosen !== epoch) return;
    picture = next;
    show();
  }

  function show() {
    choose(chosen, picture, `epoch ${count(chosen)} of ${count(total)}`);
  }

  function goLive() {
    stop();
    chosen = picture = null;
    choose(null);
    paint();
    strip.scrollLeft = strip.scrollWidth;
  }

  async function togglePlay() {
    if (playing) return stop();
    if (!total) return;
    const turn = (playing = performance.now());
    setAttr(play, "aria-pressed", "true");
    glyph.replaceChildren(icon(PAUSE));
    let epoch = chosen === null || chosen >= total ? 1 : chosen + 1;
    for (; epoch <= total && playing === turn; epoch++) {
      const pause = new Promise((resolve) => setTimeout(resolve, FRAME_MS));
      await Promise.all([pick(epoch), pause]);
    }
    if (playing === turn) stop();
  }

  function stop() {
    playing = 0;
    setAttr(play, "aria-pressed", "false");
    glyph.replaceChildren(icon(PLAY));
  }

  function reveal(epoch) {
    const left = (epoch - 1) * CELL;
    if (left < strip.scrollLeft || left + CELL > strip.scrollLeft + strip.clientWidth) {
      strip.scrollLeft = left - strip.clientWidth / 2 + CELL / 2;
    }
  }

  function paint() {
    const at = chosen ?? total;
    slider.max = Math.max(1, total);
    slider.value = Math.max(1, at);
    slider.disabled = total < 1;
    slider.style.setProperty("--lg-fill", total > 1 ? (at - 1) / (total - 1) : 0);
    setAttr(slider, "aria-valuetext", total ? `epoch ${at} of ${total}` : "no epoch yet");
    setText(shown, total ? `${count(at)} of ${count(total)}` : "none yet");
    setAttr(play, "aria-disabled", total > 1 ? null : "true");
    hint.hidden = total > 0;
    for (const [epoch, cell] of cells) setAttr(cell, "aria-current", epoch === chosen ? "true" : null);
  }

  /** Build the thumbnails in view and a few beside it; drop the others. */
  function build() {
    const first = Math.max(1, Math.floor(strip.scrollLeft / CELL) - 3);
    const last = Math.min(total, Math.ceil((strip.scrollLeft + strip.clientWidth) / CELL) + 3);
    for (const [epoch, cell] of cells) {
      if (epoch >= first && epoch <= last) continue;
      cell.remove();
      cells.delete(epoch);
    }
    for (let epoch = first; epoch <= last; epoch++) {
      if (!cells.has(epoch)) cells.set(epoch, thumbnail(epoch));
    }
  }

  function thumbnail(epoch) {
    const cell = button({ class: "lg-cell", style: `left:${(epoch - 1) * CELL}px`, tabindex: -1,
      "aria-label": `Epoch ${epoch}`, onclick: () => (stop(), pick(epoch)) },
      h("img", { src: urlOf(run, epoch), alt: "", width: 68, height: 68, loading: "lazy" }),
      h("span", { text: count(epoch) }));
    if (epoch === chosen) cell.setAttribute("aria-current", "true");
    reel.append(cell);
    return cell;
  }

  function clear() {
    stop();
    chosen = picture = null;
    total = 0;
    cells.clear();
    reel.replaceChildren();
  }

  paint();
  return {
    el,
    controls,
    goLive,
    /** @param {{name: string, grids: number}|null} next */
    update(next) {
      if ((next?.name ?? null) !== run) clear();
      const grids = next?.grids ?? 0;
      if (run === (next?.name ?? null) && grids === total) return;
      const atEnd = strip.scrollLeft + strip.clientWidth >= total * CELL - CELL;
      run = next?.name ?? null;
      total = grids;
      reel.style.width = `${total * CELL}px`;
      paint();
      if (picture) show();
      if (atEnd && chosen === null) strip.scrollLeft = strip.scrollWidth;
      build();
    },
    destroy() {
      stop();
      resized.disconnect();
    },
  };
}
