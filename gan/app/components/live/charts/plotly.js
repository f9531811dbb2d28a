/** Plotly, loaded once a page from our own server. */

/**
 * @typedef {Record<string, unknown>} Change of a layout or of traces, by the names that Plotly gives them
 * @typedef {HTMLElement & { data?: object[], layout: Record<"xaxis" | "yaxis" | "yaxis2",
 *   { range: [number, number] }>,
 *   on: (event: string, listener: (change: Change) => void) => void }} Plot an element that Plotly draws in; `data`
 *   once it has
 * @typedef {object} Plotly what is used of it
 * @property {(plot: Plot, data: object[], layout: object, config: object) => Promise<unknown>} newPlot
 * @property {(plot: Plot, data: object[], layout: object, config: object) => Promise<unknown>} react
 * @property {(plot: Plot, data: Change, layout: Change) => Promise<unknown>} update
 * @property {(plot: Plot, layout: Change) => Promise<unknown>} relayout
 * @property {(plot: Plot) => void} purge
 * @property {{ resize: (plot: Plot) => void }} Plots
 */

/** @type {Promise<Plotly> | null} */
let loading = null;

/**
 * Its evaluation blocks the page, for a quarter of a second on a slow computer: the browser may paint first.
 * @param {string} url of its bundle
 */
export function loadPlotly(url) {
  loading ??= painted().then(() => evaluated(url));
  return loading;
}

const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/**
 * @param {string} url
 * @returns {Promise<Plotly>}
 */
function evaluated(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(/** @type {Window & { Plotly: Plotly }} */ (/** @type {Window} */ (window)).Plotly);
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error("The chart library could not be loaded."));
    };
    document.head.append(script);
  });
}

/**
 * An element for Plotly to draw in.
 * @param {HTMLElement} el
 */
export const asPlot = (el) => /** @type {Plot} */ (el);

/** What both kinds of charts ask of it: no buttons, and sizes and clicks that the page sees to. */
export const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, showTips: false };
