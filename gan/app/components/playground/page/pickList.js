/** The picks, A, B, C, ...: the points between which all tools work. */

import { button, h, icon, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { createDrag } from "../../shared/gestures.js";
import { createPixelCanvas } from "../widgets/pixelCanvas.js";
import { stack } from "../engine/latent.js";
import { vectorOf } from "../state/points.js";
import { createImageQueue } from "../engine/imageQueue.js";
import { letter, nameOf } from "../state/state.js";

const LEFT = "M10 3L5 8l5 5";
const RIGHT = "M6 3l5 5-5 5";
const CROSS = "M4 4l8 8M12 4l-8 8";
const FAR = 8; // px that a mouse moves before it drags

/**
 * @param {object} page what all parts of the page share, see main.js
 * @param {{visit: (index: number) => void}} act `visit` shows a pick in the tool
 */
export function createPickList(page, act) {
  const { state, touch } = page;
  const queue = createImageQueue(page.engine, page.say);
  const cells = new Map(); // by the pick's id
  const row = h("div", { class: "lg-pick-row", role: "group", "aria-label": "Picks" });
  const hint = h("span", { class: "lg-muted lg-aside", "aria-live": "polite" });
  const left = tool("Move left", LEFT, () => move(-1));
  const right = tool("Move right", RIGHT, () => move(1));
  const remove = tool("Remove", CROSS, () => drop(place()));
  const clear = button({ class: "lg-button lg-small", text: "Clear", title: "Remove all picks", onclick() {
    state.picks = [];
    state.selected = null;
    touch();
  } });
  let drawn = "";

  const place = () => state.picks.findIndex((pick) => pick.id === state.selected);

  function tool(label, path, onclick) {
    return button({ class: "lg-button lg-small lg-quiet lg-square", "aria-label": label, title: label, onclick }, icon(path));
  }

  function move(by) {
    const from = place();
    shift(from, from + by);
  }

  function shift(from, to) {
    if (to < 0 || to >= state.picks.length) return;
    const picks = [...state.picks];
    picks.splice(to, 0, ...picks.splice(from, 1));
    state.picks = picks;
    touch();
  }

  function drop(index) {
    const focused = row.contains(document.activeElement);
    state.picks = state.picks.filter((_, i) => i !== index);
    state.selected = null;
    touch();
    if (focused) requestAnimationFrame(() => row.children[Math.min(index, state.picks.length - 1)]?.focus());
  }

  function choose(id) {
    state.selected = state.selected === id ? null : id;
    if (state.selected !== null) act.visit(place());
    touch();
  }

  function createCell(pick) {
    const picture = createPixelCanvas("lg-cell-image");
    const badge = h("span", { class: "lg-letter" });
    const el = button({ class: "lg-sample lg-pick", onclick: () => el.dataset.dragged || choose(pick.id) }, picture.el, badge);
    picture.el.setAttribute("aria-hidden", "true");
    el.addEventListener("keydown", (event) => {
      const at = state.picks.indexOf(pick);
      if (event.key === "Delete" || event.key === "Backspace") drop(at);
      else if (event.key === "ArrowLeft" && event.altKey) shift(at, at - 1);
      else if (event.key === "ArrowRight" && event.altKey) shift(at, at + 1);
      else return;
      event.preventDefault();
    });
    reorder(el, pick);
    return { el, badge, show: picture.show };
  }

  /** Reorder by dragging: a pick changes places with the one that it is pulled over. */
  function reorder(el, pick) {
    let before = [];
    const done = () => setTimeout(() => delete el.dataset.dragged); // after the click that follows
    createDrag(el, {
      begin() {
        before = state.picks;
        el.dataset.dragged = "1";
      },
      move(x, y) {
        const over = [...row.children].findIndex((other) => {
          const box = other.getBoundingClientRect();
          return x > box.left && x < box.right && y > box.top && y < box.bottom;
        });
        const at = state.picks.indexOf(pick);
        if (over >= 0 && over !== at) shift(at, over);
      },
      end: done,
      cancel() {
        state.picks = before;
        touch();
        done();
      },
    }, FAR);
  }

  /** One cell a pick, in their order; those that stay keep the keyboard's focus. */
  function arrange() {
    for (const [id, cell] of cells) {
      if (state.picks.some((pick) => pick.id === id)) continue;
      cell.el.remove();
      cells.delete(id);
    }
    state.picks.forEach((pick, i) => {
      if (!cells.has(pick.id)) cells.set(pick.id, createCell(pick));
      const { el, badge } = cells.get(pick.id);
      const focused = document.activeElement === el;
      if (row.children[i] !== el) row.insertBefore(el, row.children[i] ?? null);
      if (focused) el.focus();
      setText(badge, letter(i));
      setAttr(el, "aria-label", `Pick ${letter(i)}, ${nameOf(pick)}`);
      setAttr(el, "aria-pressed", pick.id === state.selected ? "true" : "false");
      setAttr(el, "title", nameOf(pick));
    });
  }

  function words(at) {
    if (!state.picks.length) return "None yet: click samples.";
    if (at < 0) return "Click one to go there, drag to reorder.";
    return `Click a sample to replace ${letter(at)}.`;
  }

  return {
    el: h("section", { class: "lg-picks", "aria-label": "Picks" },
      h("div", { class: "lg-card-head" },
        h("h2", { class: "lg-title", text: "Picks" }), hint,
        h("div", { class: "lg-card-acts" }, left, right, remove, clear)),
      row),

    update({ model, key, dropout }) {
      arrange();
      const at = place();
      setText(hint, words(at));
      const none = at < 0 ? "Click a pick first." : null;
      setBlocked(left, none ?? (at === 0 ? "It is the first one." : null));
      setBlocked(right, none ?? (at === state.picks.length - 1 ? "It is the last one." : null));
      setBlocked(remove, none);
      setBlocked(clear, state.picks.length ? null : "There are no picks.");
      const ids = state.picks.map((pick) => pick.id);
      if (drawn === `${key} ${ids}`) return;
      drawn = `${key} ${ids}`;
      if (!ids.length) return;
      queue.ask(model, stack(state.picks.map((pick) => vectorOf(pick, model))), { dropout, opinions: false }, ({ pixels }) =>
        ids.forEach((id, i) => cells.get(id)?.show(pixels, i, model.side)));
    },
  };
}
