/**
 * The list of all runs, pushed by the server, whoever looks at it: along with the stream of a run while a page has one
 * open, else by a socket of its own.
 */

/** @import { RunList, Snapshot } from "../types.d.ts" */

import { takePart } from "./class_parts.js";
import { isCovered, onCover } from "./seen.js";
import { connect } from "./socket.js";

const PATIENCE = 100; // ms that a page has for opening a stream before the list gets its own socket

/** @type {Set<(list: RunList) => void>} */
const listeners = new Set();
let carriers = 0; // streams that bring the list along
let base = "";
/** @type {ReturnType<typeof connect> | null} */
let socket = null;
let timer = 0;
/** @type {RunList | null} */
let latest = null;

/**
 * What people read for a run's name.
 * @param {string} name
 */
export const titleOf = (name) => latest?.runs.find((run) => run.name === name)?.title ?? name;

/**
 * A list has come, or news of the class, which comes along with it.
 * @param {string | ArrayBuffer} text
 */
export function takeRuns(text) {
  const message = JSON.parse(String(text));
  if ("part" in message) return takePart(message);
  /** @type {RunList} */
  const list = message;
  latest = list;
  tell();
}

/** Whoever lists runs learns of them once the page can be seen. */
function tell() {
  if (latest === null || isCovered()) return;
  for (const each of listeners) each(latest);
}

onCover(tell);

/** Have an own socket only while it is needed. */
function settle() {
  const needed = listeners.size > 0 && carriers === 0;
  clearTimeout(timer);
  if (needed && !socket) timer = setTimeout(open, PATIENCE);
  if (needed) return;
  socket?.close();
  socket = null;
}

function open() {
  socket = connect(`${base}/api/runs/live`, { message: takeRuns, status() {} });
}

/**
 * What tells the files of a run's epochs from those of another run of its name, or of a course that it has left, so
 * that a browser may keep them for good.
 * @param {Pick<Snapshot, "created" | "course">} run
 */
export const versionOf = ({ created, course }) => `${created}-${course}`;

/**
 * A stream that brings the list along is open (see `takeRuns`).
 * @returns {() => void} it is closed
 */
export function carryRuns() {
  let there = true;
  carriers += 1;
  settle();
  return () => {
    if (!there) return;
    there = false;
    carriers -= 1;
    settle();
  };
}

/**
 * @param {string} path the server's base path
 * @param {(list: RunList) => void} listener called with every new list
 * @returns {() => void} ends it
 */
export function watchRuns(path, listener) {
  base = path;
  listeners.add(listener);
  settle();
  if (latest) listener(latest);
  return () => {
    listeners.delete(listener);
    settle();
    if (!listeners.size) latest = null;
  };
}
