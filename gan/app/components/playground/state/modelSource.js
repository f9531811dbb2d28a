/** Which weights the page shows: of a run's kept epochs, or its newest, which flow in while it trains. */

import { versionOf, watchRuns } from "../../shared/runs_feed.js";

const PAUSE_MS = 1000; // from one look at the newest weights to the next
const FIRST_BATCH = (run) => run.batch > 0 && run.state !== "damaged";

/** @typedef {{name: string, title: string, state: string, batch: number, epoch: number, created: number}} Summary */

/**
 * @param {string} base the server's base path
 * @param {ReturnType<typeof import("../engine/engine.js").createEngine>} engine
 * @param {Summary[]} known the runs as the page was asked for
 * @param {(sentence?: string) => void} changed called when anything here is new; with what went wrong, if so
 */
export function createModelSource(base, engine, known, changed) {
  const source = {
    runs: known.filter(FIRST_BATCH), // newest first
    name: /** @type {string|null} */ (null),
    epoch: /** @type {number|"latest"} */ ("latest"),
    kept: /** @type {import("../engine/engine.js").KeptEpoch[]} */ ([]),
    model: /** @type {import("../engine/engine.js").Model|null} */ (null),
    run: () => source.runs.find((run) => run.name === source.name) ?? null,
    start,
    open,
    close,
  };
  let turn = 0; // answers to what somebody asked before are out of date
  let looking = false;
  let looked = 0;
  let timer = 0;
  let listed = "";
  let tried = -1; // at which batch the weights were asked for
  let end = () => {};

  function version(name) {
    const run = source.runs.find((each) => each.name === name);
    return run ? versionOf(run) : 0;
  }

  /**
   * Show a run's epoch; what is on show stays until it is there.
   * @returns {Promise<boolean>} whether it could be shown
   */
  async function open(name, epoch) {
    const mine = ++turn;
    if (name !== source.name) source.kept = [];
    Object.assign(source, { name, epoch });
    tried = source.run()?.batch;
    changed();
    if (name !== source.model?.run || !source.kept.length) list();
    try {
      const model = await engine.load(name, epoch, version(name));
      if (mine !== turn) return true;
      source.model = model;
      looked = performance.now();
      changed();
      follow();
      return true;
    } catch (error) {
      if (mine === turn) changed(error.message);
      return false;
    }
  }

  /** Ask which epochs are kept. */
  async function list() {
    const { name } = source;
    listed = `${name} ${source.run()?.epoch}`;
    try {
      const kept = await engine.epochs(name);
      if (name !== source.name) return;
      source.kept = kept;
      changed();
    } catch (error) {
      if (name === source.name) changed(error.message);
    }
  }

  /** Fetch the newest weights if the run has gone on, at most once a second, and only while somebody looks. */
  async function follow() {
    clearTimeout(timer);
    const run = source.run();
    if (!run || document.hidden) return;
    if (listed !== `${run.name} ${run.epoch}`) list();
    if (!source.model && tried !== run.batch) { // there were no weights yet
      open(run.name, source.epoch);
      return;
    }
    if (source.epoch !== "latest" || looking || source.model?.run !== run.name || source.model.batch === run.batch) return;
    const wait = looked + PAUSE_MS - performance.now();
    if (wait > 0) {
      timer = setTimeout(follow, wait);
      return;
    }
    looking = true;
    const mine = turn;
    try {
      const model = await engine.load(run.name, "latest", version(run.name));
      if (mine === turn) {
        source.model = model;
        changed();
      }
    } catch {
      // the run was deleted, or the server is gone; the list of runs tells, and what is on show stays
    }
    looked = performance.now();
    looking = false;
  }

  /** Begin to follow the list of runs. */
  function start() {
    end = watchRuns(base, ({ runs }) => {
      const before = source.run();
      const lost = before !== null && !runs.some((run) => run.name === source.name);
      source.runs = runs.filter(FIRST_BATCH);
      changed(lost ? `Run ${before.title} was deleted; what was fetched of it stays here.` : "");
      follow();
    });
    document.addEventListener("visibilitychange", follow);
  }

  function close() {
    turn += 1;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", follow);
    end();
  }

  return source;
}
