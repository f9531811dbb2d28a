/** Where a box of the top layer stands. */

/**
 * Puts a box of the top layer above or below an element, within the window.
 * @param {HTMLElement} box
 * @param {Element} by
 */
export function placeBy(box, by) {
  const at = by.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = box;
  const left = Math.max(8, Math.min(at.left, innerWidth - offsetWidth - 8));
  const above = at.top - offsetHeight - 6;
  box.style.left = `${left}px`;
  box.style.top = `${above > 8 ? above : Math.min(at.bottom + 6, innerHeight - offsetHeight - 8)}px`;
}
