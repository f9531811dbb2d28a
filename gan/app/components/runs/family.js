/** Runs as family trees: a branch stands below the run that it was branched from. */

const DEEPEST = 5; // levels that are drawn

/**
 * @typedef {{name: string, created: number, parent: string|null, branched_at: number|null}} Run
 * @typedef {"through"|"none"|"tee"|"elbow"} Line one piece of a tree's lines; the last one of a row leads to it
 * @typedef {{run: Run, lines: Line[]}} Place
 */

/**
 * The order to show runs in, the family with the newest run first. A run whose parent is not among them (it was
 * deleted, or somebody searches) begins a family; so does one that is older than what bears its parent's name now.
 * @param {Run[]} runs newest first
 * @returns {Place[]}
 */
export function families(runs) {
  const named = new Map(runs.map((run) => [run.name, run]));
  const parentOf = (run) => {
    const parent = named.get(run.parent);
    return parent && parent.created < run.created ? parent : null;
  };
  const children = new Map(runs.map((run) => [run, []]));
  const roots = new Set();
  for (const run of runs) {
    let root = run;
    for (let parent = parentOf(run); parent; parent = parentOf(parent)) root = parent;
    roots.add(root); // a set keeps the order in which the families were met
    if (parentOf(run)) children.get(parentOf(run)).push(run);
  }
  const places = [];
  const place = (run, all) => {
    const lines = folded(all, DEEPEST);
    places.push({ run, lines });
    const above = lines.map((line) => (line === "tee" || line === "through" ? "through" : "none"));
    children.get(run).forEach((child, i, { length }) => place(child, [...above, i < length - 1 ? "tee" : "elbow"]));
  };
  for (const root of roots) place(root, []);
  return places;
}

/** The lines of a row where only so many levels can be drawn: deeper ones all stand at the last of them. */
export const folded = (lines, most) => (lines.length > most ? [...lines.slice(0, most - 1), lines.at(-1)] : lines);
