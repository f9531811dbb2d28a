/** Commands to a run. */

const SILENCE = "The server did not answer; try again when the page is connected.";

/**
 * Have all kept epochs of a run measured.
 * @returns {Promise<string|null>} one sentence if it was refused or did not arrive
 */
export async function measure(base, name) {
  try {
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/measure`, { method: "POST" });
    return answer.ok ? null : (await answer.json()).error;
  } catch {
    return SILENCE;
  }
}

/**
 * Post a command.
 * @returns {Promise<string|null>} one sentence if it was refused or did not arrive
 */
export async function post(base, name, command) {
  try {
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/commands`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
    });
    if (answer.ok) return null;
    return (await answer.json()).error;
  } catch {
    return SILENCE;
  }
}

/**
 * Start a run that trains the recording of another one again.
 * @returns {Promise<{name?: string, error?: string}>} its name, or one sentence if it was refused or did not arrive
 */
export async function again(base, name) {
  try {
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/again`, { method: "POST" });
    return await answer.json();
  } catch {
    return { error: SILENCE };
  }
}
