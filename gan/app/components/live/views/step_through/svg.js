/** Elements of SVG and MathML. */

import { setAttr } from "../../../shared/dom.js";

/** @import { Attribute } from "../../../shared/dom.js" */

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/**
 * @param {string} tag
 * @param {Record<string, Attribute>} attributes
 * @param {...(Node | string)} children
 */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @param {string} tag
 * @param {...(Node | string)} children
 */
export function m(tag, ...children) {
  return filled(document.createElementNS(MATHML, tag), {}, children);
}

/**
 * @param {Element} el
 * @param {Record<string, Attribute>} attributes
 * @param {(Node | string)[]} children
 */
function filled(el, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttr(el, name, value);
  el.append(...children);
  return el;
}
