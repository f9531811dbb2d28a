/** Small helpers to build the page with. */

/**
 * An element with properties, attributes and children.
 * @param {string} tag
 * @param {Record<string, any>} [props] `class`, `text`, `on…` listeners; anything else becomes an attribute (false and null: none)
 * @param {...(Node|string|null)} children
 */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") el.textContent = value;
    else if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else el.setAttribute(key, value === true ? "" : value);
  }
  el.append(...children.filter((child) => child !== null));
  return el;
}

/** Change a text only when it differs: assigning the same text again costs a layout. */
export function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/** A sentence as a title shows it, which knows no code. */
export const plain = (sentence) => sentence.replaceAll("`", "");

/** Show a sentence; what stands between backticks is code. */
export function setSentence(el, sentence) {
  if (el.textContent === plain(sentence)) return;
  const parts = sentence.split("`");
  el.replaceChildren(...parts.map((part, i) => (i % 2 ? h("code", { class: "lg-code", text: part }) : part)));
}

/** Set or remove an attribute, touching the page only on a change. */
export function setAttr(el, name, value) {
  const wanted = value === null || value === undefined || value === false ? null : value === true ? "" : String(value);
  if (el.getAttribute(name) === wanted) return;
  if (wanted === null) el.removeAttribute(name);
  else el.setAttribute(name, wanted);
}

/**
 * Switch a control off without taking the keyboard's focus away from it, and say why.
 * @param {HTMLElement} el
 * @param {string|null} reason null switches it on
 */
export function setBlocked(el, reason) {
  setAttr(el, "aria-disabled", reason === null ? null : "true");
  setAttr(el, "title", plain(reason || el.dataset.title || "") || null);
}

/** @param {HTMLElement} el */
export function isBlocked(el) {
  return el.getAttribute("aria-disabled") === "true";
}

/** A button that does nothing while it is blocked. */
export function button(props, ...children) {
  const { onclick, ...rest } = props;
  const el = h("button", { type: "button", ...rest }, ...children);
  if (rest.title) el.dataset.title = rest.title;
  el.addEventListener("click", (event) => {
    if (!isBlocked(el)) onclick(event);
  });
  return el;
}

/** A line icon of 16 x 16 from an SVG path. */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", "aria-hidden": "true", class: "lg-icon" })) {
    svg.setAttribute(key, value);
  }
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}
