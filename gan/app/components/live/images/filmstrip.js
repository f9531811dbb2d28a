/** The images of every epoch: a strip that only builds what is in view, and a slider through all of it. */

import { button, h, icon, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { count } from "../../shared/format.js";
import { steadySlider } from "../../shared/gestures.js";
import { keepTrying } from "../../shared/picture.js";
import { onServerBack } from "../../shared/server_notice.js";

const CELL = 76; // px from one thumbnail to the next
const AHEAD = 3; // pictures fetched before they are wanted, while one follows the other
const REPLAY = "M2.5 8a5.5 5.5 0 1 0 1.8-4.1M2.5 2.5v3h3M6.8 5.6v4.8L10.6 8z";

/**
 * `el` is the strip, `controls` belong below the picture.
 * @param {(run: string, epoch: number) => string} urlOf an epoch's grid
 * @param {{pick: (epoch: number) => void, live: () => void, replay: () => void,
 *   show: (epoch: number|null, picture?: HTMLImageElement|null, label?: string) => void}} on
 *   `pick`: somebody chose an epoch; `live`: back to now; `show`: the picture of an epoch is here (null: there is none yet)
 */
export function createFilmstrip(urlOf, on) {
  const slider = h("input", { type: "range", min: 1, max: 1, value: 1, "aria-label": "Epoch" });
  const shown = h("output", { class: "lg-filmstrip-epoch" });
  const replay = button({ class: "lg-button lg-small", title: "See the run train again, with every knob as it was moved",
    onclick: on.replay }, icon(REPLAY), "Replay");
  const reel = h("div", { class: "lg-reel" });
  const strip = h("div", { class: "lg-strip", tabindex: -1 }, reel);
  const hint = h("p", { class: "lg-filmstrip-hint lg-muted", text: "The images of every finished epoch are kept here." });
  const tip = h("span", { text: "Choose an epoch to go back to it." });
  const foot = h("div", { class: "lg-filmstrip-foot lg-muted" }, tip);
  const controls = h("div", { class: "lg-filmstrip-controls" }, replay, slider, shown);
  const el = h("section", { class: "lg-card lg-filmstrip", "aria-label": "Epochs" }, strip, hint, foot);
  const cells = new Map();
  const ahead = new Map(); // pictures on their way
  let run = null;
  let total = 0;
  let chosen = null; // the epoch that is wanted; null: live
  let picture = null; // the one on show
  let loading = false;
  let following = true; // the end of the strip is in view, and stays there

  let before; // what was chosen when the slider began to move; undefined while it rests
  steadySlider(slider, () => {
    const epoch = before;
    before = undefined;
    if (epoch === null) on.live();
    else on.pick(epoch);
  });
  slider.addEventListener("input", () => {
    if (before === undefined) before = chosen;
    on.pick(Number(slider.value));
  });
  slider.addEventListener("change", () => (before = undefined));
  strip.addEventListener("scroll", () => {
    following = strip.scrollLeft + strip.clientWidth > strip.scrollWidth - CELL / 2;
    requestAnimationFrame(build);
  }, { passive: true });
  const resized = new ResizeObserver(() => {
    if (chosen) reveal(chosen);
    else if (following) toEnd();
    build();
  });
  resized.observe(strip);

  const unwatch = onServerBack(() => picture?.epoch !== chosen && show());

  function load(epoch) {
    const image = ahead.get(epoch) ?? new Image();
    if (!image.src) image.src = urlOf(run, epoch);
    ahead.delete(epoch);
    return image;
  }

  function prefetch(from) {
    for (const epoch of ahead.keys()) if (epoch < from || epoch >= from + AHEAD) ahead.delete(epoch);
    for (let epoch = from; epoch < Math.min(total + 1, from + AHEAD); epoch++) {
      if (!ahead.has(epoch)) ahead.set(epoch, load(epoch));
    }
  }

  /** Show the picture of the chosen epoch; where they change faster than they arrive, some are left out. */
  async function show() {
    if (loading) return;
    loading = true;
    let epoch = null;
    while (chosen && epoch !== chosen) {
      epoch = chosen;
      const next = load(epoch);
      try {
        await next.decode();
      } catch {
        continue; // it is gone, or the server is; the picture before it stays
      }
      if (chosen) present((picture = { epoch, image: next }));
    }
    loading = false;
  }

  function present({ epoch, image }) {
    on.show(epoch, image, `epoch ${count(epoch)} of ${count(total)}`);
  }

  /**
   * Go to an epoch (null: live; 0: before the first).
   * @param {boolean} [rolling] whether the following ones will be wanted soon
   */
  function go(epoch, rolling = false) {
    if (epoch === chosen) return;
    chosen = epoch;
    paint();
    if (!epoch) {
      picture = null;
      on.show(epoch, null, "before the first epoch's end");
      if (epoch === null) toEnd();
      return;
    }
    reveal(epoch);
    show();
    if (rolling) prefetch(epoch + 1);
  }

  function toEnd() {
    strip.scrollLeft = strip.scrollWidth;
    following = true;
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
    slider.style.setProperty("--lg-fill", total > 1 ? Math.max(0, at - 1) / (total - 1) : 0);
    setAttr(slider, "aria-valuetext", total ? `epoch ${at} of ${total}` : "no epoch yet");
    setText(shown, total ? `${count(at)} of ${count(total)}` : "none yet");
    hint.hidden = total > 0;
    tip.hidden = total < 1;
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
      "aria-label": `Epoch ${epoch}`, onclick: () => on.pick(epoch) },
      keepTrying(h("img", { src: urlOf(run, epoch), alt: "", width: 68, height: 68, loading: "lazy" })),
      h("span", { text: count(epoch) }));
    if (epoch === chosen) cell.setAttribute("aria-current", "true");
    reel.append(cell);
    return cell;
  }

  function clear() {
    chosen = picture = null;
    total = 0;
    following = true;
    cells.clear();
    ahead.clear();
    reel.replaceChildren();
  }

  paint();
  return {
    el,
    controls,
    foot,
    go,
    /**
     * @param {{name: string, grids: number}|null} next
     * @param {string|null} refusal why it cannot be replayed
     */
    update(next, refusal) {
      setBlocked(replay, refusal);
      if ((next?.name ?? null) !== run) clear();
      const grids = next?.grids ?? 0;
      if (run === (next?.name ?? null) && grids === total) return;
      run = next?.name ?? null;
      total = grids;
      reel.style.width = `${total * CELL}px`;
      paint();
      if (picture) present(picture);
      if (following && chosen === null) toEnd();
      build();
    },
    destroy() {
      resized.disconnect();
      unwatch();
    },
  };
}
