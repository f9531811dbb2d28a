/** What a student is told of the own entries of a league: their places, where the table that all are told has none. */

/** @import { League, LeagueRow } from "../types.d.ts" */

const PAUSE_MS = 3000; // between two looks; as long again at most, so that a class does not ask at the same moment

/**
 * Whether the table that all are told leaves out what the student may know.
 * @param {Pick<League, "shown" | "own" | "count" | "rows">} league
 * @param {string | null} desk the student's
 */
export function isToAsk({ shown, own, count, rows }, desk) {
  return count > rows.length || (own && !shown && rows.some((row) => row.desk === desk));
}

/**
 * @param {string} base the server's base path
 * @param {string | null} desk the student's
 * @param {(own: LeagueRow[]) => void} changed
 */
export function watchOwn(base, desk, changed) {
  /** @type {LeagueRow[]} */
  let known = [];
  let timer = 0;
  let lookedAt = -Infinity;

  async function look() {
    timer = 0;
    lookedAt = performance.now();
    const found = await fetch(`${base}/api/class/league/own`).then((answer) => answer.json(), () => null);
    if (found?.rows) changed(known = found.rows);
  }

  return {
    /** @param {League} league as it is told now */
    update(league) {
      const asks = isToAsk(league, desk);
      changed(asks ? known : []);
      if (!asks) {
        clearTimeout(timer);
        timer = 0;
      } else if (!timer) {
        const since = performance.now() - lookedAt;
        timer = setTimeout(look, since > 2 * PAUSE_MS ? 0 : PAUSE_MS * (1 + Math.random()) - since);
      }
    },
    end: () => clearTimeout(timer),
  };
}
