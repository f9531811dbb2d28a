/** Commands to a run. */

import { obtain } from "./obtain.js";

const SILENCE = "The server did not answer; try again when the page is connected.";

/**
 * Have all kept epochs of a run measured.
 * @returns {Promise<string|null>} one sentence if it was refused or did not arrive
 */
export async function measureEpochs(base, name) {
  try {
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/measure`, { method: "POST" });
    return answer.ok ? null : (await answer.json()).error;
  } catch {
    return SILENCE;
  }
}

/**
 * Post a command. If the run needs a data set that is not here, somebody is asked whether it shall be downloaded.
 * @returns {Promise<string|null>} one sentence if it was refused or did not arrive
 */
export async function postCommand(base, name, command) {
  try {
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/commands`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
    });
    if (answer.ok) return null;
    const { error, missing } = await answer.json();
    if (!missing) return error;
    return (await obtain(base, missing, "Then the run goes on.")) ? await postCommand(base, name, command) : error;
  } catch {
    return SILENCE;
  }
}

/**
 * Start a run that trains the recording of another one again.
 * @returns {Promise<{name?: string, error?: string}>} its name, or one sentence if it was refused or did not arrive
 */
export async function trainAgain(base, name) {
  try {
    const answer = await fetch(`${base}/api/runs/${encodeURIComponent(name)}/again`, { method: "POST" });
    const told = await answer.json();
    return told.missing && (await obtain(base, told.missing, "Then the run starts.")) ? await trainAgain(base, name) : told;
  } catch {
    return { error: SILENCE };
  }
}
