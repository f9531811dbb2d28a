/** The units of a layer side by side on one canvas, each as the image that it is. One of them can be chosen. */

import { h, setAttr } from "../../../shared/dom.js";
import { contextOf } from "../../images/canvas.js";
import { PIXELS, SIDE, signed } from "./pixels.js";

const GAP = 3; // pixels between two units
const TILE = SIDE + GAP;
export const PAGE = 256; // units whose images the server sends at a time
const PHONE = 400; // pixels of the sheet below which a finger could not hit smaller units
const NARROW = 520; // pixels of the sheet below which fewer units stand in a row

/**
 * @typedef {object} Sheet
 * @property {Uint8Array} images of the units that are shown
 * @property {number} first the first of them
 * @property {number} width of the layer, in units
 * @property {ArrayLike<number>} activations of each unit for the chosen image
 * @property {ArrayLike<number>} active the share of images for which each unit is active
 * @property {boolean[] | null} dropped the units that an example of dropout switches off
 */

/**
 * How many units stand in a row.
 * @param {number} width in pixels
 * @param {number} units
 */
function columnsOf(width, units) {
  if (width < PHONE) return 8;
  if (width < NARROW) return 12;
  return units > 128 ? 24 : 16;
}

/**
 * @param {{ point: (unit: number | null) => void, choose: (unit: number) => void }} on
 */
export function createUnitSheet(on) {
  const canvas = h("canvas", { class: "lg-unit-sheet", tabindex: 0, role: "slider", width: 1, height: 1,
    "aria-label": "Unit", "aria-valuemin": 1, "aria-valuenow": 1 });
  /** @type {Sheet | null} */
  let sheet = null;
  let chosen = 0;

  const columns = () => columnsOf(canvas.parentElement?.clientWidth ?? 0, sheet ? shownOf(sheet) : 0);

  /** @param {PointerEvent | MouseEvent} event */
  function unitAt(event) {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns());
    const row = Math.floor(((event.clientY - box.top) / box.height) * (canvas.height / TILE));
    const at = row * columns() + column;
    return sheet && at < shownOf(sheet) ? sheet.first + at : null;
  }

  /** @param {KeyboardEvent} event */
  function moved(event) {
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() };
    if (!sheet || !(event.key in steps)) return;
    event.preventDefault();
    const next = chosen + steps[event.key];
    if (next >= 0 && next < sheet.width) on.choose(next);
  }

  canvas.addEventListener("pointermove", (event) => on.point(unitAt(event)));
  canvas.addEventListener("pointerleave", () => on.point(null));
  canvas.addEventListener("keydown", moved);
  canvas.addEventListener("click", (event) => {
    const unit = unitAt(event);
    if (unit !== null) on.choose(unit);
  });
  return {
    el: canvas,
    /**
     * @param {Sheet} next
     * @param {number} unit the chosen one
     * @param {string} text what it is, in words
     */
    show(next, unit, text) {
      sheet = next;
      chosen = unit;
      draw(canvas, next, columns(), unit);
      setAttr(canvas, "aria-valuemax", next.width);
      setAttr(canvas, "aria-valuenow", unit + 1);
      setAttr(canvas, "aria-valuetext", text);
    },
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Sheet} sheet
 * @param {number} columns
 * @param {number} chosen
 */
function draw(canvas, sheet, columns, chosen) {
  const { images, first, activations, active, dropped } = sheet;
  const shown = Array.from({ length: shownOf(sheet) }, (_, i) => first + i);
  const [width, height] = [columns * TILE, Math.ceil(shown.length / columns) * TILE];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = contextOf(canvas);
  context.clearRect(0, 0, width, height);
  const most = Math.max(1e-9, ...shown.map((unit) => activations[unit]));
  shown.forEach((unit, i) => {
    const [x, y] = [(i % columns) * TILE, Math.floor(i / columns) * TILE];
    const level = Math.max(0, activations[unit]) / most;
    context.fillStyle = unit === chosen ? "#ffffff" : `rgb(255 210 60 / ${level})`;
    context.fillRect(x, y, TILE, TILE);
    context.putImageData(tile(images, i, dropped?.[unit] ? 0.15 : 1), x + 1.5, y + 1.5);
    if (active[unit] === 0) cross(context, x + GAP / 2, y + GAP / 2);
  });
}

/** @param {Sheet} sheet */
const shownOf = ({ images }) => images.length / PIXELS;

/**
 * @param {Uint8Array} images
 * @param {number} place among them
 * @param {number} light
 */
function tile(images, place, light) {
  const picture = new ImageData(SIDE, SIDE);
  for (let i = 0; i < PIXELS; i++) {
    const [red, green, blue] = signed(images[place * PIXELS + i]);
    picture.data.set([red * light, green * light, blue * light, 255], 4 * i);
  }
  return picture;
}

/**
 * The mark of a unit that is never active.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 */
function cross(context, x, y) {
  context.strokeStyle = "#ff4d4d";
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x + 2, y + 2);
  context.lineTo(x + SIDE - 2, y + SIDE - 2);
  context.moveTo(x + SIDE - 2, y + 2);
  context.lineTo(x + 2, y + SIDE - 2);
  context.stroke();
}
