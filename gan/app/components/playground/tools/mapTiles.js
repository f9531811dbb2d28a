/** The images of a plane as tiles of 8 x 8, made in the worker as they are needed and kept for panning and zooming. */

import { imageGrid } from "../widgets/pixelCanvas.js";
import { planeGrid } from "../engine/latentPlane.js";

const CELLS = 8; // images along a tile's side
const MOST = 240; // tiles that are kept: 12 million pixels

/**
 * At level l an image stands every 2^-l of the plane; tile (i, j) holds the images from (i * 8, j * 8) on.
 * @param {object} page what all parts of the page share, see main.js
 */
export function createMapTiles(page) {
  const kept = new Map(); // key -> canvas, the longest unused first
  let subject = null; // {model, plane, dropout, key}
  let busy = false;
  let wanted = []; // tiles to make: {level, i, j}, the most urgent first

  const keyOf = ({ level, i, j }) => `${level} ${i} ${j}`;
  const stepOf = (level) => 2 ** -level;

  async function work() {
    if (busy || !subject) return;
    const tile = wanted.find((each) => !kept.has(keyOf(each)));
    if (!tile) return;
    busy = true;
    const mine = subject;
    const step = stepOf(tile.level);
    const z = planeGrid(mine.plane, tile.i * CELLS * step, tile.j * CELLS * step, step, CELLS, CELLS);
    try {
      const { pixels } = await page.engine.images(mine.model, z, { dropout: mine.dropout, opinions: false });
      if (mine === subject) keep(keyOf(tile), pixels, mine.model.side);
    } catch (error) {
      wanted = [];
      if (mine === subject) page.say(error.message);
    }
    busy = false;
    work();
  }

  function keep(key, pixels, side) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = CELLS * side;
    canvas.getContext("2d").putImageData(imageGrid(pixels, CELLS * CELLS, side, CELLS, 0), 0, 0);
    kept.set(key, canvas);
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
    page.touch();
  }

  /** Those of a level that a view meets, nearest to its middle first. */
  function inView(level, { x, y, width, height }) {
    const size = CELLS * stepOf(level);
    const half = stepOf(level) / 2; // an image lies around its point
    const tiles = [];
    for (let j = Math.floor((y - height / 2 + half) / size); j * size - half < y + height / 2; j++) {
      for (let i = Math.floor((x - width / 2 + half) / size); i * size - half < x + width / 2; i++) tiles.push({ level, i, j });
    }
    const far = (tile) => Math.hypot((tile.i + 0.5) * size - x, (tile.j + 0.5) * size - y);
    return tiles.sort((a, b) => far(a) - far(b));
  }

  return {
    /** Whose images they are; others than before empty the store. */
    of(next) {
      if (subject?.key === next.key) return;
      subject = next;
      kept.clear();
    },
    /**
     * Draw what there is of a view and have the rest made: coarser tiles first, under the finer ones.
     * @param {CanvasRenderingContext2D} context
     * @param {{x: number, y: number, width: number, height: number}} view of the plane
     * @param {number} level
     */
    draw(context, view, level) {
      const { canvas } = context;
      const scale = canvas.width / view.width;
      context.imageSmoothingEnabled = false;
      wanted = inView(level, view);
      for (const depth of [level - 2, level - 1, level]) {
        const size = CELLS * stepOf(depth);
        const half = stepOf(depth) / 2;
        for (const tile of inView(depth, view)) {
          const key = keyOf(tile);
          const picture = kept.get(key);
          if (!picture) continue;
          kept.delete(key);
          kept.set(key, picture); // used just now
          const left = Math.floor((tile.i * size - half - view.x + view.width / 2) * scale);
          const top = Math.floor((tile.j * size - half - view.y + view.height / 2) * scale);
          const wide = Math.ceil(size * scale) + 1;
          context.drawImage(picture, left, top, wide, wide);
        }
      }
      work();
      return wanted.every((tile) => kept.has(keyOf(tile)));
    },
  };
}
