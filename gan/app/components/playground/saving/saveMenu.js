/** What can be taken home: pictures, films, and the latent vectors as numbers. */

import { button, h, icon, setBlocked, setText } from "../../shared/dom.js";
import { upscale } from "../widgets/pixelCanvas.js";
import { gif } from "./gif.js";
import { npy } from "./npy.js";

const DOWN = "M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10";
const SCALE = 10; // an image of 28 x 28 becomes 280 x 280
const GAP = 8; // px between two pictures

/**
 * A menu.
 * @param {() => {name: string, stage: {canvas: HTMLCanvasElement, focus: object, model: object}|null,
 *   saved: {canvases: HTMLCanvasElement[], film: object|null, vectors: {name: string, z: Float32Array}[]}|null,
 *   picks: {name: string, z: Float32Array}[]}} collect what is on screen now
 */
export function createSaveMenu(collect) {
  const items = {
    image: item("Image (PNG)", ({ stage, name }) => picture([stage.canvas], SCALE, `${name}.png`)),
    tool: item("Picture of the tool (PNG)", ({ saved, name }) => picture(saved.canvases, null, `${name}-picture.png`)),
    film: item("Film (GIF)", ({ saved, name }) => film(saved.film, `${name}.gif`)),
    json: item("Latent vectors (JSON)", (now) => send(JSON.stringify(description(now)), "application/json", `${now.name}.json`)),
    npy: item("Latent vectors (NumPy)", (now) => send(npy(vectors(now).map(({ z }) => z)), "application/octet-stream", `${now.name}.npy`)),
  };
  const summary = h("summary", { class: "lg-button" }, icon(DOWN), h("span", { text: "Save" }));
  const el = h("details", { class: "lg-menu" }, summary,
    h("div", { class: "lg-menu-items", role: "group", "aria-label": "Save" }, ...Object.values(items)));

  function item(text, act) {
    return button({ class: "lg-menu-item", text, onclick() {
      el.open = false;
      summary.focus();
      act(collect());
    } });
  }

  el.addEventListener("toggle", () => {
    if (!el.open) return;
    const { stage, saved } = collect();
    const none = stage ? null : "There is no image yet.";
    for (const each of [items.image, items.json, items.npy]) setBlocked(each, none);
    setBlocked(items.tool, saved?.canvases.length ? null : "This tool has no picture of its own.");
    setBlocked(items.film, saved?.film ? null : "Walk, Pad (with a trail) and Time make films.");
    setText(items.film, saved?.film ? `Film of ${saved.film.count} images (GIF)` : "Film (GIF)");
  });
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    el.open = false;
    summary.focus();
  });
  const shut = (event) => el.open && !el.contains(event.target) && (el.open = false);
  document.addEventListener("pointerdown", shut);

  return { el, destroy: () => document.removeEventListener("pointerdown", shut) };
}

/** The tool's vectors; where it has none, the one in focus and the picks. */
function vectors({ stage, saved, picks }) {
  return saved?.vectors.length ? saved.vectors : [{ name: "focus", z: stage.focus.z }, ...picks];
}

function description(now) {
  const { model, focus } = now.stage;
  return {
    run: model.run,
    epoch: model.epoch,
    batch: model.batch,
    latent_dim: model.latentDim,
    noise: model.settings.noise,
    shows: focus.words,
    link: location.href,
    vectors: vectors(now).map(({ name, z }) => ({ name, z: [...z] })),
  };
}

/** Canvases side by side as one PNG; `scale` null: each as large as it is on the screen, one below the other. */
function picture(canvases, scale, name) {
  const sizes = canvases.map((each) => (scale ? [each.width * scale, each.height * scale] : onScreen(each)));
  const row = canvases.every((each) => each.width === each.height);
  const all = (i) => sizes.map((size) => size[i]);
  const [sum, most] = [(list) => list.reduce((a, b) => a + b + GAP), (list) => Math.max(...list)];
  const out = document.createElement("canvas");
  [out.width, out.height] = row ? [sum(all(0)), most(all(1))] : [most(all(0)), sum(all(1))];
  const context = out.getContext("2d");
  context.imageSmoothingEnabled = false;
  let at = 0;
  canvases.forEach((each, i) => {
    context.drawImage(each, row ? at : 0, row ? 0 : at, ...sizes[i]);
    at += sizes[i][row ? 0 : 1] + GAP;
  });
  out.toBlob((blob) => send(blob, "image/png", name));
}

/** About as large as on the screen, or larger, by a whole number, so that every pixel is a square. */
function onScreen(canvas) {
  const scale = Math.max(4, Math.round((canvas.clientWidth * devicePixelRatio) / canvas.width));
  return [canvas.width * scale, canvas.height * scale];
}

function film({ pixels, count, side, delay }, name) {
  const scale = Math.round((SCALE * 28) / side);
  const frames = Array.from({ length: count }, (_, i) => upscale(pixels.subarray(i * side * side, (i + 1) * side * side), side, scale));
  send(gif(frames, side * scale, side * scale, delay), "image/gif", name);
}

function send(content, type, name) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
