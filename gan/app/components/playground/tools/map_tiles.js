/** The images of a plane as tiles of 8 x 8, made in the worker as they are needed and kept for panning and zooming. */

import { messageOf } from "../engine/errors.js";
import { planeGrid } from "../engine/latent_plane.js";
import { contextOf, imageGrid } from "../widgets/pixel_canvas.js";

/** @import { Model } from "../engine/engine.js" */
/** @import { Plane } from "../engine/latent_plane.js" */
/** @import { Page } from "../types.d.ts" */

/**
 * At level l an image stands every 2^-l of the plane; tile (i, j) holds the images from (i * 8, j * 8) on.
 * @typedef {{level: number, i: number, j: number}} Tile
 */
/**
 * Whose images they are.
 * @typedef {{key: string, model: Model, plane: Plane, dropout: number | null, label: Float32Array | null}} Subject
 */
/** @typedef {{x: number, y: number, width: number, height: number}} View its middle and size, of the plane */

const CELLS = 8; // images along a tile's side
const MOST = 240; // tiles that are kept: 12 million pixels

/** @param {Tile} tile */
const keyOf = ({ level, i, j }) => `${level} ${i} ${j}`;

/** @param {number} level */
const stepOf = (level) => 2 ** -level;

/** @param {Page} page */
export function createMapTiles(page) {
  const store = createTileStore();
  /** @type {Subject | null} */
  let subject = null;
  let busy = false;
  /** @type {Tile[]} tiles to make, the most urgent first */
  let wanted = [];

  async function work() {
    if (busy || !subject) return;
    const tile = wanted.find((each) => !store.has(each));
    if (!tile) return;
    busy = true;
    const mine = subject;
    try {
      const { pixels } = await page.engine.images(mine.model, vectorsOf(mine.plane, tile),
        { dropout: mine.dropout, label: mine.label, outputs: false });
      if (mine === subject) {
        store.keep(tile, pixels, mine.model.side);
        page.requestDraw();
      }
    } catch (error) {
      wanted = [];
      if (mine === subject) page.say(messageOf(error));
    }
    busy = false;
    work();
  }

  return {
    /**
     * Another subject than before empties the store.
     * @param {Subject} next
     */
    show(next) {
      if (subject?.key === next.key) return;
      subject = next;
      store.clear();
    },
    /**
     * Draws what there is of a view and has the rest made: coarser tiles first, under the finer ones.
     * @param {CanvasRenderingContext2D} context
     * @param {View} view
     * @param {number} level
     * @returns {boolean} whether all was there
     */
    draw(context, view, level) {
      context.imageSmoothingEnabled = false;
      for (const depth of [level - 2, level - 1, level]) {
        for (const tile of tilesInView(depth, view)) drawTile(context, view, tile, store.use(tile));
      }
      wanted = tilesInView(level, view);
      work();
      return wanted.every(store.has);
    },
  };
}

/** Pictures of tiles; when there are too many, the one that was not used for longest goes. */
function createTileStore() {
  /** @type {Map<string, HTMLCanvasElement>} the longest unused first */
  const kept = new Map();
  return {
    /** @param {Tile} tile */
    has: (tile) => kept.has(keyOf(tile)),
    /** @param {Tile} tile */
    use(tile) {
      const key = keyOf(tile);
      const picture = kept.get(key);
      if (!picture) return undefined;
      kept.delete(key);
      kept.set(key, picture);
      return picture;
    },
    /**
     * @param {Tile} tile
     * @param {Uint8ClampedArray} pixels
     * @param {number} side
     */
    keep(tile, pixels, side) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = CELLS * side;
      contextOf(canvas).putImageData(imageGrid(pixels, CELLS * CELLS, side, CELLS, 0), 0, 0);
      kept.set(keyOf(tile), canvas);
      const [oldest] = kept.keys();
      if (kept.size > MOST) kept.delete(oldest);
    },
    clear: () => kept.clear(),
  };
}

/**
 * @param {Plane} plane
 * @param {Tile} tile
 */
function vectorsOf(plane, { level, i, j }) {
  const step = stepOf(level);
  return planeGrid(plane, i * CELLS * step, j * CELLS * step, step, CELLS, CELLS);
}

/**
 * The tiles of a level that a view meets, nearest to its middle first.
 * @param {number} level
 * @param {View} view
 */
export function tilesInView(level, { x, y, width, height }) {
  const size = CELLS * stepOf(level);
  const half = stepOf(level) / 2; // an image lies around its point
  const [left, top] = [x - width / 2, y - height / 2];
  /** @type {Tile[]} */
  const tiles = [];
  for (let j = Math.floor((top + half) / size); j * size - half < top + height; j++) {
    for (let i = Math.floor((left + half) / size); i * size - half < left + width; i++) tiles.push({ level, i, j });
  }
  const distance = (/** @type {Tile} */ tile) => Math.hypot((tile.i + 0.5) * size - x, (tile.j + 0.5) * size - y);
  return tiles.sort((a, b) => distance(a) - distance(b));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Tile} tile
 * @param {HTMLCanvasElement | undefined} picture
 */
function drawTile(context, view, { level, i, j }, picture) {
  if (!picture) return;
  const scale = context.canvas.width / view.width;
  const size = CELLS * stepOf(level);
  const half = stepOf(level) / 2;
  const left = Math.floor((i * size - half - view.x + view.width / 2) * scale);
  const top = Math.floor((j * size - half - view.y + view.height / 2) * scale);
  const wide = Math.ceil(size * scale) + 1;
  context.drawImage(picture, left, top, wide, wide);
}
