/** The state of the page as the part of the address after #, and back: readable, and strict about what it takes. */

import { numberOf } from "../../shared/numbers.js";
import { EXAMPLE, MOST_DIGITS } from "./digit.js";
import {
  HIGHEST_SEED, MOST_PICKS, SAMPLES, SPEEDS, STEPS, TOOLS, byNumbers, bySeed, createState, letter, rounded,
} from "./state.js";

/** @import { Interpolation } from "../engine/interpolation.js" */
/** @import { PageState, Point, Terms } from "../types.d.ts" */

const LONGEST_Z = 512;
/** @type {Interpolation[]} */
const INTERPOLATIONS = ["linear", "spherical"];

class Refusal extends Error {}

/**
 * @param {string} wanted what it must be
 * @returns {never}
 */
function refuse(wanted) {
  throw new Refusal(wanted);
}

/**
 * A part of the link: how it is written, and how it is read into the state, or refused with what it must be.
 * @typedef {{write: (state: PageState) => string, read: (text: string, state: PageState) => void}} Part
 */

/** @type {Record<string, Part>} Which weights. */
const WEIGHTS = {
  epoch: {
    write: ({ epoch }) => (epoch === "latest" ? "" : String(epoch)),
    read: (text, state) => (state.epoch = text === "" ? "latest" : whole(text, 0, 1e9)),
  },
};

/** @type {Record<string, Part>} Which tool, and between which points it works. */
const POINTS = {
  tool: {
    write: ({ tool }) => tool,
    read: (text, state) => (state.tool = oneOf(text, TOOLS)),
  },
  picks: {
    write: ({ picks }) => picks.map(writePoint).join(","),
    read(text, state) {
      const picks = text === "" ? [] : text.split(",").map(readPoint);
      if (picks.length > MOST_PICKS) refuse(`at most ${MOST_PICKS} picks`);
      state.picks = picks;
      const ids = picks.map((pick) => [pick.id]);
      state.terms = { plus: ids[0] ?? [], minus: ids[1] ?? [], start: ids[2] ?? [] };
    },
  },
  board: {
    write: ({ firstSeed }) => String(firstSeed),
    read: (text, state) => (state.firstSeed = whole(text, 0, HIGHEST_SEED - SAMPLES)),
  },
};

/** @type {Record<string, Part>} */
const WALK = {
  way: {
    write: ({ walk }) => walk.kind,
    read: (text, { walk }) => (walk.kind = oneOf(text, INTERPOLATIONS)),
  },
  steps: {
    write: ({ walk }) => String(walk.steps),
    read: (text, { walk }) => (walk.steps = whole(text, STEPS.low, STEPS.high)),
  },
  t: {
    write: ({ walk }) => short(walk.t),
    read: (text, { walk }) => (walk.t = number(text, 0, 1)),
  },
  closed: {
    write: ({ walk }) => flag(walk.closed),
    read: (text, { walk }) => (walk.closed = oneOf(text, ["0", "1"]) === "1"),
  },
  speed: {
    write: ({ walk }) => String(walk.speed),
    read: (text, { walk }) => (walk.speed = Number(oneOf(text, SPEEDS.map(String)))),
  },
};

/** @type {Record<string, Part>} */
const OTHER_TOOLS = {
  pad: {
    write: ({ pad }) => `${short(pad.x)},${short(pad.y)}`,
    read(text, state) {
      const [x, y] = several(text, 2).map((part) => number(part, 0, 1));
      state.pad = { x, y };
    },
  },
  point: {
    write: ({ point }) => writePoint(point),
    read: (text, state) => (state.point = readPoint(text)),
  },
  by: {
    write: ({ coordinates }) => (coordinates ? "coordinate" : "direction"),
    read: (text, state) => (state.coordinates = oneOf(text, ["direction", "coordinate"]) === "coordinate"),
  },
  sum: {
    write: ({ terms, picks }) => [terms.plus, terms.minus, terms.start].map((ids) => letters(ids, picks)).join("."),
    read: (text, state) => (state.terms = readTerms(text, state.picks)),
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
    write: ({ comparison }) => (comparison ? `${encodeURIComponent(comparison.run)}@${comparison.epoch}` : ""),
    read: (text, state) => (state.comparison = readComparison(text)),
  },
};

/** @type {Record<string, Part>} For generators that make each image for a digit. */
const DIGITS = {
  digit: {
    write: ({ digit }) => (digit === null ? "" : String(digit)),
    read: (text, state) => (state.digit = text === "" ? null : whole(text, 0, 9)),
  },
  changes: {
    write: ({ walk }) => walk.changes,
    read: (text, { walk }) => (walk.changes = oneOf(text, ["style", "digit"])),
  },
  through: {
    write: ({ walk }) => walk.digits,
    read: (text, { walk }) => (walk.digits = digitsOf(text)),
  },
  number: {
    write: ({ number }) => number.digits ?? EXAMPLE,
    read: (text, { number }) => (number.digits = text === EXAMPLE ? null : digitsOf(text)),
  },
  styles: {
    write: ({ number }) => (number.mixed ? "mixed" : "one"),
    read: (text, { number }) => (number.mixed = oneOf(text, ["one", "mixed"]) === "mixed"),
  },
};

/** @type {Record<string, Part>} How images are made. */
const GENERATOR = {
  weights: {
    write: ({ raw }) => (raw ? "raw" : "averaged"),
    read: (text, state) => (state.raw = oneOf(text, ["averaged", "raw"]) === "raw"),
  },
  dropout: {
    write: ({ dropout }) => flag(dropout),
    read: (text, state) => (state.dropout = oneOf(text, ["0", "1"]) === "1"),
  },
};

/** In the order in which they are written and read: `sum` names picks. */
const PARTS = { ...WEIGHTS, ...POINTS, ...WALK, ...OTHER_TOOLS, ...DIGITS, ...GENERATOR };

/**
 * @param {PageState} state
 * @returns {string} what differs from the page as it opens, without the #
 */
export function write(state) {
  const usual = createState();
  const parts = Object.entries(PARTS).map(([key, part]) => [key, part.write(state), part.write(usual)]);
  return parts.filter(([, now, then]) => now !== then).map(([key, now]) => `${key}=${now}`).join("&");
}

/**
 * Reads a link into the state; what is wrong leaves the state as it was.
 * @param {string} hash without the #
 * @param {PageState} state changed
 * @returns {string} one sentence that names what was ignored, or nothing
 */
export function read(hash, state) {
  /** @type {Map<string, string>} */
  const given = new Map();
  for (const piece of hash.split("&").filter(Boolean)) {
    const [key, text = ""] = piece.split(/=(.*)/s, 2);
    given.set(key, text);
  }
  const bad = [...given.keys()].filter((key) => !(key in PARTS)).map((key) => `${clip(key)} (not known)`);
  for (const [key, part] of Object.entries(PARTS)) {
    const text = given.get(key);
    if (text === undefined) continue;
    try {
      part.read(text, state);
    } catch (error) {
      bad.push(`${key}=${clip(text)} (it must be ${error instanceof Refusal ? error.message : "readable"})`);
    }
  }
  return bad.length ? `This link holds something that was ignored: ${bad.join("; ")}.` : "";
}

/**
 * Turns the state to what a link says, and leaves alone what it says already; what is wrong counts as not said.
 * @param {string} hash without the #
 * @param {PageState} state changed
 */
export function turnTo(hash, state) {
  const wanted = createState();
  read(hash, wanted);
  for (const part of Object.values(PARTS)) {
    const text = part.write(wanted);
    if (text !== part.write(state)) part.read(text, state);
  }
}

// --- points ------------------------------------------------------------------------------------------------------

/**
 * A seed as it is; numbers as ~ and the base64 (of addresses) of their float32 bytes, little-endian.
 * @param {Point} point
 */
function writePoint({ seed, z }) {
  if (!z) return String(seed);
  const bytes = new Uint8Array(z.length * 4);
  const view = new DataView(bytes.buffer);
  z.forEach((x, i) => view.setFloat32(i * 4, x, true));
  return `~${btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** @param {string} text */
function readPoint(text) {
  if (!text.startsWith("~")) return bySeed(whole(text, 0, HIGHEST_SEED));
  const packed = atob(text.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
  if (!packed.length || packed.length % 4 || packed.length > LONGEST_Z * 4) refuse("whole numbers of four bytes");
  const view = new DataView(Uint8Array.from(packed, (c) => c.charCodeAt(0)).buffer);
  const z = Float32Array.from({ length: packed.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
  if (!z.every((x) => Math.abs(x) < 1e6)) refuse("finite numbers");
  return byNumbers(z);
}

/**
 * @param {number[]} ids
 * @param {Point[]} picks
 */
const letters = (ids, picks) => picks.map((pick, i) => (ids.includes(pick.id) ? letter(i) : "")).join("");

/**
 * @param {string} text such as A.B.CD
 * @param {Point[]} picks
 * @returns {Terms}
 */
function readTerms(text, picks) {
  const sets = text.split(".");
  if (sets.length !== 3) refuse("three sets of picks, such as A.B.C");
  const [plus, minus, start] = sets.map((names) => [...names].map((name) =>
    picks.find((_, i) => letter(i) === name)?.id ?? refuse("letters of picks")));
  return { plus, minus, start };
}

/**
 * @param {string} text
 * @returns {PageState["comparison"]}
 */
function readComparison(text) {
  if (text === "") return null;
  const [, run, epoch] = /^(.+)@(latest|\d{1,9})$/.exec(text) ?? refuse("a run and an epoch, such as lecture@5");
  return { run: decodeURIComponent(run), epoch: epoch === "latest" ? "latest" : Number(epoch) };
}

// --- values ------------------------------------------------------------------------------------------------------

/** @param {number} x */
const short = (x) => String(rounded(x));

/** @param {boolean} on */
const flag = (on) => (on ? "1" : "0");

/** @param {string} text */
const clip = (text) => (text.length > 24 ? `${text.slice(0, 21)}...` : text);

/**
 * @template {string} Choice
 * @param {string} text
 * @param {Choice[]} choices
 */
function oneOf(text, choices) {
  return choices.find((choice) => choice === text) ?? refuse(`one of ${choices.join(", ")}`);
}

/**
 * @param {string} text
 * @param {number} low
 * @param {number} high
 */
function number(text, low, high) {
  const x = numberOf(text);
  return x >= low && x <= high ? x : refuse(`a number from ${low} to ${high}`);
}

/**
 * @param {string} text
 * @param {number} low
 * @param {number} high
 */
function whole(text, low, high) {
  return /^\d+$/.test(text) && Number(text) >= low && Number(text) <= high
    ? Number(text)
    : refuse(`a whole number from ${low} to ${high}`);
}

/** @param {string} text */
function digitsOf(text) {
  return /^\d*$/.test(text) && text.length <= MOST_DIGITS ? text : refuse(`at most ${MOST_DIGITS} digits`);
}

/**
 * @param {string} text
 * @param {number} wanted
 */
function several(text, wanted) {
  const parts = text.split(",");
  return parts.length === wanted ? parts : refuse(`${wanted} numbers with commas`);
}
