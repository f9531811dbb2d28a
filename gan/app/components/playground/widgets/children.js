/** Lists on the page that grow and shrink. */

/**
 * Makes or removes children of an element until there are `count`.
 * @template {HTMLElement} Child
 * @param {HTMLElement} parent all of whose children were made here
 * @param {number} count
 * @param {(index: number) => Child} create
 */
export function childrenFor(parent, count, create) {
  while (parent.children.length > count) parent.lastChild?.remove();
  while (parent.children.length < count) parent.append(create(parent.children.length));
  return /** @type {Child[]} */ ([...parent.children]);
}
