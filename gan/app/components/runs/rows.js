/** Rows that stand for runs: one each, made once, in the order asked for, with the lines of its family tree. */
/** @import { RunSummary } from "../types.d.ts" */

import { h } from "../shared/dom.js";

/**
 * @template {{el: HTMLElement}} Row
 * @param {HTMLElement} parent of all rows
 * @param {(name: string) => Row} create
 * @returns {(names: string[]) => Row[]} makes the rows be these, and returns them
 */
export function createRows(parent, create) {
  const rows = new Map();
  return (names) => {
    const wanted = new Set(names);
    for (const [name, row] of rows) {
      if (wanted.has(name)) continue;
      row.el.remove();
      rows.delete(name);
    }
    return names.map((name, i) => {
      if (!rows.has(name)) rows.set(name, create(name));
      const row = rows.get(name);
      if (parent.children[i] !== row.el) parent.insertBefore(row.el, parent.children[i] ?? null);
      return row;
    });
  };
}

/** The lines of a family tree at the left of a row, which makes room for them. @param {number} step pixels a level */
export function createTree(step) {
  const el = h("span", { class: "lg-tree", "aria-hidden": "true", style: `--lg-step: ${step}px` });
  let drawn = "";
  return {
    el,
    /** @param {import("./family.js").Line[]} lines */
    draw(lines) {
      if (lines.join() === drawn) return;
      drawn = lines.join();
      el.replaceChildren(...lines.map((line) => h("i", { "data-line": line })));
      el.closest("tr, li").style.setProperty("--lg-indent", `${lines.length * step}px`);
    },
  };
}

/** From where a branch goes on; "" for a run of its own. @param {RunSummary} run */
export function origin({ parent, branched_at: epoch }) {
  if (parent === null || parent === undefined) return "";
  return epoch ? `from epoch ${epoch}` : "from the start";
}
