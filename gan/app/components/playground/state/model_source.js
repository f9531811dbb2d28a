/** Which weights the page shows: of a run's kept epochs, or its newest, which flow in while it trains. */

import { versionOf, watchRuns } from "../../shared/runs_feed.js";
import { isSeen, onSeen } from "../../shared/seen.js";
import { messageOf } from "../engine/errors.js";

/** @import { RunSummary } from "../../types.d.ts" */
/** @import { Engine, Epoch, ModelSource } from "../types.d.ts" */

const PAUSE_MS = 1000; // from one look at the newest weights to the next

/** @param {RunSummary} run */
const hasWeights = (run) => run.batch > 0 && run.state !== "damaged";

/**
 * @param {string} base the server's base path
 * @param {Engine} engine
 * @param {RunSummary[]} known the runs as the page was asked for
 * @param {(sentence?: string) => void} changed called when anything here is new; with what went wrong, if so
 * @returns {ModelSource}
 */
export function createModelSource(base, engine, known, changed) {
  /** @type {ModelSource} */
  const source = {
    runs: known.filter(hasWeights),
    name: null,
    epoch: "latest",
    kept: [],
    model: null,
    run: () => source.runs.find((run) => run.name === source.name) ?? null,
    open,
    start,
    close,
  };
  let turn = 0; // answers to what was asked before are out of date
  let tried = -1; // at which batch the weights were asked for
  const epochs = createEpochList(source, engine, changed);
  const newest = createFollower(source, engine, changed, () => turn);
  /** @type {(() => void)[]} */
  let ends = [];

  /** @type {ModelSource["open"]} */
  async function open(name, epoch) { // what is on show stays until it is there
    const mine = ++turn;
    if (name !== source.name) source.kept = [];
    Object.assign(source, { name, epoch });
    tried = source.run()?.batch ?? -1;
    changed();
    if (name !== source.model?.run || !source.kept.length) epochs.ask();
    try {
      const model = await engine.load(name, epoch, version(source, name));
      if (mine !== turn) return true;
      source.model = model;
      newest.looked();
      changed();
      follow();
      return true;
    } catch (error) {
      if (mine === turn) changed(messageOf(error));
      return false;
    }
  }

  /** Fetches what is new of the run, and only while the page is seen. */
  function follow() {
    newest.rest();
    const run = source.run();
    if (!run || !isSeen()) return;
    epochs.askIfNew(run);
    if (!source.model && tried !== run.batch) open(run.name, source.epoch); // there were no weights yet
    else newest.follow(run);
  }

  function start() {
    ends = [onSeen(follow), watchRuns(base, ({ runs }) => {
      changed(takeRuns(source, runs));
      follow();
    })];
  }

  function close() {
    turn += 1;
    newest.rest();
    for (const end of ends) end();
  }

  return source;
}

/**
 * @param {ModelSource} source
 * @param {RunSummary[]} runs all there are
 * @returns {string} a sentence if the run on show was lost
 */
function takeRuns(source, runs) {
  const before = source.run();
  const lost = before !== null && !runs.some((run) => run.name === source.name);
  source.runs = runs.filter(hasWeights);
  return lost ? `Run ${before.title} was deleted; what was fetched of it stays here.` : "";
}

/**
 * @param {ModelSource} source
 * @param {string} name
 */
function version({ runs }, name) {
  const run = runs.find((each) => each.name === name);
  return run ? versionOf(run) : 0;
}

/**
 * The kept epochs of the run on show.
 * @param {ModelSource} source
 * @param {Engine} engine
 * @param {(sentence?: string) => void} changed
 */
function createEpochList(source, engine, changed) {
  let listed = "";

  async function ask() {
    const { name } = source;
    if (name === null) return;
    listed = `${name} ${source.run()?.epoch}`;
    try {
      const kept = await engine.epochs(name);
      if (name !== source.name) return;
      source.kept = kept;
      changed();
    } catch (error) {
      if (name === source.name) changed(messageOf(error));
    }
  }

  return {
    ask,
    /** @param {RunSummary} run on show */
    askIfNew({ name, epoch }) {
      if (listed !== `${name} ${epoch}`) ask();
    },
  };
}

/**
 * Fetches the newest weights if the run has trained on, at most once a second.
 * @param {ModelSource} source
 * @param {Engine} engine
 * @param {(sentence?: string) => void} changed
 * @param {() => number} turn changes when something else is asked for
 */
function createFollower(source, engine, changed, turn) {
  let looking = false;
  let lastLook = 0;
  let timer = 0;

  /** @param {RunSummary} run on show */
  async function follow(run) {
    const { epoch, model } = source;
    if (epoch !== "latest" || looking || model?.run !== run.name || model.batch === run.batch) return;
    const wait = lastLook + PAUSE_MS - performance.now();
    if (wait > 0) {
      timer = setTimeout(again, wait);
      return;
    }
    looking = true;
    await look(run.name);
    lastLook = performance.now();
    looking = false;
  }

  function again() {
    const run = source.run();
    if (run && isSeen()) follow(run);
  }

  /** @param {string} name */
  async function look(name) {
    const mine = turn();
    try {
      const model = await engine.load(name, "latest", version(source, name));
      if (mine !== turn()) return;
      source.model = model;
      changed();
    } catch {
      // the run was deleted, or the server is gone; the list of runs shows that, and the images stay
    }
  }

  return {
    follow,
    /** The weights were fetched just now. */
    looked() {
      lastLook = performance.now();
    },
    rest: () => clearTimeout(timer),
  };
}
