/** Rows that stand for runs: one each, made once, in the order asked for, with the lines of its family tree. */

/** @import { RunSummary } from "../types.d.ts" */
/** @import { Line } from "./family.js" */

import { h } from "../shared/dom.js";

/**
 * @template {{ el: HTMLElement }} Row
 * @param {HTMLElement} parent of all rows
 * @param {(name: string) => Row} create
 * @returns {(names: string[]) => Row[]} makes the rows be these, and returns them
 */
export function createRows(parent, create) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  return (names) => {
    const wanted = new Set(names);
    for (const [name, row] of rows) {
      if (wanted.has(name)) continue;
      row.el.remove();
      rows.delete(name);
    }
    return names.map((name, i) => {
      const row = rows.get(name) ?? create(name);
      rows.set(name, row);
      if (parent.children[i] !== row.el) parent.insertBefore(row.el, parent.children[i] ?? null);
      return row;
    });
  };
}

/**
 * The lines of a family tree at the left of a row, which makes room for them.
 * @param {number} step pixels a level
 */
export function createTree(step) {
  const el = h("span", { class: "lg-tree", "aria-hidden": "true", style: `--lg-step: ${step}px` });
  let drawn = "";
  return {
    el,
    /** @param {Line[]} lines */
    draw(lines) {
      if (lines.join() === drawn) return;
      drawn = lines.join();
      el.replaceChildren(...lines.map((line) => h("i", { "data-line": line })));
      /** @type {HTMLElement | null} */
      const row = el.closest("tr, li");
      row?.style.setProperty("--lg-indent", `${lines.length * step}px`);
    },
  };
}

/**
 * From where a branch continues; "" for a run that is no branch.
 * @param {RunSummary} run
 */
export function origin({ parent, branched_at: epoch }) {
  if (parent === null) return "";
  return epoch ? `from epoch ${epoch}` : "from the start";
}
