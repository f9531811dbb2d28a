/** What has been asked of the server for one run: a batch, then the step that trains it. Knows no page. */

/** @import { Snapshot, TracedBatch, WhoLearns } from "../../../types.d.ts" */

import { postCommand } from "../../../shared/commands.js";
import { fetchTrace } from "./fetch_trace.js";
import { outcome } from "./situation.js";

/** @type {Record<WhoLearns, "step" | "step_d" | "step_g">} */
const COMMANDS = { both: "step", d: "step_d", g: "step_g" };

/**
 * @typedef {object} State
 * @property {TracedBatch | null} trace the batch on show
 * @property {boolean} asked it is on its way
 * @property {boolean} doing the run has been asked to train it
 * @property {string} error what was refused, in a sentence
 * @property {string} told what became of the last batch, in a sentence
 */

/** @typedef {ReturnType<typeof createStepSession>} StepSession */

/**
 * @param {string} base the server's base path
 * @param {string} name of the run
 * @param {() => void} changed called after each change of the state
 */
export function createStepSession(base, name, changed) {
  /** @type {State} */
  const state = { trace: null, asked: false, doing: false, error: "", told: "" };

  /** @param {Partial<State>} values */
  function set(values) {
    Object.assign(state, values);
    changed();
  }

  /** @param {"pause" | "step" | "step_d" | "step_g"} kind */
  async function send(kind) {
    const error = (await postCommand(base, name, { kind })) ?? "";
    set({ error, doing: state.doing && !error });
  }

  /**
   * The run has trained the batch on show: tell how its figures compare with those that were shown.
   * @param {TracedBatch} done
   */
  async function finish(done) {
    set({ doing: false, asked: true });
    const { trace } = await fetchTrace(base, name, done.learns, null);
    set({ trace: null, asked: false, told: outcome(done, trace?.trained ?? null) });
  }

  return {
    name,
    state,
    /**
     * @param {WhoLearns} learns
     * @param {number | null} epoch the batch is the one after it; null: the run's next one
     */
    async open(learns, epoch) {
      set({ asked: true, error: "", told: "" });
      const { trace, error } = await fetchTrace(base, name, learns, epoch);
      set({ trace, asked: false, error: error ?? "" });
    },
    close: () => set({ trace: null, error: "", told: "" }),
    pause: () => send("pause"),
    async doStep() {
      if (!state.trace || state.doing) return;
      set({ doing: true, error: "" });
      await send(COMMANDS[state.trace.learns]);
    },
    /** @param {Snapshot} run as it is now */
    follow(run) {
      const { trace, doing } = state;
      if (!doing || !trace) return;
      if (run.state === "diverged" || run.state === "failed") set({ doing: false });
      else if (run.batch > trace.batch || (run.batch === trace.batch && run.state !== "running")) finish(trace);
    },
  };
}
