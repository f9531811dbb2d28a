/** The bar that takes the presets' place while the page shows the past: which moment it is, and the ways from there. */

import { button, h, icon, setBlocked, setText } from "../../shared/dom.js";

const CLOCK = "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM8 5v3.2l2 1.4";
const BRANCH = "M4.5 2.5v11M4.5 9.5c5 0 7-1.5 7-5.5M9 6l2.5-2.5L14 6";
const BRANCHES = "A new run that is this one up to there, and goes on with other knobs";

/** @param {{ replay: () => void, branch: () => void, live: () => void }} act */
export function createTimeBar(act) {
  const title = h("b", { class: "lg-time-title" });
  const text = h("span", { class: "lg-muted lg-time-text" });
  const label = h("span", { class: "lg-time-label", role: "status" }, icon(CLOCK), title, text);
  const replaySlot = h("div", { class: "lg-time-replay" });
  const replay = button({ class: "lg-button lg-small", text: "Replay from here", onclick: act.replay });
  const words = h("span");
  const branch = button({ class: "lg-button lg-small", title: BRANCHES, onclick: act.branch }, icon(BRANCH), words);
  const live = button({ class: "lg-button lg-small", text: "Return to live", onclick: act.live });
  return {
    el: h("div", { class: "lg-time", role: "group", "aria-label": "Time travel" },
      label, replaySlot, replay, branch, live),
    /** Where the controls of a replay belong. */
    replaySlot,
    /**
     * @param {{ epoch: number, title: string, text: string, replaying: boolean }} moment
     * @param {string | null} refusal why it cannot be branched
     */
    update(moment, refusal) {
      label.hidden = replay.hidden = moment.replaying;
      setText(title, moment.title);
      setText(text, moment.text);
      setText(words, moment.epoch ? `Branch from epoch ${moment.epoch}` : "Branch from the start");
      setBlocked(branch, refusal);
    },
  };
}
