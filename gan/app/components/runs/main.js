/**
 * The runs of this server: a short list for the sidebar, a table with all that can be done with them, or the formats
 * in which one of them can be downloaded. None needs a script rerun.
 */

/** @import { RunList, RunsData, RunsTriggers } from "../types.d.ts" */

import { h } from "../shared/dom.js";
import { mount } from "../shared/mount.js";
import { watchRuns } from "../shared/runs_feed.js";
import { isSeen } from "../shared/seen.js";
import { watchServer } from "../shared/server_notice.js";
import { applyTheme } from "../shared/theme.js";
import { explainWords } from "../shared/words.js";
import { createExportCard } from "./exports.js";
import { createList } from "./list.js";
import { createTable } from "./table.js";

/** @typedef {import("../types.d.ts").Component<RunsData, RunsTriggers>} RunsComponent */
/** @typedef {RunsComponent["setTriggerValue"]} Act tells Python of an event */

/**
 * @typedef {object} RunsView
 * @property {HTMLElement} el
 * @property {(name: string | null, data: RunsData) => void} select
 * @property {(list: RunList) => void} [update]
 * @property {() => void} [refresh] writes the ages anew
 */

/** @type {Record<RunsData["mode"], (data: RunsData, act: Act) => RunsView>} */
const MODES = { list: createList, table: createTable, exports: createExportCard };

const AGES_MS = 15_000; // after which ages are written anew

export default mount(createView);

/**
 * @param {HTMLElement} parent
 * @param {RunsData} data
 */
function createView(parent, data) {
  /** @type {Act} */
  let trigger = () => {};
  const view = MODES[data.mode](data, (name, value) => trigger(name, value));
  const root = h("div", { class: `lg lg-runs-${data.mode}` }, view.el);
  parent.append(root);
  const terms = data.words && explainWords(root, data.words, data.base);
  /** @type {string | null | undefined} */
  let readOnly = null; // why nothing can be changed, as the script said
  let isFree = false; // whether this server may change the folder, as its list of runs says
  let claimed = -Infinity;
  const end = view.update ? watchRuns(data.base, take) : () => {};
  const unwatch = watchServer();
  const clock = setInterval(() => {
    if (isSeen()) view.refresh?.();
    claim();
  }, AGES_MS);

  /** @param {RunList} list */
  function take(list) {
    view.update?.(list);
    isFree = !list.read_only;
    claim();
  }

  /**
   * This server has taken the folder over: the script says so, and takes its notice away. It is told again after a
   * while if it still has that notice, since the list may come before the notice, and a message may be lost.
   */
  function claim() {
    if (data.mode !== "list" || !readOnly || !isFree || Date.now() - claimed < AGES_MS / 2) return;
    claimed = Date.now();
    trigger("claim", claimed);
  }

  return {
    /** @param {RunsComponent} component */
    render(component) {
      readOnly = component.data.readOnly;
      trigger = component.setTriggerValue;
      applyTheme(root);
      view.select(component.data.selected, component.data);
      queueMicrotask(claim);
    },
    destroy() {
      clearInterval(clock);
      end();
      unwatch();
      terms?.destroy();
      root.remove();
    },
  };
}
