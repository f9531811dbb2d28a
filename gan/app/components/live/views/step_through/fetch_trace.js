/** Asks the server for a batch of a run, stage by stage. */

/** @import { TracedBatch, WhoLearns } from "../../../types.d.ts" */

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {WhoLearns} learns
 * @param {number | null} epoch the batch is the one after it; null: the run's next one
 * @returns {Promise<{ trace: TracedBatch | null, error: string | null }>} one of the two
 */
export async function fetchTrace(base, name, learns, epoch) {
  try {
    const after = epoch === null ? "" : `&epoch=${epoch}`;
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/next-batch?learns=${learns}${after}`);
    const found = await answer.json();
    return answer.ok ? { trace: found, error: null } : { trace: null, error: found.error };
  } catch {
    return { trace: null, error: "The server did not answer; try again when the page is connected." };
  }
}
