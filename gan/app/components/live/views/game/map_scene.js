/** Draws the map: the quiet cloud of real images, and the generated ones, which slide to their new places. */

/** @import { Theme } from "../../../shared/theme.js" */
/** @import { Numbers } from "../../../shared/frames.js" */
/** @import { Point, Size } from "./plane.js" */

import { contextOf } from "../../images/canvas.js";
import { classColors } from "./colors.js";
import { placeOf } from "./plane.js";
import { createSlide } from "./slide.js";

const DOT = 3.4; // px

/**
 * @typedef {{ label: number, name: string, x: number, y: number }} Centre of a class
 * @typedef {{ points: Numbers, labels: Numbers, centres: Centre[] }} Cloud
 * @typedef {object} Marked what is drawn beside the dots
 * @property {Set<number>} chosen generated images
 * @property {number | null} real one of the cloud
 * @property {Point[]} line of the lasso
 * @property {boolean} trails
 */

/** @type {Marked} */
const NOTHING_MARKED = { chosen: new Set(), real: null, line: [], trails: false };

/**
 * @param {HTMLCanvasElement} canvas
 * @param {() => Size} size
 */
export function createScene(canvas, size) {
  const backdrop = createBackdrop();
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {Cloud | null} */
  let cloud = null;
  const slide = createSlide();
  /** @type {number[] | null} */
  let counts = null; // generated images by the class that they are read as
  let marked = { ...NOTHING_MARKED };
  /** @type {Theme | null} */
  let theme = null;
  let frame = 0;

  function step() {
    frame = 0;
    const arrived = slide.step(still.matches);
    draw();
    if (!arrived) ask();
  }

  const ask = () => (frame ||= requestAnimationFrame(step));

  function draw() {
    const [width, height] = size();
    if (!theme || !width) return;
    const context = contextOf(canvas);
    context.clearRect(0, 0, width, height);
    context.drawImage(backdrop.drawn([width, height], cloud, theme), 0, 0, width, height);
    if (marked.trails) drawTrails(context, [...slide.past(), slide.points()], [width, height], theme);
    drawDots(context, slide.points(), [width, height], marked, theme);
    if (cloud) drawLabels(context, cloud.centres, counts, [width, height], theme);
    drawMarks(context, cloud, marked, [width, height], theme);
  }

  return {
    /** The generated images as they are drawn. */
    points: slide.points,
    /** @param {Cloud | null} next */
    setCloud(next) {
      cloud = next;
      ask();
    },
    /**
     * Another moment.
     * @param {Numbers} points
     * @param {Numbers | undefined} read the class that each is read as
     */
    move(points, read) {
      slide.move(points);
      counts = read ? countsOf(read) : null;
      ask();
    },
    /** Another run. */
    clear() {
      slide.clear();
      cloud = counts = null;
      ask();
    },
    /** @param {Partial<Marked>} changes */
    mark(changes) {
      marked = { ...marked, ...changes };
      ask();
    },
    marked: () => marked,
    size,
    /** @param {Theme | null} next */
    paint(next) {
      theme = next;
      ask();
    },
    redraw: draw,
    destroy: () => cancelAnimationFrame(frame),
  };
}

/** The cloud, which is drawn once for each of its sizes and themes. */
function createBackdrop() {
  const canvas = document.createElement("canvas");
  /** @type {unknown[]} */
  let painted = [];
  return {
    /**
     * @param {Size} size
     * @param {Cloud | null} cloud
     * @param {Theme} theme
     */
    drawn(size, cloud, theme) {
      const wanted = [...size, cloud, theme];
      if (wanted.some((each, i) => each !== painted[i])) drawCloud(canvas, size, cloud, theme);
      painted = wanted;
      return canvas;
    },
  };
}

/** @param {Numbers} read */
const countsOf = (read) => Array.from({ length: 10 }, (_, label) => read.filter((each) => each === label).length);

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Size} size
 * @param {Cloud | null} cloud
 * @param {Theme} theme
 */
function drawCloud(canvas, size, cloud, theme) {
  const ratio = devicePixelRatio;
  Object.assign(canvas, { width: Math.round(size[0] * ratio), height: Math.round(size[1] * ratio) });
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = theme.dark ? 0.5 : 0.42;
  const colors = classColors(theme.dark);
  for (let i = 0; cloud && i < cloud.labels.length; i += 1) {
    const [x, y] = placeOf(cloud.points, i, size);
    context.fillStyle = colors[cloud.labels[i]];
    context.beginPath();
    context.arc(x, y, 2.2, 0, 2 * Math.PI);
    context.fill();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array[]} moments
 * @param {Size} size
 * @param {Theme} theme
 */
function drawTrails(context, moments, size, theme) {
  context.strokeStyle = theme.generator;
  context.lineWidth = 1;
  for (let m = 1; m < moments.length; m += 1) {
    if (moments[m - 1].length !== moments[m].length) continue;
    context.globalAlpha = (0.5 * m) / moments.length;
    context.beginPath();
    for (let i = 0; 2 * i < moments[m].length; i += 1) {
      context.moveTo(...placeOf(moments[m - 1], i, size));
      context.lineTo(...placeOf(moments[m], i, size));
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array} points
 * @param {Size} size
 * @param {Marked} marked
 * @param {Theme} theme
 */
function drawDots(context, points, size, { chosen }, theme) {
  const all = Array.from({ length: points.length / 2 }, (_, i) => i);
  const others = all.filter((i) => !chosen.has(i));
  const those = all.filter((i) => chosen.has(i));
  for (const [radius, color, which] of /** @type {const} */ ([[DOT + 1, theme.mix(0), others],
    [DOT, theme.generator, others], [DOT + 3.5, theme.mix(0), those], [DOT + 2.5, theme.text, those],
    [DOT, theme.generator, those]])) {
    context.fillStyle = color;
    context.beginPath();
    for (const i of which) {
      const [x, y] = placeOf(points, i, size);
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  }
}

/**
 * The names of the classes at their centres, with the share of the generated images that are read as each.
 * @param {CanvasRenderingContext2D} context
 * @param {Centre[]} centres
 * @param {number[] | null} counts
 * @param {Size} size
 * @param {Theme} theme
 */
function drawLabels(context, centres, counts, size, theme) {
  const colors = classColors(theme.dark);
  const total = counts?.reduce((sum, each) => sum + each, 0) ?? 0;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.strokeStyle = theme.mix(0);
  for (const { label, name, x, y } of centres) {
    const [px, py] = placeOf([x, y], 0, size);
    context.lineWidth = 5;
    context.font = `700 ${name.length > 2 ? 14 : 22}px ${theme.font}`;
    context.strokeText(name, px, py);
    context.fillStyle = colors[label];
    context.fillText(name, px, py);
    if (!counts || !total) continue;
    const share = counts[label] / total;
    const text = `${(100 * share).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;
    context.lineWidth = 4;
    context.font = `600 12px ${theme.font}`;
    context.strokeText(text, px, py + 18);
    context.fillStyle = theme.text;
    context.fillText(text, px, py + 18);
  }
}

/**
 * The lasso, and the real image that is pointed at.
 * @param {CanvasRenderingContext2D} context
 * @param {Cloud | null} cloud
 * @param {Marked} marked
 * @param {Size} size
 * @param {Theme} theme
 */
function drawMarks(context, cloud, { line, real }, size, theme) {
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  if (line.length > 1) {
    context.setLineDash([5, 4]);
    context.beginPath();
    line.forEach((point, i) => (i ? context.lineTo(...point) : context.moveTo(...point)));
    context.closePath();
    context.globalAlpha = 0.08;
    context.fillStyle = theme.text;
    context.fill();
    context.globalAlpha = 1;
    context.stroke();
    context.setLineDash([]);
  }
  if (cloud && real !== null) {
    context.beginPath();
    context.arc(...placeOf(cloud.points, real, size), 6, 0, 2 * Math.PI);
    context.stroke();
  }
}
