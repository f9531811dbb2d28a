/** Lights what a text rests on: the elements of the page that carry `data-figure`. */

/**
 * @param {ParentNode} page
 * @param {string | null} figure null: nothing
 */
export function light(page, figure) {
  for (const el of page.querySelectorAll("[data-figure]")) {
    el.classList.toggle("lg-lit", el.getAttribute("data-figure") === figure);
  }
}

/**
 * Whether a figure can be seen now (another tab may hide it).
 * @param {ParentNode} page
 * @param {string} figure
 */
export function isShown(page, figure) {
  return page.querySelector(`[data-figure="${figure}"]`)?.checkVisibility() ?? true;
}

/**
 * Scrolls to a figure if it is out of sight.
 * @param {ParentNode} page
 * @param {string} figure
 */
export function scrollTo(page, figure) {
  page.querySelector(`[data-figure="${figure}"]`)?.scrollIntoView({ block: "nearest", behavior: "smooth" });
}
