/** Posts what a page wants of its class. */

export const SILENCE = "The server did not answer; try again when the page is connected.";

/**
 * @param {string} base the server's base path
 * @param {string} path below `/api/class/`
 * @param {object} body
 * @returns {Promise<string | null>} one sentence if it was refused or did not arrive
 */
export async function post(base, path, body) {
  try {
    const answer = await fetch(`${base}/api/class/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    return (await answer.json()).error ?? null;
  } catch {
    return SILENCE;
  }
}
