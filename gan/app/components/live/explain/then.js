/** What was said at a batch of the past: asked of the server, at most once a second, and only for the newest batch. */

/** @import { Explanation } from "../../types.d.ts" */

const PAUSE = 1000; // ms; a replay asks on and on

/**
 * @param {string} base
 * @param {() => void} changed another explanation is here
 */
export function createThen(base, changed) {
  let wanted = "";
  let asked = "";
  let timer = 0;
  /** @type {Explanation | null} */
  let explanation = null;

  async function ask() {
    timer = 0;
    if (!wanted || wanted === asked) return;
    asked = wanted;
    const address = asked;
    timer = setTimeout(ask, PAUSE);
    try {
      const response = await fetch(address);
      if (!response.ok || !wanted) return;
      explanation = await response.json();
      changed();
    } catch {
      asked = ""; // the server is away; the next wish asks again
    }
  }

  return {
    explanation: () => explanation,
    /**
     * @param {string} run
     * @param {number} batch
     */
    want(run, batch) {
      wanted = `${base}/api/runs/${encodeURIComponent(run)}/explanation?batch=${batch}`;
      if (!timer) ask();
    },
    forget() {
      clearTimeout(timer);
      timer = 0;
      wanted = asked = "";
      explanation = null;
    },
  };
}
