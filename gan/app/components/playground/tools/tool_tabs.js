/** The tools as tabs: one of them is on show. */

import { button, h, setAttr } from "../../shared/dom.js";
import { setTextWithTerms } from "../../shared/terms.js";
import { keepDigit } from "../state/digit.js";
import { DIGIT_TOOLS, TOOLS } from "../state/state.js";
import { arrowOf } from "../widgets/controls.js";
import { createArithmetic } from "./arithmetic.js";
import { createDirections } from "./directions.js";
import { createMap } from "./map.js";
import { createPad } from "./pad.js";
import { createTable } from "./table.js";
import { createTime } from "./time.js";
import { createWalk } from "./walk.js";
import { createWrite } from "./write.js";

/** @import { Focus, Frame, Page, Tool, ToolName } from "../types.d.ts" */

/**
 * @param {Page} page
 * @param {() => Focus | null} focused what is in focus when another tool is chosen
 */
export function createToolTabs(page, focused) {
  const { state } = page;
  /** @type {Record<ToolName, Tool>} */
  const tools = {
    walk: createWalk(page), pad: createPad(page), directions: createDirections(page),
    arithmetic: createArithmetic(page), map: createMap(page), time: createTime(page),
    table: createTable(page), write: createWrite(page),
  };
  const tabs = TOOLS.map((name) => button({ class: "lg-tab", role: "tab", id: `lg-tab-${name}`,
    "aria-controls": "lg-tool-panel", text: tools[name].label, hidden: DIGIT_TOOLS.includes(name),
    onclick: () => choose(name) }));
  for (const tool of Object.values(tools)) tool.el.hidden = true; // until there are weights
  const sentence = h("p", { class: "lg-tool-sentence" });
  const panel = h("div", { class: "lg-tool-panel", role: "tabpanel", id: "lg-tool-panel" },
    sentence, ...TOOLS.map((name) => tools[name].el));
  const list = h("div", { class: "lg-tabs", role: "tablist", "aria-label": "Tools" }, ...tabs);

  list.addEventListener("keydown", (event) => {
    const by = arrowOf(event.key)?.[0];
    if (!by) return;
    event.preventDefault();
    const names = TOOLS.filter((_, i) => !tabs[i].hidden);
    const next = names[(names.indexOf(state.tool) + by + names.length) % names.length];
    choose(next);
    tabs[TOOLS.indexOf(next)].focus();
  });

  /** @param {ToolName} name */
  function choose(name) {
    if (name === state.tool) return;
    const focus = focused();
    keepDigit(state, focus);
    tools[state.tool].leave?.();
    state.tool = name;
    tools[name].enter?.(focus);
    page.say("");
  }

  return {
    el: h("section", { class: "lg-card lg-tool", "aria-label": "Tool" }, list, panel),
    /** The tool on show. */
    current: () => tools[state.tool],
    /** @param {Frame} frame */
    update(frame) {
      const usable = TOOLS.filter((name) => frame.model.labels || !DIGIT_TOOLS.includes(name));
      if (!usable.includes(state.tool)) state.tool = "walk";
      TOOLS.forEach((name, i) => {
        tabs[i].hidden = !usable.includes(name);
        const chosen = name === state.tool;
        setAttr(tabs[i], "aria-selected", chosen ? "true" : "false");
        tabs[i].tabIndex = chosen ? 0 : -1;
        tools[name].el.hidden = !chosen;
      });
      setAttr(panel, "aria-labelledby", `lg-tab-${state.tool}`);
      tools[state.tool].update(frame);
      setTextWithTerms(sentence, tools[state.tool].sentence);
      setAttr(list, "data-many", usable.length === TOOLS.length);
    },
    destroy: () => TOOLS.forEach((name) => tools[name].destroy()),
  };
}
