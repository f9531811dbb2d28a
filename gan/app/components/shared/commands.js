/** Commands to a run. */

/** @import { KnobValues } from "../types.d.ts" */

import { offerDownload } from "./dataset_download.js";

/** @typedef {{ kind: "pause" | "resume" | "step" | "step_d" | "step_g" | "stop" }} PlainCommand */
/** @typedef {{ kind: "set", values: KnobValues }} SetCommand */

/**
 * @typedef {object} Answer
 * @property {string | null} error one sentence if it was refused or did not arrive
 * @property {string} [missing] the data set that has to be downloaded first
 * @property {string} [name] the run that was made
 */

const SILENCE = "The server did not answer; try again when the page is connected.";

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {"measure" | "commands" | "again"} what
 * @param {PlainCommand | SetCommand} [command]
 * @returns {Promise<Answer>}
 */
async function post(base, name, what, command) {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(command) };
  try {
    const address = `${base}/api/runs/${encodeURIComponent(name)}/${what}`;
    const answer = await fetch(address, { method: "POST", ...(command ? json : {}) });
    return { error: null, ...(await answer.json()) };
  } catch {
    return { error: SILENCE };
  }
}

/**
 * Have all kept epochs of a run measured.
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @returns {Promise<string | null>} one sentence if it was refused or did not arrive
 */
export async function measureEpochs(base, name) {
  return (await post(base, name, "measure")).error;
}

/**
 * Post a command. If the run needs a data set that is not here, the user is asked whether to download it.
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {PlainCommand | SetCommand} command
 * @returns {Promise<string | null>} one sentence if it was refused or did not arrive
 */
export async function postCommand(base, name, command) {
  const answer = await post(base, name, "commands", command);
  if (await downloadMissing(base, answer, "Then the run goes on.")) return postCommand(base, name, command);
  return answer.error;
}

/**
 * Start a run that trains the recording of another one again.
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @returns {Promise<Answer>} with the new run's `name`
 */
export async function trainAgain(base, name) {
  const answer = await post(base, name, "again");
  return (await downloadMissing(base, answer, "Then the run starts.")) ? trainAgain(base, name) : answer;
}

/**
 * Whether a data set was missing and is here now.
 * @param {string} base
 * @param {Answer} answer
 * @param {string} then
 */
async function downloadMissing(base, { missing }, then) {
  return missing !== undefined && (await offerDownload(base, missing, then).catch(() => false));
}
