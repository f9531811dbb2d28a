/** The parts of the Train page, and where each of them stands. */

/** @import { LiveData } from "../types.d.ts" */
/** @import { Actions } from "./actions.js" */

import { h } from "../shared/dom.js";
import { shows } from "../shared/showing.js";
import { offerStage } from "../shared/stage.js";
import { explainWords } from "../shared/words.js";
import { createCharts } from "./charts/charts.js";
import { createComparison } from "./comparison/comparison.js";
import { createAddress } from "./draft/address.js";
import { createExplanation } from "./explain/explanation.js";
import { createHeader } from "./header/header.js";
import { createTrainingControls } from "./header/training_controls.js";
import { createFilmstrip } from "./images/filmstrip.js";
import { createGrid } from "./images/grid.js";
import { createPreviewStrip } from "./images/preview_strip.js";
import { createKnobs } from "./knobs/knobs.js";
import { createPresets } from "./knobs/presets.js";
import { createQualityCard } from "./quality/quality_card.js";
import { createLessonCard } from "./lesson/lesson_card.js";
import { createDiskUsage } from "./recording/disk_usage.js";
import { createTimeTravel } from "./recording/time_travel.js";
import { createStage } from "./stage.js";
import { createConnection } from "./stream/connection.js";
import { createViewTabs } from "./views/tabs.js";
import { createWelcome } from "./welcome/welcome.js";

/** @typedef {ReturnType<typeof createParts>} Parts */

/**
 * @param {LiveData} data
 * @param {Actions} act
 */
export function createParts(data, act) {
  const plotly = `${data.base}/${data.plotly}`;
  const controls = createTrainingControls({ ...act, turn: (values) => knobs.commit(values) });
  const header = createHeader(controls.el, data.base, { ...act, cancel: () => timeTravel.cancel() });
  const knobs = createKnobs(data.knobs, act.setKnobs, act.knobsShown);
  const presets = createPresets(data.presets, act.choosePreset);
  const comparison = createComparison(data.base, act.run, act.answered, act.update);
  const charts = createCharts(plotly, comparison);
  const quality = createQualityCard(plotly, data.class_names, act.measure);
  const views = createViewTabs(quality.el, { base: data.base, plotly, classNames: data.class_names });
  const explanation = createExplanation(data.base, (values) => knobs.commit(values), () => views.open("quality"));
  const welcome = createWelcome(data.base, plotly, data.shipped, act.show);
  const timeTravel = createTimeTravel(act.stream, (...epoch) => filmstrip.go(...epoch), act.momentChanged);
  const grid = createGrid(timeTravel.live, (picture) => preview.draw(picture));
  const preview = createPreviewStrip(grid.stage, views.el);
  const filmstrip = createFilmstrip(act.gridAddress,
    { pick: timeTravel.pick, live: timeTravel.live, replay: timeTravel.play, show: grid.choose });
  const diskUsage = createDiskUsage(data.knobs);
  const address = createAddress(data.knobs, act.draftValues, act.adopt);
  const connection = createConnection(act.update);
  filmstrip.foot.append(diskUsage.el);
  grid.el.append(filmstrip.controls);
  const lesson = createLessonCard(act, () => root);
  const root = h("div", { class: "lg lg-live" },
    preview.el, header.el, h("div", { class: "lg-above" }, presets.el, timeTravel.bar),
    h("div", { class: "lg-body" },
      h("div", { class: "lg-columns" }, knobs.el, charts.el, grid.el, welcome.el), explanation.el, views.el,
      filmstrip.el));
  const shared = [shows("moment", timeTravel.shared), shows("step", lesson.shared), offerStage(createStage({
    run: act.run, moment: timeTravel.shared, controls: controls.press, turn: (pace) => knobs.commit({ pace }),
  }))];
  const words = explainWords(root, data.words, data.base);
  const page = h("div", { class: "lg-page" }, h("div", { class: "lg-beside" }, lesson.el, root));
  return {
    page, root, lesson, controls, header, knobs, presets, comparison, charts, quality, views, explanation, welcome,
    timeTravel, grid, filmstrip, diskUsage, address, connection,
    destroy() {
      for (const end of shared) end();
      timeTravel.destroy();
      for (const part of [comparison, address]) part.end();
      for (const part of [connection, charts, quality, views, explanation, words, lesson]) part.destroy();
      for (const part of [welcome, filmstrip, preview]) part.destroy();
      page.remove();
    },
  };
}
