/** Which run is a branch of which, and where two of them part. */

/** @import { RunSummary } from "../../types.d.ts" */

/** @typedef {Pick<RunSummary, "name" | "created" | "parent" | "branched_at">} Relative */

/**
 * A run and those that it comes from, each with the last epoch that it shares with the run.
 * @param {Relative} run
 * @param {Map<string, Relative>} all
 */
function lineage(run, all) {
  /** @type {Map<string, number>} */
  const shared = new Map();
  let epoch = Infinity;
  /** @type {Relative | undefined} */
  let one = run;
  while (one && !shared.has(one.name)) {
    shared.set(one.name, epoch);
    if (!one.parent) break;
    /** @type {Relative | undefined} */
    const parent = all.get(one.parent);
    if (parent && parent.created >= one.created) break; // the parent was deleted, and another run bears its name
    epoch = Math.min(epoch, one.branched_at ?? 0);
    if (!parent) shared.set(one.parent, epoch); // it was deleted; its branches are still related
    one = parent;
  }
  return shared;
}

/**
 * The last epoch that two runs have in common, or null if they are not related.
 * @param {Relative} a
 * @param {Relative} b
 * @param {Map<string, Relative>} all runs by name
 */
export function fork(a, b, all) {
  const one = lineage(a, all);
  const other = lineage(b, all);
  const ancestor = [...one.keys()].find((name) => other.has(name));
  if (ancestor === undefined || a.name === b.name) return null;
  const epoch = Math.min(one.get(ancestor) ?? Infinity, other.get(ancestor) ?? Infinity);
  return Number.isFinite(epoch) ? epoch : null;
}
