/** What the controls of the Train page do. */

/** @import { KnobValues, LiveTriggers, Preset, Snapshot, StartRequest } from "../types.d.ts" */
/** @import { PlainCommand } from "../shared/commands.js" */
/** @import { LessonActs } from "./lesson/lesson_card.js" */
/** @import { Page } from "./page.js" */
/** @import { Parts } from "./parts.js" */
/** @import { Stream } from "./stream/stream.js" */

import { measureEpochs, postCommand, trainAgain } from "../shared/commands.js";
import { offerDownload } from "../shared/dataset_download.js";
import { versionOf } from "../shared/runs_feed.js";
import { presetChange, requestOf } from "./draft/draft_state.js";

/**
 * @typedef {LessonActs & PageActions} Actions
 *
 * @typedef {object} PageActions
 * @property {(step: StartRequest["step"]) => void} start the draft or branch; with a step only that is trained
 * @property {() => Promise<void>} startWithDataSet ask for the data set that Start needs, then start the same
 * @property {(kind: PlainCommand["kind"]) => Promise<void>} send a command to the run
 * @property {() => Promise<void>} trainAgain train the recording again, as a new run, and show that
 * @property {() => Promise<void>} measure have the epochs measured that were not
 * @property {() => void} newRun
 * @property {(name: string) => void} show another run
 * @property {(values: KnobValues) => Promise<string | null>} setKnobs a sentence if that was refused
 * @property {(values: KnobValues) => void} knobsShown the steering panel shows other values
 * @property {(values: KnobValues) => void} adopt take what the address says of the draft
 * @property {(preset: Preset) => void} choosePreset
 * @property {(name: string) => void} nameTyped
 * @property {(refusal: string) => void} answered a command was refused, or obeyed ("")
 * @property {(turned?: string[]) => void} momentChanged another moment of the run is shown; by a replay with the knobs
 *   that were turned on the way
 * @property {() => void} update show the latest state everywhere
 * @property {() => Snapshot | null} run the one on the page
 * @property {() => Stream | null} stream the run's
 * @property {() => KnobValues | null} draftValues the live knobs of the draft; null: a run is on the page
 * @property {(run: string, epoch: number) => string} gridAddress where the server has an epoch's images
 */

/**
 * @param {Page} page
 * @param {() => Parts} parts
 * @param {() => void} update
 * @returns {Actions}
 */
export function createActions(page, parts, update) {
  const { trigger, change } = tools(page, update);
  return {
    ...requests(page, parts, update),
    ...steering(page, parts, update),
    ...ofLesson(page, update),
    newRun() {
      page.dispatch({ kind: "newRunPressed" });
      trigger("new", Date.now());
    },
    show: (name) => trigger("show", name),
    nameTyped: (name) => change({ kind: "nameTyped", name }),
    answered: (refusal) => change({ kind: "answered", refusal }),
    momentChanged(turned) {
      if (turned === undefined) { // it was no step of a replay
        parts().knobs.reset();
        page.dispatch({ kind: "momentChanged", branching: parts().timeTravel.moment()?.kind === "branch" });
      }
      update();
      if (turned?.length) parts().knobs.flash(turned);
    },
    update,
    run: page.run,
    stream: () => page.stream,
    draftValues: () => (page.state.begun && page.state.run === null ? page.state.values : null),
    gridAddress(name, epoch) { // with the course that the run takes, so that the browser may keep the picture for good
      const run = page.run();
      const version = run ? versionOf(run) : "";
      return `${page.data.base}/api/runs/${encodeURIComponent(name)}/grids/${epoch}.png?v=${version}`;
    },
  };
}

/**
 * @param {Page} page
 * @param {() => void} update
 */
function tools(page, update) {
  return {
    /** @type {Page["trigger"]} */
    trigger: (name, value) => page.trigger(name, value), // Python's is another one after each of its runs
    /** @param {Parameters<Page["dispatch"]>[0]} event */
    change(event) {
      page.dispatch(event);
      update();
    },
  };
}

/**
 * What starts runs and steers the one on the page as a whole.
 * @param {Page} page
 * @param {() => Parts} parts
 * @param {() => void} update
 * @returns {Pick<Actions, "start" | "startWithDataSet" | "send" | "trainAgain" | "measure">}
 */
function requests(page, parts, update) {
  const { trigger, change } = tools(page, update);
  const name = () => page.state.run ?? "";

  /** The live knobs of the branch on the page, and where it begins. */
  function branch() {
    const { timeTravel } = parts();
    const moment = timeTravel.moment();
    if (moment?.kind !== "branch") return null;
    const live = new Set(page.data.knobs.map((knob) => knob.name));
    const values = Object.entries(timeTravel.values()).filter(([knob]) => live.has(knob));
    return { epoch: moment.epoch, values: Object.fromEntries(values) };
  }

  return {
    start(step) {
      const request = requestOf(page.state, step, branch());
      change({ kind: "startPressed", request });
      trigger("start", { ...request, at: Date.now() });
    },
    async startWithDataSet() {
      const { request, needs } = page.state;
      if (!request || !needs || !(await offerDownload(page.data.base, needs.dataset, "Then the run starts."))) return;
      change({ kind: "dataSetObtained" });
      trigger("start", { ...request, at: Date.now() });
    },
    async send(kind) {
      change({ kind: "answered", refusal: (await postCommand(page.data.base, name(), { kind })) ?? "" });
    },
    async trainAgain() {
      const { name: another, error } = await trainAgain(page.data.base, name());
      change({ kind: "answered", refusal: error ?? "" });
      if (another) trigger("show", another);
    },
    async measure() {
      change({ kind: "answered", refusal: (await measureEpochs(page.data.base, name())) ?? "" });
    },
  };
}

/**
 * What the steps of a lesson do.
 * @param {Page} page
 * @param {() => void} update
 * @returns {Omit<LessonActs, "show">}
 */
function ofLesson(page, update) {
  const { trigger } = tools(page, update);
  return {
    startStep: (lesson, step, before) => trigger("lesson_start", { lesson, step, before, at: Date.now() }),
    leave: () => trigger("lesson_leave", Date.now()),
    async turn(values) {
      const run = page.run();
      if (!run) return null;
      const refused = await postCommand(page.data.base, run.name, { kind: "set", values });
      if (refused || run.state === "running" || run.state === "queued") return refused;
      return postCommand(page.data.base, run.name, { kind: "resume" });
    },
  };
}

/**
 * What turns knobs.
 * @param {Page} page
 * @param {() => Parts} parts
 * @param {() => void} update
 * @returns {Pick<Actions, "setKnobs" | "knobsShown" | "adopt" | "choosePreset">}
 */
function steering(page, parts, update) {
  /** All settings as the page shows them; of a draft those below as Python knew them last. */
  function allShown() {
    return { ...(page.state.run === null ? page.data.fixed : page.run()?.settings), ...parts().knobs.shown };
  }

  return {
    async setKnobs(values) {
      const { timeTravel, address } = parts();
      if (page.state.run !== null && timeTravel.moment()?.kind !== "branch") {
        return postCommand(page.data.base, page.state.run, { kind: "set", values });
      }
      if (page.state.run !== null) timeTravel.edit(values);
      else {
        page.dispatch({ kind: "knobsSet", values });
        address.write();
      }
      return null;
    },
    knobsShown(shown) {
      parts().presets.update(allShown(), page.data.dataset);
      parts().controls.pace(shown.pace);
    },
    adopt(values) {
      page.dispatch({ kind: "knobsSet", values });
      update();
    },
    choosePreset(preset) {
      const { knobs } = parts();
      const { turned, another } = presetChange(page.state, preset, allShown(), knobs.shown);
      if (Object.keys(turned).length) knobs.commit(turned);
      if (!another) return;
      page.dispatch({ kind: "presetChosen", name: preset.name });
      const values = page.state.run === null ? page.state.values : {};
      page.trigger("preset", { name: preset.name, values, at: Date.now() });
    },
  };
}
