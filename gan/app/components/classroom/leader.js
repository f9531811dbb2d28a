/** Tells the class where the teacher's page is, while it leads. */

/** @import { Place } from "../types.d.ts" */
/** @import { ClassPage, Subject } from "./main.js" */

import { onPart } from "../shared/class_parts.js";
import { showing } from "../shared/showing.js";
import { isDraft, placeOf, placeWith } from "./place.js";
import { barButton } from "./teacher_bar.js";
import { isUnnamed, lookAtName } from "./unnamed.js";

const LOOK_MS = 100; // between two looks at where the page is
const AGAIN_MS = 1000; // after which the position of a replay that plays is told again, and what did not arrive
const DRAFT_MS = 1000; // for which the page names no run until it counts as a draft, and not as one that is opening
const KEY = "livegan tab";

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createLeader({ base, post }) {
  const tab = idOfTab();
  /** @type {string | null} */
  let leader = null;
  let told = "";
  let toldAt = 0;
  let namedAt = 0; // when the page named a run last, or was another page
  let busy = false;
  let refused = false;
  const toggle = barButton("Follow me", "Take all students' pages to what this tab shows, until you press it again",
    () => (leader === tab ? post("lead", { leader: null }) : tell(here(base))));

  /** @param {Place | null} place */
  async function tell(place) {
    busy = true;
    told = keyOf(place);
    toldAt = performance.now();
    refused = !(await post("lead", { leader: tab, place }));
    busy = false;
  }

  /** Where this page is; null: nowhere to follow, or nobody knows yet. */
  function settled() {
    const place = here(base);
    if (!place || !isDraft(place)) namedAt = performance.now();
    return performance.now() - namedAt > DRAFT_MS || (place && !isDraft(place)) ? place : null;
  }

  function look() {
    lookAtName();
    const place = settled();
    if (leader !== tab || busy || !place) return;
    const late = (refused || place.moment?.playing) && performance.now() - toldAt > AGAIN_MS;
    if (late || keyOf(place) !== told) tell(place);
  }

  const end = onPart("lead", (lead) => {
    leader = lead?.leader ?? null;
    toggle.press(leader === tab);
    toggle.label(leader && leader !== tab ? "Follow this tab" : "Follow me");
  });
  const clock = setInterval(look, LOOK_MS);
  return {
    bar: [toggle.el],
    destroy() {
      clearInterval(clock);
      end();
    },
  };
}

/**
 * Where this page is.
 * @param {string} base
 * @returns {Place | null} null: where nobody can follow
 */
function here(base) {
  const at = placeOf(location, base);
  if (!at) return null;
  const moment = showing("moment")?.now() ?? null;
  const step = showing("step")?.now() ?? null;
  return placeWith(at, { moment, step, latent: showing("latent")?.now() ?? null }, isUnnamed());
}

/**
 * What tells two places apart; a replay that plays moves on by itself.
 * @param {Place | null} place
 */
function keyOf(place) {
  const { moment } = place ?? {};
  return JSON.stringify(moment?.playing ? { ...place, moment: { ...moment, batch: 0, epoch: 0, rate: 0 } } : place);
}

/** Names this tab, also after a reload. */
function idOfTab() {
  const kept = sessionStorage.getItem(KEY);
  if (kept) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const made = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem(KEY, made);
  return made;
}
