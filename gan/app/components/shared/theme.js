/** The colours of Streamlit's theme, for CSS and for the charts. */

/** Perceived brightness of a CSS colour, 0 to 1. */
function brightness(color) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

/**
 * Read the theme's variables at `root` and set ours on it: the generator's and the discriminator's colour are the
 * theme's first two chart colours.
 * @param {HTMLElement} root
 */
export function applyTheme(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const [generator, discriminator] = read("chart-categorical-colors").split(",").map((color) => color.trim());
  const dark = brightness(read("background-color")) < 0.5;
  root.dataset.scheme = dark ? "dark" : "light";
  root.style.setProperty("--lg-g", generator);
  root.style.setProperty("--lg-d", discriminator);
  root.style.setProperty("--lg-on-accent", brightness(read("primary-color")) > 0.6 ? "#111318" : "#ffffff");
  return { generator, discriminator, dark, text: read("text-color"), font: read("font") };
}
