/** Map: a plane of the latent space as one picture, to pan and zoom; all of it where z is two numbers. */

import { button, h, icon, setAttr, setText } from "../../shared/dom.js";
import { byFinger } from "../../shared/gestures.js";
import { createInvitation } from "../widgets/controls.js";
import { coordinates, plane, planePoint, wholePlane } from "../engine/latentPlane.js";
import { listenToMapGestures } from "./mapGestures.js";
import { likelyRegion } from "../engine/latentPrior.js";
import { letter, rounded } from "../state/state.js";
import { createMapTiles } from "./mapTiles.js";

const IMAGE = 34; // px of an image on the map, or up to twice that
const NEAREST = 0.05; // of the plane across the map
const FARTHEST = 200;
const PLUS = "M8 3v10M3 8h10";
const MINUS = "M3 8h10";

/** @param {object} page what all parts of the page share, see main.js */
export function createMap(page) {
  const { state, touch } = page;
  const tiles = createMapTiles(page);
  const canvas = h("canvas", { class: "lg-pixels lg-map-canvas", role: "img", tabindex: 0, "aria-label": "Map" });
  const context = canvas.getContext("2d");
  const zoomIn = tool("Zoom in", PLUS, () => zoom(0.7));
  const zoomOut = tool("Zoom out", MINUS, () => zoom(1 / 0.7));
  const whole = button({ class: "lg-button lg-small", text: "Fit", title: "Show all picks", onclick: () => ((state.map = null), touch()) });
  const legend = h("p", { class: "lg-muted lg-map-legend" });
  const invitation = createInvitation("A plane needs three picks: click samples above.", () => page.fill(3));
  const content = h("div", { class: "lg-map" },
    h("div", { class: "lg-map-box" }, canvas, h("div", { class: "lg-map-tools" }, zoomIn, zoomOut, whole)), legend);
  let laid = null; // {key, whole, plane, marks, usual, middle}
  let spot = { key: "", z: null };
  let drawn = "";
  let complete = false;

  function tool(label, path, onclick) {
    return button({ class: "lg-button lg-small lg-square", "aria-label": label, title: label, onclick }, icon(path));
  }

  const ratio = () => canvas.height / Math.max(1, canvas.width);

  /** Lay the plane: all of a latent space of one or two numbers, else through the first three picks. */
  function lay({ names, model, vectors }) {
    const d = model.latentDim;
    const key = d <= 2 ? `whole ${d} ${names}` : `${d} ${names}`;
    if (laid?.key === key) return;
    if (laid) state.map = state.cursor = null;
    const flat = d <= 2 ? wholePlane(d) : plane(...vectors.slice(0, 3));
    const shown = d <= 2 ? vectors : vectors.slice(0, 3);
    const marks = shown.map((z, i) => ({ text: letter(i), at: coordinates(flat, z) }));
    const whole = d <= 2 && (model.settings.noise === "uniform" ? 3 : 8);
    laid = { key, whole, plane: flat, marks, usual: likelyRegion(flat, model), middle: whole ? [0, 0] : middleOf(marks) };
  }

  function middleOf(marks) {
    const [xs, ys] = [0, 1].map((i) => marks.map(({ at }) => at[i]));
    return [xs, ys].map((values) => (Math.min(...values) + Math.max(...values)) / 2);
  }

  /** What is in view; where nobody has moved it: everything of interest, with some room. */
  function view() {
    const { x, y, span } = state.map ?? fitted();
    return { x, y, width: span, height: span * ratio() };
  }

  function fitted() {
    const [x, y] = laid.middle;
    const far = Math.max(...laid.marks.map(({ at }) => Math.max(Math.abs(at[0] - x), Math.abs(at[1] - y) / ratio())), 0);
    return { x, y, span: laid.whole ? laid.whole : Math.max(0.5, far * 2.5) };
  }

  function setView(x, y, span) {
    const clamp = (value) => rounded(Math.min(999, Math.max(-999, value)));
    state.map = { x: clamp(x), y: clamp(y), span: rounded(Math.min(FARTHEST, Math.max(NEAREST, span))) };
    touch();
  }

  /** The point of the plane at a place on the screen. */
  function pointAt(clientX, clientY) {
    const box = canvas.getBoundingClientRect();
    const { x, y, width, height } = view();
    return { x: x + ((clientX - box.left) / box.width - 0.5) * width, y: y + ((clientY - box.top) / box.height - 0.5) * height };
  }

  /** Put a point of the plane into focus. */
  function aim({ x, y }) {
    state.cursor = { x: rounded(x), y: rounded(y) };
    touch();
  }

  /** Zoom so that one point stays where it is. */
  function zoom(by, about = null) {
    const { x, y, width } = view();
    const span = Math.min(FARTHEST, Math.max(NEAREST, width * by));
    const still = about ?? { x, y };
    setView(still.x + ((x - still.x) * span) / width, still.y + ((y - still.y) * span) / width, span);
  }

  function pan(dx, dy) {
    const { x, y, width, height } = view();
    setView(x - (dx / canvas.clientWidth) * width, y - (dy / canvas.clientHeight) * height, width);
  }

  listenToMapGestures(canvas, {
    point(clientX, clientY) {
      aim(pointAt(clientX, clientY));
    },
    pan,
    view: () => state.map,
    restore: (was) => ((state.map = was), touch()),
    zoom: (by, clientX, clientY) => zoom(by, pointAt(clientX, clientY)),
  });
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) nudge(way, event.shiftKey ? 0.1 : 0.02);
    else if (event.key === "+" || event.key === "=") zoom(0.8, state.cursor);
    else if (event.key === "-") zoom(1.25, state.cursor);
    else return;
    event.preventDefault();
  });

  /** Move the point in focus, and the map with it when it would leave it. */
  function nudge([right, down], share) {
    const now = view();
    const from = state.cursor ?? now;
    const cursor = { x: from.x + right * share * now.width, y: from.y + down * share * now.width };
    aim(cursor);
    const out = Math.abs(cursor.x - now.x) > now.width * 0.48 || Math.abs(cursor.y - now.y) > now.height * 0.48;
    if (out) setView(now.x + right * now.width * 0.3, now.y + down * now.height * 0.3, now.width);
  }

  const resized = new ResizeObserver(() => {
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
    if (!wide || (wide === canvas.width && high === canvas.height)) return;
    canvas.width = wide;
    canvas.height = high;
    drawn = "";
    touch();
  });
  resized.observe(canvas);

  function draw() {
    const now = view();
    const scale = canvas.width / now.width;
    const level = Math.floor(Math.log2(canvas.clientWidth / (IMAGE * now.width)));
    context.clearRect(0, 0, canvas.width, canvas.height);
    complete = tiles.draw(context, now, level);
    const place = (x, y) => [(x - now.x) * scale + canvas.width / 2, (y - now.y) * scale + canvas.height / 2];
    drawUsual(place, scale);
    for (const { text, at } of laid.marks) drawMark(text, ...place(...at));
    if (state.cursor) drawCross(...place(state.cursor.x, state.cursor.y));
  }

  function drawUsual(place, scale) {
    if (!laid.usual) return;
    const { x, y, radius, round } = laid.usual;
    const [middleX, middleY] = place(x, y);
    const wide = radius * scale;
    context.beginPath();
    if (round) context.arc(middleX, middleY, wide, 0, 2 * Math.PI);
    else context.rect(middleX - wide, middleY - wide, 2 * wide, 2 * wide);
    context.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeStyle = page.accent();
    context.stroke();
    context.setLineDash([]);
  }

  function drawMark(text, x, y) {
    const size = 10 * devicePixelRatio;
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fillStyle = page.accent();
    context.fill();
    context.fillStyle = page.onAccent();
    context.font = `600 ${12 * devicePixelRatio}px ${getComputedStyle(canvas).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x, y + devicePixelRatio * 0.5);
  }

  function drawCross(x, y) {
    const size = 9 * devicePixelRatio;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [0, 1]]) {
      context.moveTo(x - dx * size, y - dy * size);
      context.lineTo(x + dx * size, y + dy * size);
    }
    context.lineWidth = 2.5 * devicePixelRatio;
    context.strokeStyle = page.accent();
    context.stroke();
  }

  function describe(d) {
    const how = byFinger ? "Drag sideways, or hold and then drag, to move; pinch to zoom."
      : "Drag to move, scroll or pinch to zoom; with keys: arrows, + and −.";
    setText(legend, laid.usual ? `${laid.usual.words} ${how}` : how);
    const { x, y, width } = view();
    const where = d <= 2 ? "The latent space" : "The plane through the picks A, B and C";
    setAttr(canvas, "aria-label", `${where}: images around ${x.toFixed(1)}, ${y.toFixed(1)}, ${width.toPrecision(2)} wide.`);
  }

  const enough = ({ model, vectors }) => model.latentDim <= 2 || vectors.length >= 3;

  return {
    label: "Map",
    sentence: "Every point of this picture is a z, and the image there is what the generator makes of it. Neighbours look alike.",
    el: h("div", {}, content, invitation),
    visit(index) {
      const mark = laid?.marks[index];
      if (mark) aim({ x: mark.at[0], y: mark.at[1] });
    },

    update(now) {
      content.hidden = !enough(now);
      invitation.hidden = enough(now);
      if (!enough(now) || !canvas.width) return;
      lay(now);
      tiles.of({ key: `${now.key} ${laid.key}`, model: now.model, plane: laid.plane, dropout: now.dropout });
      const wanted = `${now.key} ${laid.key} ${JSON.stringify([view(), state.cursor])} ${page.accent()}`;
      if (wanted === drawn && complete) return;
      drawn = wanted;
      draw();
      describe(now.model.latentDim);
    },

    focus(now) {
      if (!enough(now) || !laid) return null;
      const { x, y } = state.cursor ?? view();
      const key = `${laid.key} ${x} ${y}`;
      if (spot.key !== key) spot = { key, z: planePoint(laid.plane, x, y) };
      const [a, b] = [x, y].map((value) => value.toFixed(2).replace("-", "−"));
      return { z: spot.z, words: now.model.latentDim <= 2 ? `z = (${a}, ${b})` : `at (${a}, ${b}) on the map` };
    },
    saved: () => (content.hidden ? null : { canvases: [canvas], film: null, vectors: [] }),
    destroy: () => resized.disconnect(),
  };
}
