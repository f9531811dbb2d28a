/** The state of the page as the part of the address after #, and back: readable, and strict about what it takes. */

import { numberOf } from "../../shared/numbers.js";
import { SAMPLES, HIGHEST_SEED, MOST_PICKS, SPEEDS, STEPS, TOOLS, byNumbers, bySeed, createState, letter, rounded } from "./state.js";

const LONGEST_Z = 512;

class Bad extends Error {}

const refuse = (why) => {
  throw new Bad(why);
};

/** @typedef {ReturnType<typeof createState>} State */

/** Each part of the link: how it is written, and how it is read into the state (or refused with the reason). */
const PARTS = {
  epoch: {
    write: (state) => (state.epoch === "latest" ? "" : String(state.epoch)),
    read: (text, state) => (state.epoch = text === "" ? "latest" : whole(text, 0, 1e9)),
  },
  tool: {
    write: (state) => state.tool,
    read: (text, state) => (state.tool = oneOf(text, TOOLS)),
  },
  picks: {
    write: (state) => state.picks.map(writePoint).join(","),
    read(text, state) {
      const picks = text === "" ? [] : text.split(",").map(readPoint);
      if (picks.length > MOST_PICKS) refuse(`at most ${MOST_PICKS} picks`);
      state.picks = picks;
      const ids = picks.map((pick) => [pick.id]);
      state.sum = { plus: ids[0] ?? [], minus: ids[1] ?? [], start: ids[2] ?? [] };
    },
  },
  board: {
    write: (state) => String(state.board),
    read: (text, state) => (state.board = whole(text, 0, HIGHEST_SEED - SAMPLES)),
  },
  way: {
    write: (state) => state.walk.kind,
    read: (text, state) => (state.walk.kind = oneOf(text, ["linear", "spherical"])),
  },
  steps: {
    write: (state) => String(state.walk.steps),
    read: (text, state) => (state.walk.steps = whole(text, STEPS.low, STEPS.high)),
  },
  t: {
    write: (state) => short(state.walk.t),
    read: (text, state) => (state.walk.t = number(text, 0, 1)),
  },
  closed: {
    write: (state) => (state.walk.closed ? "1" : "0"),
    read: (text, state) => (state.walk.closed = oneOf(text, ["0", "1"]) === "1"),
  },
  speed: {
    write: (state) => String(state.walk.speed),
    read: (text, state) => (state.walk.speed = Number(oneOf(text, SPEEDS.map(String)))),
  },
  pad: {
    write: (state) => `${short(state.pad.x)},${short(state.pad.y)}`,
    read(text, state) {
      const [x, y] = several(text, 2).map((part) => number(part, 0, 1));
      state.pad = { x, y };
    },
  },
  point: {
    write: (state) => writePoint(state.point),
    read: (text, state) => (state.point = readPoint(text)),
  },
  by: {
    write: (state) => (state.coordinates ? "coordinate" : "direction"),
    read: (text, state) => (state.coordinates = oneOf(text, ["direction", "coordinate"]) === "coordinate"),
  },
  sum: {
    write: ({ sum, picks }) => ["plus", "minus", "start"].map((set) => letters(sum[set], picks)).join("."),
    read(text, state) {
      const [plus, minus, start] = text.split(".", 3).map((part) => ids(part, state.picks));
      if (!start || text.split(".").length !== 3) refuse("three sets of picks, such as A.B.C");
      state.sum = { plus, minus, start };
    },
  },
  map: {
    write: ({ map }) => (map ? [map.x, map.y, map.span].map(short).join(",") : ""),
    read(text, state) {
      if (text === "") return (state.map = null);
      const [x, y, span] = several(text, 3);
      return (state.map = { x: number(x, -1000, 1000), y: number(y, -1000, 1000), span: number(span, 0.01, 1000) });
    },
  },
  at: {
    write: ({ cursor }) => (cursor ? `${short(cursor.x)},${short(cursor.y)}` : ""),
    read(text, state) {
      if (text === "") return (state.cursor = null);
      const [x, y] = several(text, 2).map((part) => number(part, -1e4, 1e4));
      return (state.cursor = { x, y });
    },
  },
  beside: {
    write: ({ beside }) => (beside ? `${encodeURIComponent(beside.run)}@${beside.epoch}` : ""),
    read(text, state) {
      const match = /^(.+)@(latest|\d{1,9})$/.exec(text);
      if (text !== "" && !match) refuse("a run and an epoch, such as lecture@5");
      state.beside = match && { run: decodeURIComponent(match[1]), epoch: match[2] === "latest" ? "latest" : Number(match[2]) };
    },
  },
  weights: {
    write: (state) => (state.raw ? "raw" : "averaged"),
    read: (text, state) => (state.raw = oneOf(text, ["averaged", "raw"]) === "raw"),
  },
  dropout: {
    write: (state) => (state.dropout ? "1" : "0"),
    read: (text, state) => (state.dropout = oneOf(text, ["0", "1"]) === "1"),
  },
};

/**
 * @param {State} state
 * @returns {string} what differs from the page as it opens, without the #
 */
export function write(state) {
  const usual = createState();
  const parts = Object.entries(PARTS).map(([key, part]) => [key, part.write(state), part.write(usual)]);
  return parts.filter(([, now, then]) => now !== then).map(([key, now]) => `${key}=${now}`).join("&");
}

/**
 * Read a link into the state; what is wrong is left as it was.
 * @param {string} hash without the #
 * @param {State} state changed
 * @returns {string} one sentence that names what was ignored, or nothing
 */
export function read(hash, state) {
  const given = new Map();
  for (const piece of hash.split("&").filter(Boolean)) {
    const [key, text = ""] = piece.split(/=(.*)/s, 2);
    given.set(key, text);
  }
  const bad = [...given].filter(([key]) => !(key in PARTS)).map(([key]) => `${clip(key)} (not known)`);
  for (const [key, part] of Object.entries(PARTS)) {
    if (!given.has(key)) continue;
    try {
      part.read(given.get(key), state);
    } catch (error) {
      bad.push(`${key}=${clip(given.get(key))} (it must be ${error instanceof Bad ? error.message : "readable"})`);
    }
  }
  return bad.length ? `This link holds something that was ignored: ${bad.join("; ")}.` : "";
}

// --- points ------------------------------------------------------------------------------------------------------

/** A seed as it is; numbers as ~ and the base64 (of addresses) of their float32 bytes, little-endian. */
function writePoint(point) {
  if (point.seed !== null) return String(point.seed);
  const bytes = new Uint8Array(point.z.length * 4);
  const view = new DataView(bytes.buffer);
  point.z.forEach((x, i) => view.setFloat32(i * 4, x, true));
  return `~${btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

function readPoint(text) {
  if (!text.startsWith("~")) return bySeed(whole(text, 0, HIGHEST_SEED));
  const packed = atob(text.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
  if (!packed.length || packed.length % 4 || packed.length > LONGEST_Z * 4) refuse("whole numbers of four bytes");
  const view = new DataView(Uint8Array.from(packed, (c) => c.charCodeAt(0)).buffer);
  const z = Float32Array.from({ length: packed.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
  if (!z.every((x) => Math.abs(x) < 1e6)) refuse("finite numbers");
  return byNumbers(z);
}

// --- values ------------------------------------------------------------------------------------------------------

const short = (x) => String(rounded(x));
const clip = (text) => (text.length > 24 ? `${text.slice(0, 21)}...` : text);
const oneOf = (text, choices) => (choices.includes(text) ? text : refuse(`one of ${choices.join(", ")}`));
const letters = (chosen, picks) => picks.map((pick, i) => (chosen.includes(pick.id) ? letter(i) : "")).join("");

function number(text, low, high) {
  const x = numberOf(text);
  return x >= low && x <= high ? x : refuse(`a number from ${low} to ${high}`);
}

function whole(text, low, high) {
  return /^\d+$/.test(text) && Number(text) >= low && Number(text) <= high
    ? Number(text)
    : refuse(`a whole number from ${low} to ${high}`);
}

function several(text, wanted) {
  const parts = text.split(",");
  return parts.length === wanted ? parts : refuse(`${wanted} numbers with commas`);
}

function ids(text, picks) {
  return [...text].map((name) => picks.find((_, i) => letter(i) === name)?.id ?? refuse("letters of picks"));
}
