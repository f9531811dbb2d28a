/** The family tree of the runs: which run is a branch of which, and where two of them part. */

import { watchRuns } from "../../shared/runs_feed.js";

let runs = new Map();
const followers = new Map();

/** Keep the tree up to date for somebody, who is told of every change; resolves when it is here. */
export function follow(base, changed) {
  if (!followers.has(changed)) {
    const follower = {};
    follower.ready = new Promise((ready) => {
      follower.end = watchRuns(base, (list) => {
        runs = new Map(list.runs.map((run) => [run.name, run]));
        ready();
        changed();
      });
    });
    followers.set(changed, follower);
  }
  return followers.get(changed).ready;
}

export function leave(changed) {
  followers.get(changed)?.end();
  followers.delete(changed);
}

/** Whether there is such a run. */
export const known = (name) => runs.has(name);

/** Whether there is such a run that can be watched. */
export const has = (name) => runs.has(name) && runs.get(name).state !== "damaged";

/** A run and those that it comes from, each with the last epoch that it shares with the run. */
function lineage(run, all) {
  const shared = new Map();
  let epoch = Infinity;
  for (let one = run; one && !shared.has(one.name); ) {
    shared.set(one.name, epoch);
    if (!one.parent) break;
    const parent = all.get(one.parent);
    if (parent && parent.created >= one.created) break; // the parent was deleted, and another run bears its name
    epoch = Math.min(epoch, one.branched_at);
    if (!parent) shared.set(one.parent, epoch); // it was deleted; its branches are still kin
    one = parent;
  }
  return shared;
}

/**
 * The last epoch that two runs have in common, or null if they are not related.
 * @param {{name: string, created: number, parent: string|null, branched_at: number|null}} a
 * @param {typeof a} b
 * @param {Map<string, typeof a>} all runs by name
 */
export function fork(a, b, all = runs) {
  const one = lineage(a, all);
  const other = lineage(b, all);
  const ancestor = [...one.keys()].find((name) => other.has(name));
  if (ancestor === undefined || a.name === b.name) return null;
  const epoch = Math.min(one.get(ancestor), other.get(ancestor));
  return Number.isFinite(epoch) ? epoch : null;
}
