/** Which keys are meant for the page as a whole. */

const TYPING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/**
 * Whether a key is meant for the page: nobody types, and no dialog is open.
 * @param {KeyboardEvent} event
 */
export function isForPage({ target, ctrlKey, metaKey, altKey, defaultPrevented }) {
  if (ctrlKey || metaKey || altKey || defaultPrevented || !(target instanceof Element)) return false;
  return !target.closest(TYPING) && !target.closest("[role=dialog], dialog");
}
