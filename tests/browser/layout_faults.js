/** What is wrong with the layout of the page on show: cut off, overlapping, or too small for a finger. */

/** @typedef {{ top: number, bottom: number, left: number, right: number }} Box */
/** @typedef {{ el: HTMLElement, boxes: Box[] }} SeenText as far as it is seen */

const CONTROLS = "button, a[href], select, summary, textarea, input:not([type=file]), [role=tab], .lg-help";
const WHOLE_CONTROL = "label, [data-baseweb=select], [data-baseweb=input], [data-baseweb=radio]";
const WHOLE_FIELD = "[data-testid=stTextInputRootElement], [data-testid=stNumberInputContainer]";
const TEXTS = ".lg *, :is(h1, h2, h3, p, label, table.settings td)";
const SCROLLED = "option, .lg-filmstrip, .lg-picker-list, .lg-chart-alt, .lg-lines, .lg-marks, .lg-list, "
  + "[data-testid=stSidebar]";

/**
 * @param {string} selector
 * @param {ParentNode} within
 */
const all = (selector, within = document) =>
  /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);

/**
 * @param {Element} el
 * @param {string} selector
 */
const closest = (el, selector) => /** @type {HTMLElement | null} */ (el.closest(selector));

/** @param {Element} el */
function nameOf(el) {
  const words = el.getAttribute("aria-label") || el.textContent?.trim() || el.getAttribute("placeholder") || "";
  const classes = [...el.classList].filter((name) => name.startsWith("lg-"));
  const name = classes.join(".") || el.getAttribute("data-testid") || "";
  return `${el.tagName.toLowerCase()}.${name} "${words.slice(0, 40)}"`;
}

/** @param {HTMLElement} el */
function isSeen(el) {
  const folded = (closest(el, "[data-testid=stSidebar]")?.getBoundingClientRect().width ?? 60) < 60;
  const visible = el.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  return visible && !folded && !el.closest(".lg-sr, svg, .lg-tip");
}

/** What lies over the page, or else all of it. */
function topLayer() {
  const [sidebar] = all("[data-testid=stSidebar]");
  const covers = sidebar?.getBoundingClientRect().width > 60 && innerWidth <= 768;
  return all("[data-testid=stDialog]")[0] ?? (covers ? sidebar : document);
}

function sidewaysScrolls() {
  const faults = [];
  for (const el of [document.documentElement, ...all('[data-testid="stMain"]')]) {
    const { scrollWidth, clientWidth } = el;
    if (scrollWidth > clientWidth) {
      faults.push(`${nameOf(el).slice(0, 20)} scrolls sideways: ${scrollWidth} > ${clientWidth}`);
    }
  }
  return faults;
}

/**
 * What a finger may meet to use a control.
 * @param {HTMLElement} el
 */
function wholeOf(el) {
  return closest(el, WHOLE_CONTROL) ?? (el.matches("input") ? closest(el, WHOLE_FIELD) : null) ?? el;
}

/**
 * Where a finger misses a control although it lands within `least` / 2 pixels of its middle.
 * @param {HTMLElement} el
 * @param {number} least pixels
 */
function missesOf(el, least) {
  const whole = wholeOf(el);
  if (!isSeen(whole) || el.closest('[style*="clip"]')) return [];
  whole.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const { left, top, width, height } = whole.getBoundingClientRect();
  if (width < 2 || height < 2) return [];
  const far = least / 2 - (el.closest(".lg") ? 1 : 2.1);
  const faults = [];
  for (const [dx, dy] of [[-far, 0], [far, 0], [0, -far], [0, far]]) {
    const hit = document.elementFromPoint(left + width / 2 + dx, top + height / 2 + dy);
    if (hit && whole.contains(hit)) continue;
    const size = `${Math.round(width)} x ${Math.round(height)}`;
    const where = `${far} px ${dx ? "left or right of" : "above or below"} its middle`;
    faults.push(`${nameOf(el)} (${size}) is not met ${where}, but ${hit ? nameOf(hit) : "nothing"}`);
  }
  return faults;
}

/**
 * The boxes of an element's own text; none for what is one pixel wide, for those who hear the page.
 * @param {HTMLElement} el
 */
function boxesOf(el) {
  const own = [...el.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim());
  if (!own.length || !isSeen(el) || el.closest(SCROLLED)) return [];
  const range = document.createRange();
  const boxes = own.flatMap((node) => (range.selectNode(node), [...range.getClientRects()]));
  const { left, right } = spanOf(boxes);
  return right - left < 1 || el.offsetWidth === 1 ? [] : boxes;
}

/** @param {Box[]} boxes */
function spanOf(boxes) {
  return {
    left: Math.min(...boxes.map(({ left }) => left)), right: Math.max(...boxes.map(({ right }) => right)),
  };
}

/**
 * The first element around a text that does not show what lies outside of it.
 * @param {HTMLElement} el
 */
function clipOf(el) {
  for (let clip = /** @type {HTMLElement | null} */ (el); clip && clip !== document.body; clip = clip.parentElement) {
    const { overflowX, display } = getComputedStyle(clip);
    if (overflowX !== "visible" && display !== "inline" && display !== "contents") return clip;
  }
  return null;
}

/**
 * What is wrong with a text by itself; its boxes are cut to what is seen of them.
 * @param {SeenText} text
 * @param {boolean} byFinger a mouse shows the rest of a text that is cut off, if it has a title
 */
function faultsOf(text, byFinger) {
  const { el } = text;
  const faults = [];
  const span = spanOf(text.boxes);
  const clip = clipOf(el);
  if (clip) {
    const edge = clip.getBoundingClientRect();
    const whole = span.right <= edge.right + 1 && span.left >= edge.left - 1;
    const shortened = !byFinger && el.closest("[title]");
    if (!whole && !shortened) faults.push(`${nameOf(el)} is cut off by ${nameOf(clip).slice(0, 30)}`);
    span.left = Math.max(span.left, edge.left);
    span.right = Math.min(span.right, edge.right);
  }
  if (span.right > innerWidth + 1 || span.left < -1) {
    faults.push(`${nameOf(el)} leaves the screen: ${Math.round(span.left)} to ${Math.round(span.right)}`);
  }
  const frame = closest(el, "button, .lg-button, .lg-chip")?.getBoundingClientRect();
  if (frame && (span.left < frame.left - 1 || span.right > frame.right + 1)) {
    faults.push(`${nameOf(el)} is wider than its button`);
  }
  text.boxes = text.boxes.map(({ left, right, top, bottom }) =>
    ({ top, bottom, left: Math.max(left, span.left), right: Math.min(right, span.right) }));
  return faults;
}

/**
 * @param {Box} a
 * @param {Box} b
 */
function meet(a, b) {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 2 && height > 4;
}

/** @param {SeenText[]} texts */
function overlaps(texts) {
  return texts.flatMap(({ el, boxes }, i) => texts.slice(i + 1)
    .filter((other) => !el.contains(other.el) && !other.el.contains(el))
    .filter((other) => boxes.some((a) => other.boxes.some((b) => meet(a, b))))
    .map((other) => `${nameOf(el)} overlaps ${nameOf(other.el)}`));
}

/**
 * A sentence for each fault.
 * @param {number} least pixels of a control that a finger needs; 0: the page is used with a mouse
 */
// eslint-disable-next-line no-unused-vars -- test_layout.py calls it
function layoutFaults(least) {
  const top = topLayer();
  const faults = sidewaysScrolls();
  if (least) faults.push(...all(CONTROLS, top).flatMap((el) => missesOf(el, least)));
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  const texts = all(TEXTS, top).map((el) => ({ el, boxes: boxesOf(el) })).filter(({ boxes }) => boxes.length);
  faults.push(...texts.flatMap((text) => faultsOf(text, least > 0)), ...overlaps(texts));
  return [...new Set(faults)];
}
