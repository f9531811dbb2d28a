/** Elements of SVG and MathML. */

import { setAttr } from "./dom.js";

/** @import { Attribute } from "./dom.js" */

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/**
 * An SVG element with attributes and children.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const el = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) setAttr(el, name, value);
  el.append(...children);
  return el;
}

/**
 * An element of a formula.
 * @param {string} tag
 * @param {...(Node | string)} children
 */
export function math(tag, ...children) {
  const el = document.createElementNS(MATHML, tag);
  el.append(...children);
  return el;
}
