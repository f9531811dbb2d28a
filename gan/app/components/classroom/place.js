/** Where a page is, so that others can be taken there: the page, the run and the lesson on it, and what each shows. */

/** @import { ClassMoment, PlaceParts, Place } from "../types.d.ts" */

/** @typedef {Place["page"]} PageName */

/** @type {PageName[]} those that students have, too */
const PAGES = ["train", "lessons", "playground", "runs", "data", "words"];
const FAR = 0.3; // seconds by which two replays may differ before one is moved

/**
 * Where a tab is by its address; null: where nobody can follow. A draft is the Train page without a run.
 * @param {{ pathname: string, search: string }} address
 * @param {string} base the server's base path
 * @returns {Pick<Place, "page" | "run" | "lesson"> | null}
 */
export function placeOf({ pathname, search }, base) {
  const name = pathname.slice(base.length).replaceAll("/", "") || "train";
  const page = PAGES.find((each) => each === name);
  const asked = new URLSearchParams(search);
  const run = asked.get("run") === "new" ? null : asked.get("run");
  if (!page) return null;
  const ofRun = page === "train" || page === "playground";
  return { page, run: ofRun ? run : null, lesson: page === "train" ? asked.get("lesson") : null };
}

/**
 * Whether a run is being prepared there: each page has a draft of its own, so that nobody else can be shown it.
 * @param {Pick<Place, "page" | "run">} place
 */
export const isDraft = ({ page, run }) => page === "train" && run === null;

/**
 * Whether two places are the same page with the same run and lesson.
 * @param {Pick<Place, "page" | "run" | "lesson"> | null} one
 * @param {Pick<Place, "page" | "run" | "lesson"> | null} other
 */
export const samePage = (one, other) =>
  one?.page === other?.page && one?.run === other?.run && one?.lesson === other?.lesson;

/**
 * Whether a page shows a moment already; replays that play move on by themselves.
 * @param {ClassMoment | null} now
 * @param {ClassMoment | null} wanted
 */
export function sameMoment(now, wanted) {
  if (!now || !wanted || now.kind !== wanted.kind) return now === wanted;
  if (wanted.kind === "epoch") return now.epoch === wanted.epoch;
  const apart = Math.abs(now.batch - wanted.batch);
  const may = wanted.playing ? FAR * wanted.rate : 0;
  return now.playing === wanted.playing && now.speed === wanted.speed && apart <= may;
}

/**
 * Whether somebody has gone elsewhere in a run than the class was taken to. Where a replay is does not matter.
 * @param {ClassMoment | null} now
 * @param {ClassMoment | null} taken
 */
export function strayed(now, taken) {
  if (!now || !taken || now.kind !== taken.kind) return now !== taken;
  return now.kind === "epoch" && now.epoch !== taken.epoch;
}

/**
 * All of a place in one value.
 * @param {Pick<Place, "page" | "run" | "lesson">} at
 * @param {Partial<PlaceParts>} parts
 * @param {boolean} [unnamed]
 * @returns {Place}
 */
export const placeWith = (at, { moment = null, step = null, latent = null }, unnamed = false) =>
  ({ ...at, moment, step, latent, unnamed });
