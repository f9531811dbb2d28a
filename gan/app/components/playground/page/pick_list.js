/** The picks, A, B, C, ...: the points between which all tools work. */

import { button, h, setAttr, setBlocked, setText } from "../../shared/dom.js";
import { createImageQueue } from "../engine/image_queue.js";
import { stack } from "../engine/vectors.js";
import { vectorOf } from "../state/points.js";
import { letter, nameOf } from "../state/state.js";
import { createIconButton } from "../widgets/controls.js";
import { createPickCell } from "./pick_cell.js";

/** @import { Frame, Page, Point } from "../types.d.ts" */
/** @import { PickCell } from "./pick_cell.js" */

const LEFT = "M10 3L5 8l5 5";
const RIGHT = "M6 3l5 5-5 5";
const CROSS = "M4 4l8 8M12 4l-8 8";

/**
 * @param {Page} page
 * @param {(index: number) => void} visit shows a pick in the tool
 */
export function createPickList(page, visit) {
  const { state } = page;
  const queue = createImageQueue(page.engine, page.say);
  const row = h("div", { class: "lg-pick-row", role: "group", "aria-label": "Picks" });
  const change = createPickChanges(page, row, visit);
  const cells = createCells(page, row, change);
  const heading = createHeading(page, change);
  let drawn = "";

  return {
    el: h("section", { class: "lg-picks", "aria-label": "Picks" }, heading.el, row),

    /** @param {Frame} frame */
    update({ model, key, dropout, label, pickIds }) {
      cells.arrange();
      heading.update();
      if (drawn === `${key} ${pickIds}`) return;
      drawn = `${key} ${pickIds}`;
      const { picks } = state;
      if (!picks.length) return;
      const vectors = picks.map((pick) => vectorOf(pick, model));
      queue.ask(model, stack(vectors), { dropout, label, outputs: false }, ({ pixels }) =>
        picks.forEach((pick, i) => cells.of(pick)?.show(pixels, i, model.side)));
    },
  };
}

/**
 * @typedef {object} PickChanges
 * @property {() => number} selected the index of the selected pick, or -1
 * @property {(from: number, to: number) => void} shift
 * @property {(index: number) => void} drop
 * @property {(pick: Point) => void} choose
 * @property {() => void} clear
 */

/**
 * What can be done with picks that are there.
 * @param {Page} page
 * @param {HTMLElement} row
 * @param {(index: number) => void} visit
 * @returns {PickChanges}
 */
function createPickChanges({ state, requestDraw }, row, visit) {
  const selected = () => state.picks.findIndex((pick) => pick.id === state.selected);
  return {
    selected,
    shift(from, to) {
      if (to < 0 || to >= state.picks.length) return;
      const picks = [...state.picks];
      picks.splice(to, 0, ...picks.splice(from, 1));
      state.picks = picks;
      requestDraw();
    },
    drop(index) {
      const focused = row.contains(document.activeElement);
      state.picks = state.picks.filter((_, i) => i !== index);
      state.selected = null;
      requestDraw();
      if (!focused) return;
      requestAnimationFrame(() => {
        const next = row.children[Math.min(index, state.picks.length - 1)];
        if (next instanceof HTMLElement) next.focus();
      });
    },
    choose({ id }) {
      state.selected = state.selected === id ? null : id;
      if (state.selected !== null) visit(selected());
      requestDraw();
    },
    clear() {
      state.picks = [];
      state.selected = null;
      requestDraw();
    },
  };
}

/**
 * One cell a pick, in their order; those that stay keep the keyboard's focus.
 * @param {Page} page
 * @param {HTMLElement} row
 * @param {PickChanges} change
 */
function createCells(page, row, change) {
  const { state } = page;
  /** @type {Map<number, PickCell>} by the pick's id */
  const cells = new Map();

  /** @param {Point} pick */
  function cellOf(pick) {
    const cell = cells.get(pick.id) ?? createPickCell(page, pick, row, change);
    cells.set(pick.id, cell);
    return cell;
  }

  function arrange() {
    for (const [id, cell] of cells) {
      if (state.picks.some((pick) => pick.id === id)) continue;
      cell.el.remove();
      cells.delete(id);
    }
    state.picks.forEach((pick, i) => {
      const { el, badge } = cellOf(pick);
      const focused = document.activeElement === el;
      if (row.children[i] !== el) row.insertBefore(el, row.children[i] ?? null);
      if (focused) el.focus();
      setText(badge, letter(i));
      setAttr(el, "aria-label", `Pick ${letter(i)}, ${nameOf(pick)}`);
      setAttr(el, "aria-pressed", pick.id === state.selected ? "true" : "false");
      setAttr(el, "title", nameOf(pick));
    });
  }

  return {
    arrange,
    /** @param {Point} pick */
    of: (pick) => cells.get(pick.id),
  };
}

/**
 * The title, a hint, and buttons for the selected pick.
 * @param {Page} page
 * @param {PickChanges} change
 */
function createHeading({ state }, { selected, shift, drop, clear }) {
  const hint = h("span", { class: "lg-muted lg-aside", "aria-live": "polite" });
  const left = createIconButton("Move left", LEFT, () => shift(selected(), selected() - 1), "lg-quiet");
  const right = createIconButton("Move right", RIGHT, () => shift(selected(), selected() + 1), "lg-quiet");
  const remove = createIconButton("Remove", CROSS, () => drop(selected()), "lg-quiet");
  const all = button({ class: "lg-button lg-small", text: "Clear", title: "Remove all picks", onclick: clear });

  /** @param {number} at */
  function hintText(at) {
    if (!state.picks.length) return "None yet: click samples.";
    if (at < 0) return "Click one to go there, drag to reorder.";
    return `Click a sample to replace ${letter(at)}.`;
  }

  return {
    el: h("div", { class: "lg-card-head" },
      h("h2", { class: "lg-title", text: "Picks" }), hint,
      h("div", { class: "lg-card-acts" }, left, right, remove, all)),
    update() {
      const at = selected();
      setText(hint, hintText(at));
      const none = at < 0 ? "Click a pick first." : null;
      setBlocked(left, none ?? (at === 0 ? "It is the first one." : null));
      setBlocked(right, none ?? (at === state.picks.length - 1 ? "It is the last one." : null));
      setBlocked(remove, none);
      setBlocked(all, state.picks.length ? null : "There are no picks.");
    },
  };
}
