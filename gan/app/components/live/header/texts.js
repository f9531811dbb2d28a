/** What the page says of the run, the draft or the moment that it shows: heading, message, and what is blocked why. */

/** @import { LiveData, RunState, Snapshot } from "../../types.d.ts" */
/** @import { DraftState } from "../draft/draft_state.js" */
/** @import { Moment, Replayed } from "../recording/moment.js" */

import { clock, count } from "../../shared/format.js";
import { titleOf } from "../../shared/runs_feed.js";
import { TEXT as SERVER_LOST } from "../../shared/server_notice.js";
import { notKept, readOnly, word } from "../../shared/states.js";
import { nameError, noticeText } from "../draft/draft_state.js";

const ONLY_SHOWS = "No run can be started here: this server only shows the runs of another one.";

/**
 * All that these texts depend on.
 * @typedef {object} Shown
 * @property {DraftState} state
 * @property {LiveData["blocked"]} blocked why nothing may be started or steered on this server
 * @property {LiveData["watches"]} watches why whoever looks may not steer it
 * @property {LiveData["networks"]} networks the run's own, if it trains such
 * @property {Snapshot | null} run the one on the page, once something of it is here
 * @property {Moment | null} moment of its recording; null: the latest
 * @property {Replayed | null} replayed the run as a replay has it
 * @property {boolean} lost the server does not answer
 */

/**
 * @typedef {object} Heading what the header shows
 * @property {string} title
 * @property {string} state for the badge's colour
 * @property {string} badge
 * @property {Snapshot | Replayed | null} run whose figures are shown
 * @property {boolean} draft a name can be typed
 * @property {string} name as typed
 * @property {string} nameError what is wrong with it
 * @property {string} text
 * @property {string | null} alarm
 * @property {{ name: string, epoch: number, again?: boolean } | null} origin the run that it is a branch of, or whose
 *   recording it trains again
 * @property {string} owner the student whose run it is; "" for the teacher's
 * @property {string} networks which networks of one's own it trains
 * @property {boolean} lost the server does not answer
 */

/** @param {Pick<Moment, "epoch">} moment */
export const momentName = ({ epoch }) => (epoch ? `epoch ${count(epoch)}` : "the start");

/**
 * Of which moment the knobs' values are.
 * @param {Moment} moment
 */
export function tagOf({ kind, epoch }) {
  return kind === "replay" ? "as replayed" : kind === "branch" ? "of the branch" : `as of epoch ${count(epoch)}`;
}

/**
 * Why nothing may be started or steered, or null. Whoever begins a branch owns it.
 * @param {Shown} shown
 * @returns {string | null}
 */
export function blockedReason({ state, blocked, watches, run, moment, lost }) {
  if (lost) return SERVER_LOST;
  const connecting = state.run !== null && run === null;
  const waits = connecting ? "Connecting." : state.starting ? "Starting." : null;
  const foreign = moment?.kind === "branch" ? null : watches;
  return blocked ?? state.gone ?? foreign ?? (run && readOnly(run)) ?? waits;
}

/**
 * The student whose run it is, and where it ends unless it has been stopped: the time left counts to there, and not to
 * its last epoch.
 * @param {Shown} shown
 */
function ownerOf({ state, run }) {
  if (state.run === null || !run?.desk) return "";
  const end = Math.min(run.stop_at ?? Infinity, run.desk_end ?? Infinity);
  const early = run.state !== "stopped" && run.batch < end && end < run.epochs * run.batches_per_epoch;
  return early ? `${run.desk.name} · ends after batch ${count(end)}` : run.desk.name;
}

/**
 * @param {Shown} shown
 * @returns {Heading}
 */
export function headingOf(shown) {
  const { state, run, lost } = shown;
  const alarm = run?.saved ?? null;
  const networks = state.run !== null && shown.networks ? `Networks: ${shown.networks}.` : "";
  const common = { owner: ownerOf(shown), name: state.name, nameError: nameError(state), text: messageOf(shown),
    networks, alarm, lost };
  if (state.run === null) {
    return { ...common, title: "New run", state: "draft", badge: "not started", run: null, draft: true, origin: null };
  }
  if (run && !state.gone) return { ...common, ...ofRecording(run, shown) };
  const title = run?.title ?? titleOf(state.run);
  return { ...common, title, ...badgeOf(state.gone ? "deleted" : "connecting"), run, draft: false, origin: null };
}

/**
 * @param {Snapshot} run
 * @param {Shown} shown
 * @returns {Pick<Heading, "title" | "state" | "badge" | "run" | "draft" | "origin">}
 */
function ofRecording(run, { moment, replayed }) {
  if (moment?.kind === "branch") {
    const badge = `from ${momentName(moment)}`;
    const origin = { name: run.name, epoch: moment.epoch };
    return { title: "New branch", state: "draft", badge, run: null, draft: true, origin };
  }
  const origin = run.parent ? { name: run.parent, epoch: run.branched_at ?? 0, again: Boolean(run.stop_at) } : null;
  const shown = replayed ? { ...badgeOf("replay"), run: replayed } : { ...badgeOf(run.state), run };
  return { title: run.title, ...shown, draft: false, origin };
}

/** @param {RunState | "connecting" | "deleted" | "replay"} state */
function badgeOf(state) {
  return { state, badge: state === "connecting" || state === "deleted" || state === "replay" ? state : word(state) };
}

/**
 * The sentence below the title.
 * @param {Shown} shown
 * @returns {string}
 */
export function messageOf(shown) {
  const { state, blocked, watches, run, moment } = shown;
  const first = state.gone || state.refusal || noticeText(state);
  if (first) return first;
  if (state.run === null) return blocked ? ONLY_SHOWS : "Choose a preset or set the knobs, then start.";
  if (!run) return "";
  return (moment && ofMoment(run, moment)) || (watches ? run.message || watches : ofRun(run));
}

/**
 * @param {Snapshot} run
 * @param {Moment} moment
 */
function ofMoment(run, moment) {
  if (moment.kind === "branch") return `Branch of ${run.title} from ${momentName(moment)}: set the knobs, then start.`;
  if (moment.kind === "epoch") return "";
  return run.state === "running"
    ? `A replay; the run itself goes on (batch ${count(run.batch)}).`
    : "A replay of the recording.";
}

/** @param {Snapshot} run */
function ofRun(run) {
  if (run.state === "queued") return turnOf(run) || run.message;
  if (run.message || run.over) return run.message || run.over || "";
  if (run.state === "interrupted") return notKept(run) ?? "The server ended; press Resume to go on.";
  return readOnly(run) ?? notKept(run) ?? ([turnOf, placeOf, setAside].map((text) => text(run)).find(Boolean) ?? "");
}

/**
 * When a run trains next that takes turns with those of other desks.
 * @param {Snapshot} run
 */
function turnOf({ turn }) {
  if (!turn) return "";
  const together = turn.desks > 1 ? `${turn.desks} desks take turns` : "The desk's runs take turns";
  const when = turn.seconds ? `this run trains in\u00a0about\u00a0${turn.seconds}\u00a0s` : "it is this run's";
  return `${together}; ${when}.`;
}

/**
 * What becomes of the place of a paused run among those that train.
 * @param {Snapshot} run
 */
function placeOf({ state, desk, keeps_until: until }) {
  if (state !== "paused" || desk) return "";
  if (!until) return "On Resume it may have to wait for others.";
  return `Resume it by ${clock(until)}, and it trains at once; later it may have to wait for others.`;
}

/** @param {Snapshot} run */
const setAside = ({ aside }) => (aside ? "An earlier course of this run is set aside; see the Runs page." : "");
