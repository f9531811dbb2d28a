/** What can be saved: pictures, animations, and the latent vectors as numbers. */

import { button, h, icon, setBlocked, setText } from "../../shared/dom.js";
import { upscale } from "../widgets/pixel_canvas.js";
import { gif } from "./gif.js";
import { npy } from "./npy.js";
import { onePicture, onScreen } from "./picture.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Animation, Focus, NamedVector, Savable } from "../types.d.ts" */

/**
 * What is on screen now.
 * @typedef {object} OnScreen
 * @property {string} name of files, without their ending
 * @property {{canvas: HTMLCanvasElement, focus: Focus, model: Model, label: Float32Array | null} | null} image
 * @property {Savable | null} tool
 * @property {NamedVector[]} picks
 */

const DOWN = "M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10";
const SCALE = 10; // an image of 28 x 28 becomes 280 x 280
const KEEP_MS = 10_000; // how long a browser may take to fetch a file

/**
 * A menu.
 * @param {() => OnScreen} collect
 */
export function createSaveMenu(collect) {
  const items = {
    image: item("Image (PNG)", saveImage),
    tool: item("Picture of the tool (PNG)", saveToolPicture),
    animation: item("Film (GIF)", saveAnimation),
    json: item("Latent vectors (JSON)", saveJson),
    npy: item("Latent vectors (NumPy)", saveNpy),
  };
  const summary = h("summary", { class: "lg-button" }, icon(DOWN), h("span", { text: "Save" }));
  const el = h("details", { class: "lg-menu" }, summary,
    h("div", { class: "lg-menu-items", role: "group", "aria-label": "Save" }, ...Object.values(items)));

  /**
   * @param {string} text
   * @param {(now: OnScreen) => void} save
   */
  function item(text, save) {
    return button({ class: "lg-menu-item", text, onclick() {
      el.open = false;
      summary.focus();
      save(collect());
    } });
  }

  el.addEventListener("toggle", () => {
    if (!el.open) return;
    const { image, tool } = collect();
    const none = image ? null : "There is no image yet.";
    for (const each of [items.image, items.json, items.npy]) setBlocked(each, none);
    setBlocked(items.tool, tool?.canvases.length ? null : "This tool has no picture of its own.");
    setBlocked(items.animation, tool?.animation ? null : "Walk, Pad (with a trail) and Time make films.");
    setText(items.animation, tool?.animation ? `Film of ${tool.animation.count} images (GIF)` : "Film (GIF)");
  });
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    el.open = false;
    summary.focus();
  });
  const shut = (/** @type {PointerEvent} */ { target }) => {
    if (el.open && !(target instanceof Node && el.contains(target))) el.open = false;
  };
  document.addEventListener("pointerdown", shut);

  return { el, destroy: () => document.removeEventListener("pointerdown", shut) };
}

/** @param {OnScreen} now */
function saveImage({ image, name }) {
  if (!image) return;
  savePicture(onePicture([image.canvas], ({ width, height }) => [width * SCALE, height * SCALE]), `${name}.png`);
}

/** @param {OnScreen} now */
function saveToolPicture({ tool, name }) {
  if (tool) savePicture(onePicture(tool.canvases, onScreen), `${name}-picture.png`);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} name
 */
function savePicture(canvas, name) {
  canvas.toBlob((blob) => blob && send(blob, "image/png", name));
}

/** @param {OnScreen} now */
function saveAnimation({ tool, name }) {
  if (tool?.animation) send(gifOf(tool.animation), "image/gif", `${name}.gif`);
}

/** @param {Animation} animation */
function gifOf({ pixels, count, side, delay }) {
  const scale = Math.round((SCALE * 28) / side);
  const size = side * side;
  const frames = Array.from({ length: count }, (_, i) =>
    upscale(pixels.subarray(i * size, (i + 1) * size), side, scale));
  return gif(frames, side * scale, side * scale, delay);
}

/** @param {OnScreen} now */
function saveJson(now) {
  if (!now.image) return;
  const { model, focus, label } = now.image;
  const labelled = (/** @type {Float32Array | undefined | null} */ given) => (given ? { label: [...given] } : {});
  const description = {
    run: model.run,
    epoch: model.epoch,
    batch: model.batch,
    latent_dim: model.latentDim,
    noise: model.settings.noise,
    shows: focus.caption,
    link: location.href,
    ...labelled(label),
    vectors: vectorsOf(now).map(({ name, z, label: own }) => ({ name, z: [...z], ...labelled(own) })),
  };
  send(JSON.stringify(description), "application/json", `${now.name}.json`);
}

/** @param {OnScreen} now */
function saveNpy(now) {
  if (now.image) send(npy(vectorsOf(now).map(({ z }) => z)), "application/octet-stream", `${now.name}.npy`);
}

/**
 * The tool's vectors; where it has none, the one in focus and the picks.
 * @param {OnScreen} now
 * @returns {NamedVector[]}
 */
function vectorsOf({ image, tool, picks }) {
  if (tool?.vectors.length) return tool.vectors;
  return image ? [{ name: "focus", z: image.focus.z }, ...picks] : picks;
}

/**
 * @param {BlobPart} content
 * @param {string} type
 * @param {string} name
 */
function send(content, type, name) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
