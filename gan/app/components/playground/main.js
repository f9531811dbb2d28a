/**
 * The latent playground: what a run's generator has learned, to be walked through. The weights are fetched once; the
 * images are made here, in the frame in which they are wanted.
 */

import { mount } from "../shared/mount.js";
import { shows } from "../shared/showing.js";
import { applyTheme } from "../shared/theme.js";
import { createEngine } from "./engine/engine.js";
import { createDropoutMasks } from "./page/dropout_masks.js";
import { createView } from "./page/view.js";
import { createModelSource } from "./state/model_source.js";
import { createOpening } from "./state/opening.js";
import { read } from "./state/link.js";
import { createSharedPlace } from "./state/shared_place.js";
import { createState } from "./state/state.js";

/** @import { Component, PlaygroundData } from "../types.d.ts" */
/** @import { Page } from "./types.d.ts" */

export default mount(createPlayground);

/**
 * @param {HTMLElement} parent
 * @param {PlaygroundData} data
 */
function createPlayground(parent, data) {
  const state = createState();
  const ignored = read(location.hash.slice(1), state);
  const engine = createEngine(data.base);
  const loop = createLoop(() => view.draw(opening.problem(), opening.busy(), masks.seed()));
  const source = createModelSource(data.base, engine, data.runs, (sentence) => {
    if (sentence) opening.complain(sentence);
    if (source.name === null && source.runs.length && !opening.busy()) opening.begin(null);
    loop.request();
  });
  const opening = createOpening({ engine, source, state, known: data.runs, ignored, changed: loop.request });
  const masks = createDropoutMasks(state, loop.request);
  /** @type {Page} */
  const page = {
    engine,
    source,
    state,
    requestDraw: loop.request,
    say: opening.say,
    preview: (point) => view.preview(point),
    open: opening.open,
    classNames: data.class_names,
    fillPicks: (wanted) => view.fillPicks(wanted),
    colours: { accent: "", onAccent: "" },
  };
  const view = createView(page, { base: data.base, words: data.words, dropout: masks.set, raw: setRaw });
  parent.append(view.el);

  /** @param {boolean} on */
  function setRaw(on) {
    state.raw = on;
    engine.setRaw(on);
    if (source.name !== null) source.open(source.name, source.epoch);
  }

  masks.set(state.dropout);
  setRaw(state.raw);
  opening.begin(data.run);
  source.start();
  const unshare = shows("latent", createSharedPlace(state, source,
    { open: opening.open, raw: setRaw, dropout: masks.set, draw: loop.request }));

  let asked = data.run; // the run that Python asked for last
  return {
    /** @param {Component<PlaygroundData>} component */
    render({ data: { run } }) {
      if (run !== null && run !== asked && run !== source.name) opening.open(run, "latest");
      asked = run;
      applyTheme(view.el);
      page.colours = coloursOf(view.el);
      loop.request();
    },
    destroy() {
      unshare();
      loop.end();
      masks.end();
      view.destroy();
      source.close();
      engine.close();
    },
  };
}

/**
 * Draws in the next frame, however many ask for it.
 * @param {() => void} draw
 */
function createLoop(draw) {
  let frame = 0;
  return {
    request() {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw();
      });
    },
    end() {
      cancelAnimationFrame(frame);
      frame = -1;
    },
  };
}

/**
 * Of the theme, for canvases.
 * @param {HTMLElement} root
 */
function coloursOf(root) {
  const style = getComputedStyle(root);
  return {
    accent: style.getPropertyValue("--lg-accent").trim(),
    onAccent: style.getPropertyValue("--lg-on-accent").trim(),
  };
}
