/** What is drawn over the images of the map: where random vectors lie, the picks, and the point in focus. */

import { contextOf } from "../widgets/pixel_canvas.js";

/** @import { Page } from "../types.d.ts" */
/** @import { Layout } from "./map_layout.js" */
/** @import { View } from "./map_tiles.js" */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {View} view
 * @param {Layout} layout
 * @param {{x: number, y: number} | null} cursor
 * @param {Page["colours"]} colours
 */
export function drawOverlay(canvas, view, { region, marks }, cursor, colours) {
  const context = contextOf(canvas);
  const scale = canvas.width / view.width;
  /**
   * @param {number} x
   * @param {number} y
   * @returns {[x: number, y: number]} of the canvas
   */
  const place = (x, y) => [(x - view.x) * scale + canvas.width / 2, (y - view.y) * scale + canvas.height / 2];
  if (region) drawRegion(context, place(region.x, region.y), region.radius * scale, region.round, colours.accent);
  for (const { text, at } of marks) drawMark(context, text, place(...at), colours);
  if (cursor) drawCross(context, place(cursor.x, cursor.y), colours.accent);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[x: number, y: number]} middle
 * @param {number} radius
 * @param {boolean} round
 * @param {string} colour
 */
function drawRegion(context, [x, y], radius, round, colour) {
  context.beginPath();
  if (round) context.arc(x, y, radius, 0, 2 * Math.PI);
  else context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  context.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
  context.lineWidth = 2 * devicePixelRatio;
  context.strokeStyle = colour;
  context.stroke();
  context.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {[x: number, y: number]} middle
 * @param {Page["colours"]} colours
 */
function drawMark(context, text, [x, y], { accent, onAccent }) {
  context.beginPath();
  context.arc(x, y, 10 * devicePixelRatio, 0, 2 * Math.PI);
  context.fillStyle = accent;
  context.fill();
  context.fillStyle = onAccent;
  context.font = `600 ${12 * devicePixelRatio}px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + devicePixelRatio * 0.5);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[x: number, y: number]} middle
 * @param {string} colour
 */
function drawCross(context, [x, y], colour) {
  const size = 9 * devicePixelRatio;
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [0, 1]]) {
    context.moveTo(x - dx * size, y - dy * size);
    context.lineTo(x + dx * size, y + dy * size);
  }
  context.lineWidth = 2.5 * devicePixelRatio;
  context.strokeStyle = colour;
  context.stroke();
}
