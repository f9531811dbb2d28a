/** Takes a student's page to what the teacher shows, unless the student looks around. */

/** @import { ClassParts, Place, PlaceParts } from "../types.d.ts" */
/** @import { ClassPage, Subject } from "./main.js" */

import { button, h, setText } from "../shared/dom.js";
import { onPart } from "../shared/class_parts.js";
import { showing } from "../shared/showing.js";
import { isDraft, placeOf, sameMoment, samePage, strayed } from "./place.js";
import { hideName } from "./unnamed.js";

const LOOK_MS = 100; // between two looks at where the page is
const AGAIN_MS = 4000; // after which the page asks again to be taken elsewhere
const KEY = "livegan looks around";
const PARTS = /** @type {const} */ (["step", "moment", "latent"]);

/**
 * @param {ClassPage} page
 * @returns {Subject}
 */
export function createFollower({ base, go }) {
  /** @type {ClassParts["lead"] | null} */
  let lead = null;
  /** What the page does not show yet. @type {Set<"page" | keyof PlaceParts>} */
  let todo = new Set();
  const goToPage = createTraveller(go);
  const text = h("span");
  const toggle = button({ class: "lg-button", onclick: () => lookAround(!looksAround()) });
  const line = h("div", { class: "lg-class-row", hidden: true }, text, toggle);

  /** @param {boolean} on */
  function lookAround(on) {
    if (on) sessionStorage.setItem(KEY, "1");
    else sessionStorage.removeItem(KEY);
    if (!on) goAlong();
    show();
  }

  function show() {
    line.hidden = !lead?.following;
    toggle.hidden = !lead?.place;
    setText(text, whereInWords(lead?.place ?? null));
    setText(toggle, looksAround() ? "Back to the teacher" : "Look around");
  }

  function goAlong() {
    todo = new Set(["page", ...PARTS]);
    look();
  }

  /** Where the page is to be; null: where it is. Until a draft has become a run, pages stay where they are. */
  function wanted() {
    const place = lead?.place;
    return place && !isDraft(place) && !looksAround() ? place : null;
  }

  function look() {
    const place = wanted();
    if (!place) return;
    const there = samePage(placeOf(location, base), place);
    if (there) todo.delete("page");
    else if (todo.has("page")) return goToPage(place);
    else return lookAround(true);
    for (const part of PARTS) if (todo.has(part) && shown(part, place)) todo.delete(part);
    const moment = showing("moment");
    if (!todo.has("moment") && moment && strayed(moment.now(), place.moment)) lookAround(true);
  }

  const end = onPart("lead", (next) => {
    const moved = JSON.stringify(lead?.place) !== JSON.stringify(next?.place);
    look(); // whether the student has left the place before
    lead = next;
    hideName(lead?.place?.unnamed ? lead.place.run : null);
    if (!lead?.following) sessionStorage.removeItem(KEY); // the next time, all follow again
    show();
    if (moved) goAlong();
  });
  const clock = setInterval(look, LOOK_MS);
  return {
    line: [line],
    destroy() {
      clearInterval(clock);
      end();
    },
  };
}

/**
 * Asks to be taken to a page, and again if that has not happened for a while.
 * @param {ClassPage["go"]} go
 */
function createTraveller(go) {
  let asked = { key: "", at: 0 };

  /** @param {Place} place */
  return ({ page, run, lesson }) => {
    const key = JSON.stringify([page, run, lesson]);
    const now = performance.now();
    if (asked.key === key && now - asked.at < AGAIN_MS) return;
    asked = { key, at: now };
    go({ page, run, lesson, at: Date.now() });
  };
}

const looksAround = () => sessionStorage.getItem(KEY) !== null;

/** @param {Place | null} place the teacher's; null: one that only teachers have */
function whereInWords(place) {
  if (looksAround()) return "You are looking around.";
  return place && isDraft(place) ? "Your teacher is preparing a run." : "You follow your teacher.";
}

/**
 * Have a part of the page show what it has to; whether it does.
 * @param {keyof PlaceParts} part
 * @param {Place} place
 */
function shown(part, place) {
  const there = showing(part);
  if (!there) return place[part] === null; // else it is to come
  if (part === "latent") return place.latent === null || there.show(place.latent); // what it says then is rounded
  const same = part === "moment"
    ? sameMoment(showing("moment")?.now() ?? null, place.moment) : there.now() === place[part];
  if (!same) there.show(place[part]);
  return same;
}
