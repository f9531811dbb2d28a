/** How the two charts look: losses above, the discriminator's accuracy below, over one axis of batches. */

/** @import { Theme } from "../../shared/theme.js" */

export const MARGIN = { t: 26, r: 10, b: 34, l: 44, pad: 0 };
/** Where each chart lies in the plot area's height, from 0 (bottom) to 1. */
export const DOMAIN = { loss: [0.46, 1], accuracy: [0, 0.36] };

export const ACCURACY_RANGE = [-3, 103];
/** @type {[number, number]} */
const EMPTY_RANGE = [0, 1.5];

const LINES = /** @type {const} */ ([
  { series: "d_loss", tone: "discriminator", yaxis: "y" },
  { series: "g_loss", tone: "generator", yaxis: "y" },
  { series: "d_real_acc", tone: "discriminator", yaxis: "y2" },
  { series: "d_fake_acc", tone: "generator", yaxis: "y2" },
]);
/** Colours of runs to compare with, where there are several: 3 : 1 and more on the backgrounds of both themes. */
export const RUN_COLORS = ["#8b5cf6", "#16a34a", "#db2777", "#a16207", "#0d9488", "#78716c", "#65a30d"];

/**
 * @param {"raw" | "other" | "average"} kind
 * @param {number} [place] of the run among those that are compared with
 */
const tracesOf = (kind, place = 0) => LINES.map((line) => ({ ...line, kind, place }));

/** Traces in drawing order: every batch, the averages of the runs to compare with, and on top the averages. */
export const TRACES = [...tracesOf("raw"), ...RUN_COLORS.flatMap((_, place) => tracesOf("other", place)),
  ...tracesOf("average")];

/**
 * @typedef {object} Compared the runs that are compared with, as the traces show them
 * @property {(string | null)[]} titles by their places; null: no run is there
 * @property {number | null} lit the place of the one that stands out
 */

/** @type {Compared} */
const ALONE = { titles: [], lit: null };

/** @param {Compared} compared */
export const isOneOfMany = ({ titles }) => titles.filter((title) => title !== null).length > 1;

/**
 * A text as Plotly shows it, which takes it for HTML.
 * @param {string} text
 */
export const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const FAINT = 0.2;
const NAMES = {
  d_loss: "Discriminator",
  g_loss: "Generator",
  d_real_acc: "Real images",
  d_fake_acc: "Generated images",
};

const STYLE = {
  raw: { width: 1, dash: "solid" },
  other: { width: 1.7, dash: "5px,3px" },
  average: { width: 2.4, dash: "solid" },
};

/**
 * Line styles of the traces in a theme's colours. One other run has the colours of the networks; several have each
 * their own, and their generators' lines are not dashed.
 * @param {Theme} theme
 * @param {Compared} compared
 */
export function lines(theme, compared = ALONE) {
  const many = isOneOfMany(compared);
  return TRACES.map(({ tone, kind, place }) => {
    const style = { color: theme[tone], simplify: false, ...STYLE[kind] };
    if (kind !== "other" || !many) return style;
    return { ...style, color: RUN_COLORS[place], dash: tone === "generator" ? "solid" : style.dash };
  });
}

/**
 * What the traces are called where the pointer is.
 * @param {Compared} compared
 */
export const names = ({ titles } = ALONE) => TRACES.map(({ series, kind, place }) =>
  (kind === "other" ? `${plain(titles[place] ?? "")}: ${NAMES[series].toLowerCase()}` : NAMES[series]));

/**
 * How opaque the traces are: the run that stands out, if one does, makes all others faint.
 * @param {boolean} dark
 * @param {Compared} compared
 */
export const opacities = (dark, { lit } = ALONE) => TRACES.map(({ kind, place }) => {
  const full = { raw: dark ? 0.32 : 0.28, other: 0.85, average: 1 }[kind];
  return lit === null || (kind === "other" && place === lit) ? full : full * FAINT;
});

/** @param {Theme} theme */
export function traces(theme) {
  const style = lines(theme);
  const called = names();
  const opacity = opacities(theme.dark);
  /** @type {object[]} */
  const drawn = TRACES.map(({ yaxis, kind }, i) => ({
    type: "scatter",
    mode: "lines",
    name: called[i],
    x: [],
    y: [],
    yaxis,
    line: style[i],
    opacity: opacity[i],
    hoverinfo: kind === "raw" ? "skip" : undefined,
    hovertemplate: kind === "raw" ? undefined : yaxis === "y" ? "%{y:.3f}" : "%{y:.1f} %",
  }));
  // The epochs axis needs a trace of its own to be drawn.
  drawn.push({ type: "scatter", mode: "lines", x: [null], y: [null], xaxis: "x2", hoverinfo: "skip" });
  return drawn;
}

/**
 * Colours of axes and texts.
 * @param {Theme} theme
 */
export function themed(theme) {
  /** @param {number} share */
  const ink = (share) => theme.mix(share);
  const axis = {
    gridcolor: ink(0.09),
    zerolinecolor: ink(0.09),
    linecolor: ink(0.25),
    tickcolor: ink(0.25),
    tickfont: { color: ink(0.7), size: 12 },
  };
  return { axis, font: { family: theme.font, color: theme.text, size: 12 }, hover: ink(0.06), hoverLine: ink(0.25) };
}

/** @param {Theme} theme */
export function layout(theme) {
  const { axis, font, hover, hoverLine } = themed(theme);
  return {
    uirevision: "keep",
    showlegend: false,
    margin: MARGIN,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font,
    hovermode: "x unified",
    hoverlabel: { bgcolor: hover, bordercolor: hoverLine, font },
    dragmode: "zoom",
    xaxis: { ...axis, range: [0, 100], anchor: "y2", ticks: "outside", ticklen: 4, zeroline: false, showgrid: false,
      tickformat: ",d", hoverformat: ",d", showspikes: false, nticks: 7, minallowed: 0,
      unifiedhovertitle: { text: "batch %{x:,d}" } },
    xaxis2: { ...axis, matches: "x", overlaying: "x", side: "top", anchor: "y", ticks: "outside", ticklen: 4,
      zeroline: false, gridcolor: axis.gridcolor, tickvals: [], ticktext: [] },
    yaxis: { ...axis, domain: DOMAIN.loss, range: EMPTY_RANGE, nticks: 6, zeroline: false },
    yaxis2: { ...axis, domain: DOMAIN.accuracy, range: ACCURACY_RANGE, tickvals: [0, 25, 50, 75, 100],
      zeroline: false },
  };
}

/**
 * Ticks of the epochs axis: the ends of whole epochs, few enough to be read.
 * @param {number | undefined} perEpoch batches in an epoch
 * @param {[number, number]} range of batches in view
 * @param {number} most how many ticks fit
 */
export function epochTicks(perEpoch, range, most) {
  if (!perEpoch) return { tickvals: /** @type {number[]} */ ([]), ticktext: /** @type {string[]} */ ([]) };
  const rough = (range[1] - range[0]) / perEpoch / most;
  const decade = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map((m) => m * decade).find((s) => s >= rough) ?? 10 * decade;
  const first = Math.max(0, Math.floor(range[0] / perEpoch / step - most));
  const last = Math.ceil(range[1] / perEpoch / step + most); // beyond the view, for dragging
  const epochs = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { tickvals: epochs.map((epoch) => epoch * perEpoch), ticktext: epochs.map(String) };
}

/**
 * The range of losses to show: zero and all but the rarest values, so that one spike does not flatten the rest.
 * @param {(number | null)[][]} y the values of TRACES
 * @param {boolean} whole show the spikes in full
 * @param {number} [headroom] the share of the chart's height that stays free above the curves, for labels
 * @param {number[]} [drawn] losses that a class has drawn
 * @returns {[number, number]}
 */
export function lossRange(y, whole, headroom = 0, drawn = []) {
  /** @param {boolean} raw */
  const losses = (raw) => y.filter((_, i) => TRACES[i]?.yaxis === "y" && (TRACES[i].kind === "raw") === raw).flat()
    .filter((loss) => loss !== null && Number.isFinite(loss)).map(Number);
  const values = losses(true).sort((a, b) => a - b);
  const averages = [...losses(false), ...drawn];
  if (!values.length && !averages.length) return EMPTY_RANGE;
  const rare = whole ? 0 : Math.floor(values.length / 100);
  const least = Math.min(0, values[rare] ?? 0, ...averages);
  const greatest = Math.max(0.1, values[values.length - 1 - rare] ?? 0, ...averages);
  const room = (greatest - least) * 0.06;
  const bottom = least < 0 ? least - room : 0;
  return [bottom, bottom + (greatest + room - bottom) / (1 - headroom)];
}
