/** Shows the page's state in all its parts. */

/** @import { Snapshot } from "../types.d.ts" */
/** @import { Shown } from "./header/texts.js" */
/** @import { Page } from "./page.js" */
/** @import { Parts } from "./parts.js" */
/** @import { Moment } from "./recording/moment.js" */

import { TEXT as SERVER_LOST } from "../shared/server_notice.js";
import { notKept } from "../shared/states.js";
import { blockedReason, headingOf, tagOf } from "./header/texts.js";

/**
 * @param {Page} page
 * @param {Parts} parts
 */
export function showPage(page, parts) {
  const toBranch = blockedReason({ ...shownOf(page, parts), watches: null });
  parts.timeTravel.update(toBranch); // the run may have lost the moment: another is shown
  const shown = shownOf(page, parts);
  const reason = blockedReason(shown);
  parts.root.dataset.state = shown.run?.state ?? "draft";
  parts.root.dataset.time = shown.moment?.kind ?? "live";
  showHeader(parts, shown, reason, toBranch);
  showKnobs(page, parts, shown, reason);
  showRecording(page, parts, shown);
  parts.lesson.update(page.stream);
  showExplanation(page, parts, shown, reason);
}

/**
 * @param {Page} page
 * @param {Parts} parts
 * @returns {Shown}
 */
function shownOf(page, { timeTravel, connection }) {
  const run = page.run();
  const moment = run && timeTravel.moment();
  const replayed = moment?.kind === "replay" ? timeTravel.replayed() : null;
  const { blocked, watches, networks } = page.data;
  return { state: page.state, blocked, watches, networks, run, moment, replayed, lost: connection.lost() };
}

/**
 * @param {Parts} parts
 * @param {Shown} shown
 * @param {string | null} reason
 * @param {string | null} toBranch why no other run may begin from it
 */
function showHeader({ header, controls }, shown, reason, toBranch) {
  const { state, run, moment, lost } = shown;
  header.update(headingOf(shown));
  const draft = state.run === null || moment?.kind === "branch";
  const replay = moment?.kind === "replay" ? "Return to live to steer: this is a replay." : null;
  const what = draft ? "draft" : run ?? "connecting";
  const watched = shown.watches !== null && !draft;
  controls.update(what, watched, reason ?? replay, toBranch ?? replay, lost ? SERVER_LOST : null);
}

/**
 * @param {Page} page
 * @param {Parts} parts
 * @param {Shown} shown
 * @param {string | null} reason
 */
function showKnobs(page, { knobs, presets, timeTravel, grid }, shown, reason) {
  const { state, run, moment } = shown;
  const settings = moment ? timeTravel.values() : run?.settings;
  knobs.update(state.run === null ? state.values : settings ?? {});
  grid.madeBy(Boolean(settings?.ema_decay));
  knobs.hide(page.data.without_effect);
  presets.update({ ...(state.run === null ? page.data.fixed : run?.settings), ...knobs.shown }, page.data.dataset);
  const { kind, toTurn, toChoose } = steeringOf(shown);
  knobs.mark(moment && tagOf(moment), kind);
  knobs.disable(reason ?? toTurn);
  presets.disable(reason ?? toChoose);
}

/**
 * Whose values the knobs have (null: today's), why none can be turned and why no preset can be chosen.
 * @param {Shown} shown
 * @returns {{ kind: "past" | "branch" | null, toTurn: string | null, toChoose: string | null }}
 */
function steeringOf({ run, moment }) {
  if (moment?.kind === "branch") return { kind: "branch", toTurn: null, toChoose: null };
  if (moment) {
    const toTurn = "These values are of the past. Return to live to steer, or branch from here.";
    return { kind: "past", toTurn, toChoose: "Return to live to steer." };
  }
  const still = run && notKept(run);
  return { kind: null, toTurn: still, toChoose: still };
}

/**
 * @param {Page} page
 * @param {Parts} parts
 * @param {Shown} shown
 */
function showRecording(page, parts, { state, run, moment, lost }) {
  const { charts, comparison, timeTravel, quality, views, filmstrip, welcome, root, diskUsage } = parts;
  const others = comparison.streams();
  const silent = lost ? SERVER_LOST : null;
  charts.show(timeTravel.shown(page.stream),
    { cursor: timeTravel.cursor(), others: others.map(timeTravel.shown), fork: comparison.fork(),
      lit: comparison.lit() });
  comparison.block(silent);
  filmstrip.el.hidden = state.run === null;
  views.show(state.run === null ? null : viewed(page, timeTravel, state.run, moment));
  welcome.show(state.run === null, page.data.dataset);
  root.dataset.welcome = String(!welcome.el.hidden);
  const batch = moment && batchOf(moment, run, parts);
  const blocked = silent ?? page.data.blocked ?? page.data.watches;
  quality.show({ stream: page.stream, others, moment: batch, blocked });
  filmstrip.update(run, silent ?? (run?.batch ? null : "There is nothing to replay yet."));
  diskUsage.update(run);
}

/**
 * @param {Page} page
 * @param {Parts} parts
 * @param {Shown} shown
 * @param {string | null} reason
 */
function showExplanation(page, parts, shown, reason) {
  const { run, moment } = shown;
  const batch = moment && moment.kind !== "branch" ? batchOf(moment, run, parts) : null;
  parts.explanation.show(page.stream, {
    batch, without: page.data.without_effect, blocked: reason ?? steeringOf(shown).toTurn,
  });
}

/**
 * What the views show.
 * @param {Page} page
 * @param {Parts["timeTravel"]} timeTravel
 * @param {string} name of the run
 * @param {Moment | null} moment
 */
function viewed(page, timeTravel, name, moment) {
  const run = page.run();
  const settings = moment ? timeTravel.values() : run?.settings ?? null;
  return { run, name, epoch: moment?.epoch ?? null, settings, recording: timeTravel.shown(page.stream) };
}

/**
 * The batch of a moment.
 * @param {Moment} moment
 * @param {Snapshot | null} run
 * @param {Parts} parts
 */
function batchOf(moment, run, { timeTravel }) {
  return moment.kind === "replay" ? timeTravel.replayed().batch : moment.epoch * (run?.batches_per_epoch ?? 1);
}
