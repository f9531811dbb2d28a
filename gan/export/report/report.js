/** Draws the charts of a lab report, and saves it with the notes that were typed into it. */

/**
 * @typedef {object} Drawing
 * @property {object[]} data
 * @property {Record<string, any>} layout
 *
 * @typedef {object} PlotlyOfReports
 * @property {(element: HTMLElement, data: object[], layout: object, config: object) => Promise<unknown>} newPlot
 * @property {(element: HTMLElement) => void} purge
 */

const PRINTED_WIDTH = 680; // px of a chart on paper, between the margins of A4
const LIGHT = { text: "#1c1f26", line: "#d5d8de", background: "#ffffff" };
const DARK = { text: "#e8eaf0", line: "#343a46", background: "#0f1218" };
/** @type {Record<string, string>} */
const IN_THE_DARK = { "#c2410c": "#fb923c", "#0369a1": "#38bdf8", "#6d28d9": "#c4b5fd", [LIGHT.text]: DARK.text };
const BUTTONS = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"];
const dark = matchMedia("(prefers-color-scheme: dark)");
const coarse = matchMedia("(pointer: coarse)"); // a finger on a chart scrolls the page; buttons zoom
const plotly = /** @type {{ Plotly: PlotlyOfReports }} */ (/** @type {unknown} */ (window)).Plotly;
const notes = /** @type {HTMLTextAreaElement} */ (document.querySelector("#notes"));
const printed = /** @type {HTMLElement} */ (document.querySelector(".notes-in-print"));

/** @returns {Record<string, Drawing>} */
const drawings = () => JSON.parse(document.querySelector("#figures")?.textContent ?? "{}");

/**
 * A drawing in the colours of the dark theme.
 * @param {unknown} value
 * @returns {unknown}
 */
function darkened(value) {
  if (typeof value === "string") return IN_THE_DARK[value] ?? value;
  if (Array.isArray(value)) return value.map(darkened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, darkened(item)]));
}

/**
 * The layout for a finger: buttons above the chart, and what the lines mean below it, however many rows it takes.
 * @param {Drawing} drawing
 * @returns {Record<string, any>}
 */
function forFinger({ data, layout }) {
  const named = /** @type {{ showlegend?: boolean }[]} */ (data).filter((trace) => trace.showlegend !== false);
  const below = layout.showlegend !== false && named.length > 1 ? 24 * named.length : 0; // px
  return {
    ...layout,
    height: layout.height + below,
    margin: { ...layout.margin, b: layout.margin.b + below },
    legend: { ...layout.legend, yref: "container", y: 0, yanchor: "bottom" },
  };
}

/**
 * @param {Record<string, any>} layout
 * @param {typeof LIGHT} theme
 * @param {number | undefined} width
 */
function laidOut(layout, theme, width) {
  const axis = { gridcolor: theme.line, zerolinecolor: theme.line, linecolor: theme.line, automargin: true };
  return {
    ...layout,
    width,
    autosize: width === undefined,
    dragmode: coarse.matches ? false : "zoom",
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: { bgcolor: theme.background, bordercolor: theme.line, font: { color: theme.text } },
    font: { color: theme.text, family: "system-ui, sans-serif", size: 13 },
    modebar: { color: theme.text, activecolor: theme.text, bgcolor: "rgba(0,0,0,0)" },
    xaxis: { ...layout.xaxis, ...axis },
    yaxis: { ...layout.yaxis, ...axis },
  };
}

/**
 * Draw all charts.
 * @param {boolean} inDark
 * @param {number} [width] in px; without it, as wide as the page
 */
function draw(inDark, width) {
  for (const [id, drawing] of Object.entries(drawings())) {
    const place = document.getElementById(id);
    if (!place) continue;
    const coloured = /** @type {Drawing} */ (inDark ? darkened(drawing) : drawing);
    const { data } = coloured;
    const layout = coarse.matches && width === undefined ? forFinger(coloured) : coloured.layout;
    const config = {
      responsive: width === undefined, displaylogo: false, modeBarButtons: [BUTTONS],
      displayModeBar: coarse.matches ? true : "hover",
    };
    plotly.purge(place);
    plotly.newPlot(place, data, laidOut(layout, inDark ? DARK : LIGHT, width), config);
  }
}

const drawOnScreen = () => draw(dark.matches);

/**
 * @param {string} text
 * @param {string} type
 * @param {string} filename
 */
function save(text, type, filename) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** This file as it was written, with the notes in it. */
function withNotes() {
  const copy = /** @type {HTMLElement} */ (document.documentElement.cloneNode(true));
  for (const place of copy.querySelectorAll(".chart > div")) {
    place.replaceChildren();
    place.removeAttribute("class");
    place.removeAttribute("style");
  }
  for (const style of copy.querySelectorAll("style[id]")) style.remove(); // Plotly's own, which it makes anew
  const box = copy.querySelector("#notes");
  if (box) box.textContent = notes.value;
  return `<!doctype html>\n${copy.outerHTML}\n`;
}

function showNotesForPrint() {
  printed.textContent = notes.value;
}

document.querySelector("#save-notes")?.addEventListener("click", () => {
  save(withNotes(), "text/html", document.querySelector("main")?.dataset.filename ?? "report.html");
});
document.querySelector("#save-script")?.addEventListener("click", () => {
  const name = document.querySelector("main")?.dataset.run ?? "run";
  save(document.querySelector("#script")?.textContent ?? "", "text/x-python", `${name}.py`);
});
document.querySelector("#print")?.addEventListener("click", () => print());
notes.addEventListener("input", showNotesForPrint);
addEventListener("beforeprint", () => draw(false, PRINTED_WIDTH));
addEventListener("afterprint", drawOnScreen);
dark.addEventListener("change", drawOnScreen);
showNotesForPrint();
drawOnScreen();
