/**
 * The live view of the Train page: watches one run by its stream and steers it by commands, without a script rerun.
 */

/** @import { Component, LiveData, LiveTriggers } from "../types.d.ts" */
/** @import { Page } from "./page.js" */
/** @import { Parts } from "./parts.js" */

import { mount } from "../shared/mount.js";
import { isSeen, onSeen } from "../shared/seen.js";
import { applyTheme } from "../shared/theme.js";
import { createActions } from "./actions.js";
import { nameError, otherRun } from "./draft/draft_state.js";
import { createPage } from "./page.js";
import { createParts } from "./parts.js";
import { showPage } from "./show.js";
import { openStream } from "./stream/stream.js";

const PATIENCE = 500; // ms that a first picture may take before the charts are made without it
const TOUCHES = ["pointerdown", "keydown", "input"];

export default mount(createView);

/**
 * @param {HTMLElement} parent
 * @param {LiveData} data
 */
function createView(parent, data) {
  const page = createPage(data);
  const update = () => page.state.begun && showPage(page, parts);
  const act = createActions(page, () => parts, update);
  const parts = createParts(data, act);
  parent.append(parts.page);

  function wake() {
    if (!isSeen()) return;
    update();
    parts.charts.wake();
    parts.grid.wake();
  }

  /** @param {Event} event */
  function touched(event) {
    if (!event.composedPath().includes(parts.page)) page.dispatch({ kind: "settingsTouched" });
  }

  const end = onSeen(wake);
  for (const kind of TOUCHES) document.addEventListener(kind, touched, true);
  return {
    /** @param {Component<LiveData, LiveTriggers>} component */
    render(component) {
      const before = page.state;
      page.trigger = component.setTriggerValue;
      page.receive(component.data);
      parts.lesson.receive(component.data);
      if (before.starting && nameError(page.state)) parts.header.focusName();
      if (page.state.askedFor !== before.askedFor) act.startWithDataSet();
      if (otherRun(before, page.state.run)) {
        watch(page, parts, update);
        const parent = before.request?.parent;
        const proposed = parent ? [parent] : parts.lesson.compared();
        parts.comparison.begin(page.state.run, proposed);
      }
      applyTheme(parts.lesson.el);
      const theme = applyTheme(parts.root);
      for (const part of [parts.charts, parts.quality, parts.views, parts.welcome]) part.applyTheme(theme);
      parts.address.write();
      update();
    },
    destroy() {
      end();
      for (const kind of TOUCHES) document.removeEventListener(kind, touched, true);
      page.stream?.close();
      parts.destroy();
    },
  };
}

/**
 * Watch the run that the page has turned to, or none.
 * @param {Page} page
 * @param {Parts} parts
 * @param {() => void} update
 */
function watch(page, { timeTravel, connection, knobs, grid, filmstrip, charts, quality }, update) {
  timeTravel.reset();
  page.stream?.close();
  page.stream = null;
  connection.reset();
  knobs.reset();
  grid.clear(page.state.run === null ? "The generator's images appear here." : "");
  filmstrip.update(null, null);

  /** Load the charts' library, which is large: the first picture comes first. */
  function begin() {
    charts.begin();
    quality.begin();
  }

  if (page.state.run === null) return begin();
  page.stream = openStream(page.data.base, page.state.run, {
    frame() {
      setTimeout(begin, PATIENCE);
      if (isSeen()) update();
    },
    grid: (png, batch) => grid.live(png, batch).then(begin),
    gone(message) {
      page.dispatch({ kind: "runGone", message });
      update();
    },
    status: connection.stream,
  }, { runs: true });
}
