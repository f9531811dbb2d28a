/** What every page has of a class: the teacher's bar, the students' line, and what lies over the page. */

/** @import { ClassData, ClassTriggers, Component } from "../types.d.ts" */

import { h } from "../shared/dom.js";
import { mount } from "../shared/mount.js";
import { watchRuns } from "../shared/runs_feed.js";
import { applyTheme } from "../shared/theme.js";
import { createAsk } from "./ask.js";
import { createFollow } from "./follow.js";
import { createKeysHelp } from "./keys_help.js";
import { createLeague } from "./league.js";
import { keepRoom } from "./line_room.js";
import { createLookUp } from "./look_up.js";
import { post } from "./post.js";
import { createPresent } from "./present.js";
import { createQuestionCard } from "./question_card.js";
import { createRoom } from "./room.js";
import { createTeacherBar } from "./teacher_bar.js";
import { createTravel } from "./travel.js";

/**
 * @typedef {object} ClassPage what a subject is given
 * @property {string} base the server's base path
 * @property {ClassData["seat"]} seat
 * @property {string | null} desk the student's; null: a teacher's page
 * @property {(path: string, body: object) => Promise<boolean>} post posts to `/api/class/…`; whether it was done: the
 *   page shows a refusal
 * @property {(sentence: string) => void} say shows a sentence until the next one; "" clears it
 * @property {(place: ClassTriggers["go"]) => void} go takes this tab to another page
 *
 * @typedef {object} Subject a file each: what it adds to the page
 * @property {HTMLElement[]} [bar] buttons in the teacher's bar
 * @property {HTMLElement[]} [line] of the line at the bottom of a student's page, which is there unless all are hidden
 * @property {HTMLElement[]} [over] what lies over the page
 * @property {() => void} [destroy]
 */

/** In the order of the teacher's bar. @type {((page: ClassPage) => Subject)[]} */
const SUBJECTS = [
  createFollow, createLookUp, createAsk, createLeague, createRoom, createPresent, createKeysHelp, createQuestionCard,
];

export default mount(createView);

/**
 * @param {HTMLElement} parent
 * @param {ClassData} data
 */
function createView(parent, data) {
  /** @type {Component<ClassData, ClassTriggers>["setTriggerValue"]} */
  let trigger = () => {};
  const travel = createTravel(data.base, (place) => trigger("go", place));
  const bar = createTeacherBar();
  /** @type {ClassPage} */
  const page = {
    base: data.base,
    seat: data.seat,
    desk: data.desk,
    async post(path, body) {
      const refusal = await post(data.base, path, body);
      bar.say(refusal ?? "");
      return refusal === null;
    },
    say: bar.say,
    go: travel.go,
  };
  const subjects = SUBJECTS.map((create) => create(page));
  const line = h("div", { class: "lg-class-line", role: "status" }, ...subjects.flatMap((each) => each.line ?? []));
  bar.add(subjects.flatMap((each) => each.bar ?? []));
  const root = h("div", { class: "lg lg-class", "data-seat": data.seat }, bar.el, line,
    ...subjects.flatMap((each) => each.over ?? []));
  parent.append(root);
  const giveUpRoom = keepRoom(line);
  const end = watchRuns(data.base, () => {}); // what is going on in the class comes along with the list of runs

  return {
    /** @param {Component<ClassData, ClassTriggers>} component */
    render(component) {
      trigger = component.setTriggerValue;
      applyTheme(root);
    },
    destroy() {
      end();
      giveUpRoom();
      travel.end();
      for (const each of subjects) each.destroy?.();
      root.remove();
    },
  };
}
