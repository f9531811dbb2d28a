/** Small helpers to build the page with. */

/**
 * @typedef {string | number | boolean | null | undefined} Attribute
 *   true: it is set, without a value; false, null and undefined: it is not set
 */

/**
 * @typedef {"alt" | "autocomplete" | "class" | "dir" | "download" | "height" | "hidden" | "href" | "id" | "inputmode"
 *   | "loading" | "max" | "maxlength" | "min" | "placeholder" | "popover" | "role" | "scope" | "spellcheck" | "src"
 *   | "step" | "style" | "tabindex" | "target" | "title"
 *   | "type" | "value" | "width" | `aria-${string}` | `data-${string}`
 * } AttributeName
 */

/**
 * @typedef {{
 *   [Name in keyof HTMLElementEventMap as `on${Name}`]?: (event: HTMLElementEventMap[Name]) => unknown
 * }} Listeners
 */

/**
 * @typedef {{ text?: string } & Listeners & { [Name in AttributeName]?: Attribute }} Props
 *   `text` becomes the element's text, `on…` a listener, anything else an attribute
 */

/**
 * An element with properties, attributes and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === "text") el.textContent = String(value ?? "");
    else if (typeof value === "function") el.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else setAttr(el, key, value);
  }
  el.append(...children.filter((child) => child !== null));
  return el;
}

/**
 * Change a text only when it differs: assigning the same text again costs a layout.
 * @param {Element} el
 * @param {string} text
 */
export function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/**
 * A sentence as a title shows it, which knows no code.
 * @param {string} sentence
 */
export const plain = (sentence) => sentence.replaceAll("`", "");

/**
 * Show a sentence; what stands between backticks is code.
 * @param {Element} el
 * @param {string} sentence
 */
export function setSentence(el, sentence) {
  if (el.textContent === plain(sentence)) return;
  const parts = sentence.split("`");
  el.replaceChildren(...parts.map((part, i) => (i % 2 ? h("code", { class: "lg-code", text: part }) : part)));
}

/**
 * Set or remove an attribute, touching the page only on a change.
 * @param {Element} el
 * @param {string} name
 * @param {Attribute} value
 */
export function setAttr(el, name, value) {
  const wanted = value === null || value === undefined || value === false ? null : value === true ? "" : String(value);
  if (el.getAttribute(name) === wanted) return;
  if (wanted === null) el.removeAttribute(name);
  else el.setAttribute(name, wanted);
}

/**
 * Switch a control off without taking the keyboard's focus away from it, and say why.
 * @param {HTMLElement} el
 * @param {string | null} reason null switches it on
 */
export function setBlocked(el, reason) {
  setAttr(el, "aria-disabled", reason === null ? null : "true");
  setAttr(el, "title", plain(reason || el.dataset.title || "") || null);
}

/** @param {HTMLElement} el */
export function isBlocked(el) {
  return el.getAttribute("aria-disabled") === "true";
}

/**
 * A button that does nothing while it is blocked.
 * @param {Props & { onclick: (event: MouseEvent) => unknown }} props
 * @param {...(Node | string | null)} children
 */
export function button(props, ...children) {
  const { onclick, ...rest } = props;
  const el = h("button", { type: "button", ...rest }, ...children);
  if (rest.title) el.dataset.title = String(rest.title);
  el.addEventListener("click", (event) => {
    if (!isBlocked(el)) onclick(event);
  });
  return el;
}

/**
 * A line icon of 16 x 16.
 * @param {string} path of an SVG
 */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  setAttr(svg, "viewBox", "0 0 16 16");
  setAttr(svg, "aria-hidden", "true");
  setAttr(svg, "class", "lg-icon");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}
