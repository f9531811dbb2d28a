/**
 * The runs of this server: a short list for the sidebar, a table with all that can be done with them, or the formats
 * in which one of them can be taken home. `data.mode` is "list", "table" or "take"; none needs a script rerun.
 */

import { h } from "../shared/dom.js";
import { mount } from "../shared/mount.js";
import { watchRuns } from "../shared/runs_feed.js";
import { watchServer } from "../shared/server_notice.js";
import { applyTheme } from "../shared/theme.js";
import { createList } from "./list.js";
import { createTable } from "./table.js";
import { createTakeCard } from "./take.js";

const MODES = { list: createList, table: createTable, take: createTakeCard };

/** @param {{data: {base: string, mode: "list"|"table"|"take", selected: string|null,
 *   readOnly: string|null, formats: import("./take.js").Format[]}, parentElement: HTMLElement,
 *   setTriggerValue: (name: string, value: any) => void}} component */
export default mount(createView);

function createView(parent, data) {
  let trigger = () => {};
  const act = (name, value) => trigger(name, value);
  const view = MODES[data.mode](data, act);
  const root = h("div", { class: `lg lg-runs-${data.mode}` }, view.el);
  parent.append(root);
  let readOnly = null; // why nothing can be changed, as the script said
  const end = view.update ? watchRuns(data.base, take) : () => {};
  const unwatch = watchServer();
  const clock = setInterval(() => document.hidden || view.refresh?.(), 15_000); // the ages

  function take(list) {
    view.update(list);
    if (data.mode !== "list" || !readOnly || list.read_only) return;
    readOnly = null; // this server has taken the folder over: the script says so, and takes its notice away
    act("claim", Date.now());
  }

  return {
    render(component) {
      readOnly = component.data.readOnly;
      trigger = component.setTriggerValue;
      applyTheme(root);
      view.select(component.data.selected);
    },
    destroy() {
      clearInterval(clock);
      end();
      unwatch();
      root.remove();
    },
  };
}
