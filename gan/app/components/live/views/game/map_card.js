/** The map: where real and generated images lie. */

/** @import { ViewContext } from "../context.js" */
/** @import { Figures } from "../feed.js" */
/** @import { DotsHeader } from "./dot_details.js" */
/** @import { Centre, Cloud } from "./map_scene.js" */

import { button, h, setAttr, setText } from "../../../shared/dom.js";
import { setTextWithTerms } from "../../../shared/terms.js";
import { sharpCanvas } from "./canvas.js";
import { createDotDetails } from "./dot_details.js";
import { createMapPointer } from "./map_pointer.js";
import { createScene } from "./map_scene.js";
import { nearestPoint, pointsWithin } from "./plane.js";
import { SIDE } from "./pixels.js";

const MOST = 64; // images that are shown at a time
const DWELL = 90; // ms that a pointer rests on a dot until its image is asked for
const SPACES = {
  features: "Images that a {classifier|classifier} sees as alike lie close together. Below each name: the share of "
    + "the dots that are read as it.",
  pixels: "Images with similar pixels lie close together. Once somebody measures the image quality, this data set has "
    + "a {classifier|classifier}, which sorts them better.",
};

/** @typedef {{ space: "features" | "pixels", centres: Centre[], set: string }} CloudHeader */
/** @typedef {Cloud & CloudHeader} RealImages */

/** @param {ViewContext} context */
export function createMapCard(context) {
  const canvas = h("canvas", { class: "lg-map-canvas", role: "img", tabindex: 0 });
  const when = h("span", { class: "lg-view-when" });
  const missing = h("p", { class: "lg-view-missing", hidden: true });
  const space = h("span");
  const details = createDotDetails();
  const trails = button({ class: "lg-chip", text: "Trails", "aria-pressed": "false", onclick: toggleTrails,
    title: "Show where each dot came from" });
  const el = h("section", { class: "lg-card lg-map", "aria-label": "Where they are" },
    h("div", { class: "lg-game-head" }, h("h3", { class: "lg-title", text: "Where they are" }), when, trails),
    h("p", { class: "lg-muted" }, "The cloud is 2,000 real images in ten colours; the ",
      h("b", { class: "lg-map-dot", text: "500 dots" }), " are generated, each always from the same noise. ", space),
    missing, canvas, details.el);
  const surface = sharpCanvas(canvas, () => scene.redraw()); // at once: a canvas of another size is empty
  const scene = createScene(canvas, surface.size);
  const real = createRealImages(context, (cloud) => {
    scene.setCloud(cloud);
  });
  const choice = createChoice(context, scene, real, details);

  function toggleTrails() {
    const on = !scene.marked().trails;
    scene.mark({ trails: on });
    setAttr(trails, "aria-pressed", String(on));
  }

  /** @param {Figures<{ space: "features" | "pixels" }> | null} figures */
  function show(figures) {
    const reason = figures?.header.missing ?? "";
    missing.hidden = !reason;
    setText(missing, reason);
    setText(when, figures && !reason ? context.when(figures.header) : "");
    if (!figures) {
      scene.clear();
      real.forget();
      choice.clear();
    }
    if (!figures || reason) return;
    setTextWithTerms(space, SPACES[figures.header.space]);
    real.need(figures.header.space);
    scene.move(figures.numbers.points, figures.numbers.read);
    setAttr(canvas, "aria-label", `Map of 2,000 real and 500 generated images, ${context.when(figures.header)}. `
      + "Arrow keys go from one generated image to the next.");
  }

  createMapPointer(canvas, choice);
  context.follow("map", show).want("");
  return {
    el,
    update: () => scene.paint(context.theme()),
    destroy() {
      surface.destroy();
      scene.destroy();
    },
  };
}

/**
 * The real images of the cloud, fetched when they are needed.
 * @param {ViewContext} context
 * @param {(cloud: RealImages | null) => void} changed
 */
function createRealImages(context, changed) {
  /** @type {RealImages | null} */
  let cloud = null;
  /** @type {Promise<Figures<{}>> | null} */
  let pixels = null;
  let asked = 0;
  let loading = false;

  return {
    get: () => cloud,
    /** @param {string} space of the projection, which changes once a data set has a classifier */
    async need(space) {
      if (loading || cloud?.space === space) return;
      loading = true;
      const turn = asked;
      try {
        /** @type {Figures<CloudHeader>} */
        const { header, numbers } = await context.once("cloud");
        if (turn !== asked) return;
        cloud = { ...header, points: numbers.points, labels: numbers.labels };
        changed(cloud);
      } catch { // the next figures of the map ask again
      } finally {
        loading = false;
      }
    },
    /**
     * @param {number} index
     * @returns {Promise<Uint8Array>} its pixels
     */
    async pixelsOf(index) {
      pixels ??= context.once("cloud-pixels");
      const all = (await pixels).numbers.pixels;
      return Uint8Array.from(all.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE));
    },
    /** Another run. */
    forget() {
      asked += 1;
      cloud = pixels = null;
      changed(null);
    },
  };
}

/**
 * Which dots somebody points at, and what is shown of them.
 * @param {ViewContext} context
 * @param {ReturnType<typeof createScene>} scene
 * @param {ReturnType<typeof createRealImages>} real
 * @param {ReturnType<typeof createDotDetails>} details
 */
function createChoice(context, scene, real, details) {
  let enclosed = 0;
  let timer = 0;
  /** @param {Figures<DotsHeader> | null} figures */
  const showDots = (figures) => figures && scene.marked().chosen.size > 0 && details.generated(figures, enclosed);
  const dots = context.follow("dots", showDots);

  /** @param {number[]} which */
  function choose(which) {
    clearTimeout(timer);
    enclosed = which.length;
    scene.mark({ chosen: new Set(which), real: null, line: [] });
    timer = setTimeout(() => dots.want(which.length ? `dots=${which.slice(0, MOST).join(",")}` : null), DWELL);
    if (!which.length) details.hint();
  }

  /** @param {number} index */
  async function chooseReal(index) {
    const cloud = real.get();
    if (!cloud || scene.marked().real === index) return;
    choose([]);
    scene.mark({ real: index });
    const pixels = await real.pixelsOf(index).catch(() => null);
    if (!pixels || scene.marked().real !== index) return;
    const name = cloud.centres.find(({ label }) => label === cloud.labels[index])?.name ?? "";
    details.real(pixels, name, cloud.set);
  }

  return {
    clear: () => choose([]),
    /** @type {import("./map_pointer.js").PointerListeners["point"]} */
    point(place, within) {
      const size = scene.size();
      const dot = nearestPoint(scene.points(), size, place, within);
      const { chosen } = scene.marked();
      if (dot !== null && !(chosen.size === 1 && chosen.has(dot))) choose([dot]);
      const other = dot === null ? nearestPoint(real.get()?.points ?? [], size, place, within / 2) : null;
      if (other !== null && chosen.size < 2) chooseReal(other);
    },
    /** @type {import("./map_pointer.js").PointerListeners["draw"]} */
    draw: (line) => scene.mark({ line: [...line] }),
    /** @type {import("./map_pointer.js").PointerListeners["enclose"]} */
    enclose: (line) => choose(pointsWithin(scene.points(), scene.size(), line)),
    /** @type {import("./map_pointer.js").PointerListeners["step"]} */
    step(by) {
      const count = scene.points().length / 2;
      const [first = by > 0 ? -1 : 0] = scene.marked().chosen;
      if (count) choose([(first + by + count) % count]);
    },
  };
}
