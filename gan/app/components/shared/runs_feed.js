/** The list of all runs, pushed by the server; one socket a page, whoever looks at it. */

import { connect } from "./socket.js";

const listeners = new Set();
let socket = null;
let latest = null;

/** What people read for a run's name. @param {string} name */
export const titleOf = (name) => latest?.runs.find((run) => run.name === name)?.title ?? name;

/**
 * What tells the files of a run's epochs from those of another run of its name, or of a course that it has left, so
 * that a browser may keep them for good.
 * @param {{created: number, course?: number}} run
 */
export const versionOf = ({ created, course = 0 }) => `${created}-${course}`;

/**
 * @param {string} base the server's base path
 * @param {(list: {runs: object[], read_only: string|null}) => void} listener called with every new list
 * @returns {() => void} ends it
 */
export function watchRuns(base, listener) {
  listeners.add(listener);
  socket ??= connect(`${base}/api/runs/live`, {
    message(text) {
      latest = JSON.parse(text);
      for (const each of listeners) each(latest);
    },
    status() {},
  });
  if (latest) listener(latest);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    socket?.close();
    socket = latest = null;
  };
}
