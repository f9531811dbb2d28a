/** A row of the generated images at the top of a small screen, while the whole picture is out of view. */

import { button, h } from "../../shared/dom.js";
import { contextOf } from "./canvas.js";

const ROWS = 1 / 8; // of the picture
const HEADER = 60; // px at the top where Streamlit's header covers the page

/**
 * @param {HTMLElement} whole the picture that it stands for
 * @param {HTMLElement} views what lies below all that one steers by; it would only cover some of them
 */
export function createPreviewStrip(whole, views) {
  const canvas = h("canvas", { class: "lg-preview-canvas", "aria-hidden": "true" });
  const strip = button({ class: "lg-preview-strip", "aria-label": "Back to the images", title: "Back to the images",
    onclick: () => whole.scrollIntoView({ block: "center", behavior: "smooth" }) }, canvas);
  const el = h("div", { class: "lg-preview" }, strip);
  const context = contextOf(canvas);
  let drawn = false;
  let away = false;
  let passed = false; // whether the views have come up to the middle of the screen

  const show = () => (strip.hidden = !drawn || !away || passed);
  const seen = new IntersectionObserver(([{ isIntersecting, boundingClientRect }]) => {
    away = !isIntersecting && boundingClientRect.height > 0 && boundingClientRect.bottom < HEADER;
    show();
  }, { rootMargin: `-${HEADER}px 0px 0px` });
  seen.observe(whole);
  const below = new IntersectionObserver((entries) => {
    passed = entries[entries.length - 1].isIntersecting;
    show();
  }, { rootMargin: "0px 0px -50%" });
  below.observe(views);
  show();

  return {
    el,
    /** @param {HTMLCanvasElement | null} picture as it is now; null: there is none */
    draw(picture) {
      drawn = picture !== null;
      show();
      if (picture === null) return;
      const { width } = picture;
      const height = Math.round(picture.height * ROWS);
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      context.drawImage(picture, 0, 0, width, height, 0, 0, width, height);
    },
    destroy: () => [seen, below].forEach((observer) => observer.disconnect()),
  };
}
