/**
 * The live view of the Train page: watches one run by its stream and steers it by commands, without a script rerun.
 * Streamlit calls the default export on every render; what it made first stays until it is unmounted.
 */

import { h } from "../shared/dom.js";
import { readOnly } from "../shared/states.js";
import { applyTheme } from "../shared/theme.js";
import { createCharts } from "./charts.js";
import { post } from "./commands.js";
import { createFilm } from "./film.js";
import { createGrid } from "./grid.js";
import { createHead } from "./head.js";
import { createKnobs } from "./knobs.js";
import { createPresets } from "./presets.js";
import { openStream } from "./stream.js";
import { createTransport } from "./transport.js";

/**
 * What Python passes.
 * @typedef {{base: string, plotly: string, run: string|null, knobs: import("./scale.js").Knob[],
 *   presets: {name: string, label: string, meaning: string, values: Record<string, number>}[],
 *   draft: {number: number, values: Record<string, number>}, blocked: string|null,
 *   notice: {number: number, text: string}}} Data
 */

const views = new WeakMap();

/** @param {{data: Data, parentElement: HTMLElement, setTriggerValue: (name: string, value: any) => void}} component */
export default function live(component) {
  const parent = component.parentElement;
  if (!views.has(parent)) views.set(parent, createView(parent, component.data));
  views.get(parent).render(component);
  return () => {
    views.get(parent)?.destroy();
    views.delete(parent);
  };
}

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
  let starting = false; // Start was pressed and Python has not answered
  let lost = null; // why the run can no longer be watched

  const transport = createTransport({ start, send: command, fresh: () => trigger("new", Date.now()) });
  const head = createHead(transport.el);
  const knobs = createKnobs(data.knobs, setKnobs, (shown) => presets.update(shown));
  const presets = createPresets(data.presets, choosePreset);
  const charts = createCharts(data.plotly);
  const grid = createGrid(() => film.goLive());
  const film = createFilm(gridAddress, grid.choose);
  grid.el.append(film.controls);
  const root = h("div", { class: "lg lg-live" },
    head.el, presets.el, h("div", { class: "lg-columns" }, knobs.el, charts.el, grid.el), film.el);
  parent.append(root);

  const run = () => stream?.run ?? null;

  /** With the moment when the run was made, so that the browser may keep the picture for good. */
  function gridAddress(name, epoch) {
    return `${data.base}/api/runs/${encodeURIComponent(name)}/grids/${epoch}.png?v=${run()?.created ?? ""}`;
  }

  function start(paused) {
    refusal = "";
    starting = true;
    update();
    trigger("start", { values: { ...draft }, name: head.typedName(), paused, at: Date.now() });
  }

  async function command(kind) {
    refusal = (await post(data.base, data.run, { kind })) ?? "";
    update();
  }

  /** @returns {Promise<string|null>} */
  async function setKnobs(values) {
    if (data.run === null) {
      Object.assign(draft, values);
      return null;
    }
    return post(data.base, data.run, { kind: "set", values });
  }

  function choosePreset(values) {
    const differing = Object.entries(values).filter(([name, x]) => knobs.shown[name] !== x);
    if (differing.length) knobs.commit(Object.fromEntries(differing));
  }

  /** Watch another run, or none. */
  function watch(name) {
    stream?.close();
    stream = null;
    lost = null;
    refusal = "";
    head.reconnecting(false);
    knobs.reset();
    grid.clear(name === null ? "The generator's images appear here." : "");
    film.update(null);
    if (name !== null) {
      stream = openStream(data.base, name, {
        frame: () => document.hidden || update(),
        grid: grid.live,
        gone(message) {
          lost = message;
          update();
        },
        status: (connected) => head.reconnecting(!connected),
      });
    }
  }

  /** Show the latest state everywhere. */
  function update() {
    const now = run();
    const waiting = data.run !== null && now === null;
    const reason = data.blocked ?? lost ?? (now && readOnly(now)) ?? (waiting ? "Connecting." : starting ? "Starting." : null);
    root.dataset.state = now?.state ?? "draft";
    head.update(shownRun(now), textBelow(now), now?.saved);
    transport.update(data.run === null ? null : now ?? { state: "connecting" }, reason);
    knobs.update(data.run === null ? draft : now?.settings ?? {});
    knobs.disable(reason);
    presets.disable(reason);
    charts.show(stream);
    film.update(now);
  }

  /** What the header shows as the run; null is a draft. */
  function shownRun(now) {
    if (data.run === null) return null;
    if (lost) return { ...now, name: data.run, state: "deleted" };
    return now ?? { name: data.run, state: "connecting" };
  }

  function textBelow(now) {
    if (lost) return lost;
    if (refusal) return refusal;
    if (data.notice.text) return data.notice.text;
    if (data.run === null) return "Choose a preset or set the knobs, then start.";
    return now?.message || (now && readOnly(now)) || "";
  }

  function wake() {
    if (document.hidden) return;
    update();
    charts.wake();
    grid.wake();
  }
  document.addEventListener("visibilitychange", wake);

  return {
    /** @param {{data: Data, setTriggerValue: (name: string, value: any) => void}} component */
    render(component) {
      const another = draft === null || component.data.run !== data.run;
      const freshDraft = draft === null || component.data.draft.number !== data.draft.number;
      data = component.data;
      starting = false;
      trigger = component.setTriggerValue;
      if (freshDraft) {
        draft = { ...data.draft.values };
        head.clearName();
      }
      if (another) watch(data.run);
      charts.applyTheme(applyTheme(root));
      update();
    },
    destroy() {
      document.removeEventListener("visibilitychange", wake);
      stream?.close();
      charts.destroy();
      film.destroy();
      root.remove();
    },
  };
}
