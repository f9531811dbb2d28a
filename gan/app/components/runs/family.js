/** Runs as family trees: a branch stands below the run that it was branched from. */

/** @import { RunSummary } from "../types.d.ts" */

const DEEPEST = 5; // levels that are drawn

/** @typedef {Pick<RunSummary, "name" | "created" | "parent">} Run */
/** @typedef {"through" | "none" | "tee" | "elbow"} Line one piece of a tree's lines; a row's last one leads to it */

/**
 * The order to show runs in, the family with the newest run first. A run whose parent is not among them (it was
 * deleted, or the list is searched) begins a family; so does one that is older than what bears its parent's name now.
 * @template {Run} R
 * @param {R[]} runs newest first
 * @returns {{ run: R, lines: Line[] }[]}
 */
export function families(runs) {
  const named = new Map(runs.map((run) => [run.name, run]));
  /** @param {R} run */
  const parentOf = (run) => {
    const parent = run.parent === null ? undefined : named.get(run.parent);
    return parent && parent.created < run.created ? parent : null;
  };
  /** @type {Map<R, R[]>} */
  const children = new Map(runs.map((run) => [run, []]));
  /** @type {Set<R>} */
  const roots = new Set();
  for (const run of runs) {
    let root = run;
    for (let parent = parentOf(run); parent; parent = parentOf(parent)) root = parent;
    roots.add(root); // a set keeps the order in which the families were met
    const parent = parentOf(run);
    if (parent) children.get(parent)?.push(run);
  }
  /** @type {{ run: R, lines: Line[] }[]} */
  const places = [];
  /**
   * @param {R} run
   * @param {Line[]} all
   */
  const place = (run, all) => {
    const lines = folded(all, DEEPEST);
    places.push({ run, lines });
    /** @type {Line[]} */
    const above = lines.map((line) => (line === "tee" || line === "through" ? "through" : "none"));
    const branches = children.get(run) ?? [];
    branches.forEach((child, i) => place(child, [...above, i < branches.length - 1 ? "tee" : "elbow"]));
  };
  for (const root of roots) place(root, []);
  return places;
}

/**
 * The runs of one's own desk first; their families then come before the others.
 * @template {Pick<RunSummary, "desk">} R
 * @param {R[]} runs
 * @param {string | null} desk
 * @returns {R[]}
 */
export function ownFirst(runs, desk) {
  const isOwn = (/** @type {R} */ run) => run.desk !== null && run.desk.id === desk;
  return [...runs.filter(isOwn), ...runs.filter((run) => !isOwn(run))];
}

/**
 * The lines of a row where few levels can be drawn: deeper ones all stand at the last of them.
 * @param {Line[]} lines
 * @param {number} most levels
 */
export function folded(lines, most) {
  return lines.length > most ? [...lines.slice(0, most - 1), ...lines.slice(-1)] : lines;
}
