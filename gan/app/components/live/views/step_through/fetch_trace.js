/** Asks the server for the next batch of a run. */

/** @import { TracedBatch, WhoLearns } from "../../../types.d.ts" */

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {WhoLearns} learns
 * @returns {Promise<{ trace: TracedBatch | null, error: string | null }>} one of the two
 */
export async function fetchTrace(base, name, learns) {
  try {
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/next-batch?learns=${learns}`);
    const found = await answer.json();
    return answer.ok ? { trace: found, error: null } : { trace: null, error: found.error };
  } catch {
    return { trace: null, error: "The server did not answer; try again when the page is connected." };
  }
}
