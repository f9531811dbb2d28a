/**
 * The runs of this server: a short list for the sidebar, or a table with all that can be done with them.
 * `data.mode` is "list" or "table"; both are fed by the server and need no script rerun.
 */

import { h } from "../shared/dom.js";
import { watchRuns } from "../shared/runs_feed.js";
import { applyTheme } from "../shared/theme.js";
import { createList } from "./list.js";
import { createTable } from "./table.js";

const views = new WeakMap();

/** @param {{data: {base: string, mode: string, selected: string|null}, parentElement: HTMLElement,
 *   setTriggerValue: (name: string, value: any) => void}} component */
export default function runs(component) {
  const parent = component.parentElement;
  if (!views.has(parent)) views.set(parent, createView(parent, component.data));
  views.get(parent).render(component);
  return () => {
    views.get(parent)?.destroy();
    views.delete(parent);
  };
}

function createView(parent, data) {
  let trigger = () => {};
  const act = (name, value) => trigger(name, value);
  const view = (data.mode === "table" ? createTable : createList)(data.base, act);
  const root = h("div", { class: `lg lg-runs-${data.mode}` }, view.el);
  parent.append(root);
  const end = watchRuns(data.base, view.update);
  const clock = setInterval(() => document.hidden || view.refresh(), 15_000); // the ages
  return {
    render(component) {
      trigger = component.setTriggerValue;
      applyTheme(root);
      view.select(component.data.selected);
    },
    destroy() {
      clearInterval(clock);
      end();
      root.remove();
    },
  };
}
