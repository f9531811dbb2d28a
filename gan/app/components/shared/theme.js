/** The colours of Streamlit's theme, for CSS and for the charts. */

/**
 * @typedef {object} Theme
 * @property {string} generator the generator's colour
 * @property {string} discriminator the discriminator's colour
 * @property {boolean} dark
 * @property {string} text the text's colour
 * @property {string} font
 * @property {(share: number) => string} mix the text's colour on the background, as faint as wanted
 */

/**
 * Red, green and blue of any CSS colour, 0 to 255.
 * @param {string} color
 */
function rgb(color) {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) throw new Error("This browser has no canvas.");
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/**
 * Perceived brightness, 0 to 1.
 * @param {number[]} color
 */
const brightness = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b) / 255;

/**
 * Read the theme's variables at `root` and set ours on it: the generator's and the discriminator's colour are the
 * theme's first two chart colours.
 * @param {HTMLElement} root
 * @returns {Theme}
 */
export function applyTheme(root) {
  const style = getComputedStyle(root);
  /** @param {string} name */
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const [generator, discriminator] = read("chart-categorical-colors").split(",").map((color) => color.trim());
  const background = rgb(read("background-color"));
  const text = rgb(read("text-color"));
  const dark = brightness(background) < 0.5;
  root.dataset.scheme = dark ? "dark" : "light";
  root.style.setProperty("--lg-g", generator);
  root.style.setProperty("--lg-d", discriminator);
  root.style.setProperty("--lg-on-accent", brightness(rgb(read("primary-color"))) > 0.55 ? "#111318" : "#ffffff");
  /** @param {number} share */
  const mix = (share) => `rgb(${background.map((b, i) => Math.round(b + (text[i] - b) * share)).join(", ")})`;
  return { generator, discriminator, dark, text: mix(1), font: read("font"), mix };
}
