/** A canvas that is as sharp as the screen, whatever its size on the page. */

import { contextOf } from "../../images/canvas.js";

/**
 * @param {HTMLCanvasElement} canvas sized by CSS
 * @param {() => void} draw called when its size has changed; coordinates are CSS pixels
 */
export function sharpCanvas(canvas, draw) {
  /** @type {[width: number, height: number]} */
  let size = [0, 0];
  const observer = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return;
    const ratio = devicePixelRatio;
    size = [width, height];
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    contextOf(canvas).setTransform(ratio, 0, 0, ratio, 0, 0);
    draw();
  });
  observer.observe(canvas);
  return { size: () => size, destroy: () => observer.disconnect() };
}
