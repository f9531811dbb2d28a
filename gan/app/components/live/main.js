/**
 * The live view of the Train page: watches one run by its stream and steers it by commands, without a script rerun.
 */

import { h } from "../shared/dom.js";
import { clock, count } from "../shared/format.js";
import { mount } from "../shared/mount.js";
import { obtain } from "../shared/obtain.js";
import { titleOf, versionOf } from "../shared/runs_feed.js";
import { TEXT as SILENT } from "../shared/server_notice.js";
import { notKept, readOnly } from "../shared/states.js";
import { applyTheme } from "../shared/theme.js";
import { createAddress } from "./draft/address.js";
import { createCharts } from "./charts/charts.js";
import { measureEpochs, postCommand, trainAgain } from "../shared/commands.js";
import { createComparison } from "./comparison/comparison.js";
import { createDiskUsage } from "./recording/disk_usage.js";
import { createFilmstrip } from "./images/filmstrip.js";
import { createPreviewStrip } from "./images/preview_strip.js";
import { createGrid } from "./images/grid.js";
import { createHeader } from "./header/header.js";
import { createKnobs } from "./knobs/knobs.js";
import { createPresets } from "./knobs/presets.js";
import { createQualityCard } from "./quality/quality_card.js";
import { createConnection } from "./stream/connection.js";
import { openStream } from "./stream/stream.js";
import { createTrainingControls } from "./header/training_controls.js";
import { createTimeTravel } from "./recording/time_travel.js";
import { createWelcome } from "./welcome/welcome.js";

let asked = 0; // the last data set that Start needed; outlives a visit to another page
const ONLY_SHOWS = "No run can be started here: this server only shows the runs of another one.";
const PATIENCE = 500; // ms that a first picture may take before the charts are made without it

/**
 * What Python passes.
 * @typedef {{base: string, plotly: string, run: string|null, knobs: import("./knobs/scale.js").Knob[],
 *   presets: import("./knobs/presets.js").Preset[], shipped: {name: string, epochs: number}[],
 *   draft: {number: number, values: Record<string, number>, fixed: Record<string, any>,
 *   preset: string|null}, fixed: Record<string, any>, blocked: string|null,
 *   notice: {number: number, text: string, field: string}, class_names: Record<string, string[]>,
 *   dataset: import("./welcome/welcome.js").Dataset,
 *   needs: {number: number, dataset: string}|null, without_effect: Record<string, string>}} Data
 */

/** @param {{data: Data, parentElement: HTMLElement, setTriggerValue: (name: string, value: any) => void}} component */
export default mount(createView);

/**
 * @param {HTMLElement} parent
 * @param {Data} first
 */
function createView(parent, first) {
  let data = first;
  let trigger = () => {};
  let stream = null;
  let draft = null; // values of the live knobs before the start
  let refusal = "";
  let chosen = null; // the preset chosen last; the settings below may still be on their way, and Start come before them
  let below = false; // somebody has turned to those settings since the draft came: they may be others than its `fixed`
  let parentStarted = null; // the run whose branch was started
  let heard = 0; // the last notice that somebody went on from
  let order = null; // what Start asked for last
  let starting = false; // Start was pressed and Python has not answered
  let lost = null; // why the run can no longer be watched

  const controls = createTrainingControls({ start, send: command, again: repeat, fresh, turn: (values) => knobs.commit(values) });
  const header = createHeader(controls.el, data.base, { show: (name) => trigger("show", name), cancel: () => timeTravel.cancel(), named });
  const knobs = createKnobs(data.knobs, setKnobs, (shown) => {
    presets.update(allShown(), data.dataset);
    controls.pace(shown.pace);
  });
  const presets = createPresets(data.presets, choosePreset);
  const comparison = createComparison(data.base, run, (sentence) => ((refusal = sentence), update()), update);
  const plotly = `${data.base}/${data.plotly}`;
  const charts = createCharts(plotly, comparison.el);
  const quality = createQualityCard(plotly, data.class_names, measureAll);
  const welcome = createWelcome(data.base, plotly, data.shipped, (name) => trigger("show", name));
  const timeTravel = createTimeTravel(() => stream, (epoch, rolling) => filmstrip.go(epoch, rolling), travelled);
  const grid = createGrid(timeTravel.live, (picture) => preview.draw(picture));
  const preview = createPreviewStrip(grid.stage);
  const filmstrip = createFilmstrip(gridAddress, { pick: timeTravel.pick, live: timeTravel.live, replay: timeTravel.play, show: grid.choose });
  const address = createAddress(data.knobs, () => (data.run === null ? { number: data.draft.number, values: draft } : null), adopt);
  const diskUsage = createDiskUsage(data.knobs);
  const connection = createConnection(() => draft && update());
  filmstrip.foot.append(diskUsage.el);
  grid.el.append(filmstrip.controls);
  const root = h("div", { class: "lg lg-live" },
    preview.el, header.el, h("div", { class: "lg-above" }, presets.el, timeTravel.bar), 
    h("div", { class: "lg-body" }, h("div", { class: "lg-columns" }, knobs.el, charts.el, grid.el, welcome.el), quality.el, filmstrip.el));
  parent.append(root);

  function run() {
    return stream?.run ?? null;
  }

  /** With the moment when the run was made, so that the browser may keep the picture for good. */
  function gridAddress(name, epoch) {
    return `${data.base}/api/runs/${encodeURIComponent(name)}/grids/${epoch}.png?v=${run() ? versionOf(run()) : ""}`;
  }

  /** @param {string|null} step what to train before it pauses; null: it does not */
  function start(step) {
    refusal = "";
    starting = true;
    update();
    const of = branching() ? { values: liveValues(), parent: data.run, epoch: timeTravel.moment().epoch } : { values: { ...draft } };
    parentStarted = of.parent ?? null;
    order = { parent: null, epoch: 0, preset: chosen, ...of, name: header.typedName(), step };
    trigger("start", { ...order, at: Date.now() });
  }

  /** Start needs a data set that is not here: with it, the same is started. */
  async function need({ number, dataset }) {
    asked = number;
    const wanted = order;
    if (!wanted || !(await obtain(data.base, dataset, "Then the run starts."))) return;
    starting = true;
    update();
    trigger("start", { ...wanted, at: Date.now() });
  }

  function fresh() {
    chosen = null;
    trigger("new", Date.now());
  }

  /** Who turns to the settings below decides what they are, also after a preset that was refused. */
  function touched(event) {
    if (event.composedPath().includes(root)) return;
    chosen = null;
    below = true;
  }

  /** What was wrong with the name is out of date once another is typed. */
  function named() {
    if (data.notice.field === "name") heard = data.notice.number;
    update();
  }

  async function command(kind) {
    refusal = (await postCommand(data.base, data.run, { kind })) ?? "";
    update();
  }

  /** Train the recording again, as a new run, and show that. */
  async function repeat() {
    const { name, error } = await trainAgain(data.base, data.run);
    refusal = error ?? "";
    update();
    if (name) trigger("show", name);
  }

  async function measureAll() {
    refusal = (await measureEpochs(data.base, data.run)) ?? "";
    update();
  }

  function begin() {
    charts.begin();
    quality.begin();
  }

  /** @returns {Promise<string|null>} */
  async function setKnobs(values) {
    if (data.run === null) {
      Object.assign(draft, values);
      address.write();
      return null;
    }
    if (branching()) {
      timeTravel.edit(values);
      return null;
    }
    return postCommand(data.base, data.run, { kind: "set", values });
  }

  /** Take what the address says of the draft. */
  function adopt(values) {
    Object.assign(draft, values);
    update();
  }

  /** All knobs as the page shows them; of a draft the fixed ones as the script knew them last. */
  const allShown = () => ({ ...(data.run === null ? data.fixed : run()?.settings), ...knobs.shown });

  /** The live knobs of a preset are turned; what is fixed when a run starts needs a new draft. */
  function choosePreset({ name, values, fixed, draft: begun }) {
    const inDraft = data.run === null;
    const now = allShown();
    const differing = Object.entries(inDraft ? begun : { ...values, ...fixed }).filter(([knob, x]) => String(now[knob]) !== String(x));
    const turned = differing.filter(([knob]) => knob in knobs.shown);
    const toCome = inDraft && chosen !== null && chosen !== data.draft.preset;
    const another = turned.length < differing.length || toCome || (inDraft && below);
    if (turned.length && (inDraft || !another)) knobs.commit(Object.fromEntries(turned));
    if (!another) return;
    chosen = inDraft ? name : null;
    trigger("preset", { name, values: inDraft ? { ...draft } : {}, at: Date.now() });
  }

  const branching = () => timeTravel.moment()?.kind === "branch";

  /** The live knobs as the panel has them. */
  const liveValues = () => Object.fromEntries(data.knobs.map(({ name }) => [name, timeTravel.values()[name]]));

  /** Another moment of the run is shown. @param {string[]} [turned] knobs that were turned on the way */
  function travelled(turned) {
    if (turned === undefined) { // it was no step of a replay
      knobs.reset();
      if (!branching()) header.clearName();
      refusal = "";
      heard = data.notice.number;
    }
    update();
    if (turned?.length) knobs.flash(turned);
  }

  /** Watch another run, or none. */
  function watch(name) {
    timeTravel.reset();
    stream?.close();
    stream = null;
    lost = null;
    refusal = "";
    connection.reset();
    knobs.reset();
    grid.clear(name === null ? "The generator's images appear here." : "");
    filmstrip.update(null, null);
    if (name === null) {
      begin();
    } else {
      stream = openStream(data.base, name, {
        frame() {
          setTimeout(begin, PATIENCE);
          if (!document.hidden) update();
        },
        grid: (png, batch) => grid.live(png, batch).then(begin),
        gone(message) {
          lost = message;
          update();
        },
        status: connection.stream,
      }, { runs: true });
    }
  }

  /** Show the latest state everywhere. */
  function update() {
    const now = run();
    const moment = now && timeTravel.moment();
    const reason = reasonFor(now);
    root.dataset.state = now?.state ?? "draft";
    root.dataset.time = moment?.kind ?? "live";
    timeTravel.update(reason);
    header.update(heading(now, moment));
    controls.update(data.run === null || moment?.kind === "branch" ? null : now ?? { state: "connecting" },
      reason ?? (moment?.kind === "replay" ? "Return to live to steer: this is a replay." : null), connection.lost() ? SILENT : null);
    const past = moment && moment.kind !== "branch";
    const still = now && !moment ? notKept(now) : null;
    knobs.update(data.run === null ? draft : moment ? timeTravel.values() : now?.settings ?? {});
    grid.madeBy((moment ? timeTravel.values() : now?.settings)?.ema_decay > 0);
    knobs.hide(data.without_effect);
    knobs.mark(moment && tagOf(moment), moment && (past ? "past" : "branch"));
    knobs.disable(reason ?? (past ? "These values are of the past. Return to live to steer, or branch from here." : still));
    presets.update(allShown(), data.dataset);
    presets.disable(reason ?? (past ? "Return to live to steer." : still));
    charts.show(timeTravel.shown(stream), { cursor: timeTravel.cursor(), other: timeTravel.shown(comparison.stream()), fork: comparison.fork() });
    quality.el.hidden = filmstrip.el.hidden = data.run === null;
    welcome.show(data.run === null, data.dataset);
    root.dataset.welcome = String(!welcome.el.hidden);
    quality.show({ stream, other: comparison.stream(), moment: moment && lookedAt(moment), blocked: connection.lost() ? SILENT : data.blocked });
    filmstrip.update(now, !now?.batch ? "There is nothing to replay yet." : null);
    diskUsage.update(now);
  }

  /** The batch that the page looks at. */
  const lookedAt = (moment) => (moment.kind === "replay" ? timeTravel.replayed().batch : moment.epoch * (run()?.batches_per_epoch ?? 1));

  /** Why nothing may be started or steered, or null. */
  function reasonFor(now) {
    const waiting = data.run !== null && now === null;
    if (connection.lost()) return SILENT;
    return data.blocked ?? lost ?? (now && readOnly(now)) ?? (waiting ? "Connecting." : starting ? "Starting." : null);
  }

  function tagOf({ kind, epoch }) {
    return kind === "replay" ? "as replayed" : kind === "branch" ? "of the branch" : `as of epoch ${count(epoch)}`;
  }

  /** @returns {import("./header/header.js").Heading} */
  function heading(now, moment) {
    const plain = { title: data.run === null ? "New run" : now?.title ?? titleOf(data.run), run: now, draft: false, text: textBelow(now, moment), alarm: now?.saved, origin: null, silent: connection.lost(),
      nameError: data.notice.field === "name" ? toldOf(data.notice) : "" };
    if (data.run === null) return { ...plain, state: "draft", badge: "not started", draft: true };
    if (lost) return { ...plain, state: "deleted" };
    if (!now) return { ...plain, state: "connecting" };
    const origin = now.parent ? { name: now.parent, epoch: now.branched_at, again: Boolean(now.stop_at) } : null;
    if (moment?.kind === "replay") return { ...plain, state: "replay", run: timeTravel.replayed(), origin };
    if (moment?.kind !== "branch") return { ...plain, state: now.state, origin };
    return { ...plain, title: "New branch", state: "draft", badge: `from ${timeTravel.name()}`, run: null, draft: true,
      origin: { name: data.run, epoch: moment.epoch } };
  }

  /** What becomes of the place of a paused run among those that train. */
  function placeOf({ state, keeps_until: until }) {
    if (state !== "paused") return "";
    return until ? `It keeps its place until ${clock(until)}.` : "It keeps no place: on Resume it may have to wait for others.";
  }

  const toldOf = (notice) => (notice.number !== heard ? notice.text : "");

  function textBelow(now, moment) {
    if (lost) return lost;
    if (refusal) return refusal;
    if (!data.notice.field && toldOf(data.notice)) return data.notice.text;
    if (data.run === null) return data.blocked ? ONLY_SHOWS : "Choose a preset or set the knobs, then start.";
    if (moment?.kind === "branch") return `Branch of ${now.title} from ${timeTravel.name()}: set the knobs, then start.`;
    if (moment?.kind === "replay") return now.state === "running" ? `A replay; the run itself goes on (batch ${count(now.batch)}).` : "A replay of the recording.";
    if (now?.state === "queued") return now.message;
    if (now?.state === "interrupted") return now.message || now.over || (notKept(now) ?? "The server ended; press Resume to go on.");
    return now?.message || now?.over || (now && (readOnly(now) ?? notKept(now) ?? (placeOf(now) || setAside(now)))) || "";
  }

  const setAside = (now) => (now.aside ? "An earlier course of this run is set aside; see the Runs page." : "");

  function wake() {
    if (document.hidden) return;
    update();
    charts.wake();
    grid.wake();
  }
  document.addEventListener("visibilitychange", wake);
  const touches = ["pointerdown", "keydown", "input"];
  for (const kind of touches) document.addEventListener(kind, touched, true);

  return {
    /** @param {{data: Data, setTriggerValue: (name: string, value: any) => void}} component */
    render(component) {
      const another = draft === null || component.data.run !== data.run;
      const freshDraft = draft === null || component.data.draft.number !== data.draft.number;
      data = component.data;
      if (starting && data.notice.field === "name" && toldOf(data.notice)) header.focusName();
      starting = false;
      if (data.needs && data.needs.number !== asked) need(data.needs);
      trigger = component.setTriggerValue;
      if (freshDraft && (chosen === null || chosen === data.draft.preset)) { // else the one that was chosen is to come
        draft = address.recall(data.draft);
        below = false;
        if (!chosen) header.clearName();
      }
      if (another) {
        watch(data.run);
        comparison.begin(data.run, parentStarted);
        parentStarted = null;
      }
      const theme = applyTheme(root);
      for (const part of [charts, quality, welcome]) part.applyTheme(theme);
      address.write();
      update();
    },
    destroy() {
      document.removeEventListener("visibilitychange", wake);
      for (const kind of touches) document.removeEventListener(kind, touched, true);
      stream?.close();
      timeTravel.destroy();
      comparison.end();
      address.end();
      connection.destroy();
      charts.destroy();
      quality.destroy();
      welcome.destroy();
      filmstrip.destroy();
      preview.destroy();
      root.remove();
    },
  };
}
