/** What is shown of the dots that somebody points at: their images, how they are read, and the nearest real one. */

/** @import { Figures } from "../feed.js" */

import { h, setText } from "../../../shared/dom.js";
import { value } from "../../../shared/format.js";
import { percent } from "./histogram.js";
import { drawImages } from "./pixels.js";

const HINT = "Tap a dot, or point at it, to see its image. Drag around several to see them all.";
const COLUMNS = 16;

/**
 * @typedef {{ name: string, probability: number }} Read
 * @typedef {object} DotsHeader
 * @property {number[]} dots
 * @property {Read[] | null} read by the classifier; null: there is none for this data set
 * @property {{ label: string, distance: number, typical: number }} [nearest]
 */

export function createDotDetails() {
  const image = h("canvas", { class: "lg-dot-image", hidden: true });
  const text = h("p", { text: HINT });
  const nearest = h("canvas", { class: "lg-dot-image", hidden: true });
  const more = h("p");
  const el = h("div", { class: "lg-dot-details" }, image, text, nearest, more);

  /** @param {string} sentence */
  function say(sentence) {
    image.hidden = nearest.hidden = true;
    setText(text, sentence);
    setText(more, "");
    delete el.dataset.several;
  }

  return {
    el,
    hint: () => say(HINT),
    /**
     * @param {Uint8Array} pixels
     * @param {string} name of its class
     * @param {string} set that it is from
     */
    real(pixels, name, set) {
      say(`A real ${name} from ${set}.`);
      drawImages(image, pixels, 1);
      image.hidden = false;
    },
    /**
     * @param {Figures<DotsHeader>} figures
     * @param {number} enclosed how many dots the lasso encloses, of which some are shown
     */
    generated({ header, numbers }, enclosed) {
      if (header.missing) return say(header.missing);
      const single = header.dots.length === 1;
      drawImages(image, numbers.pixels, COLUMNS);
      image.hidden = false;
      el.toggleAttribute("data-several", !single);
      image.style.width = single ? "" : `${image.width}px`;
      setText(text, single ? readInWords(header.read?.[0]) : countInWords(header, enclosed));
      nearest.hidden = !header.nearest;
      setText(more, "");
      if (!header.nearest) return;
      drawImages(nearest, numbers.nearest, 1);
      const { label, distance, typical } = header.nearest;
      setText(more, `The real image nearest to it, a ${label}: ${value(distance, 2)} away; half of the real images lie `
        + `within ${value(typical, 2)} of another one.`);
    },
  };
}

/** @param {Read | undefined} read */
const readInWords = (read) =>
  (read ? `A generated image, which the classifier reads as ${read.name} (${percent(read.probability)} sure).`
    : "A generated image.");

/**
 * @param {DotsHeader} header
 * @param {number} enclosed
 */
function countInWords({ dots, read }, enclosed) {
  const which = enclosed > dots.length ? `${enclosed} generated images, of which ${dots.length} are shown`
    : `${dots.length} generated images`;
  if (!read) return `${which}.`;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { name } of read) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, 4);
  return `${which}; read as ${sorted.map(([name, count]) => `${name} (${count})`).join(", ")}`
    + `${counts.size > 4 ? " and others" : ""}.`;
}
