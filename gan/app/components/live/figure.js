/** How the two charts look: losses above, the discriminator's accuracy below, over one axis of batches. */

export const MARGIN = { t: 26, r: 10, b: 34, l: 44, pad: 0 };
/** Where each chart lies in the plot area's height, from 0 (bottom) to 1. */
export const DOMAIN = { loss: [0.46, 1], accuracy: [0, 0.36] };

export const ACCURACY_RANGE = [-3, 103];
const EMPTY_RANGE = [0, 1.5];

/** Traces in drawing order: [series, whose colour, axes, smooth?]. Averages lie above the raw lines. */
export const TRACES = [
  { series: "d_loss", tone: "discriminator", yaxis: "y", smooth: false },
  { series: "g_loss", tone: "generator", yaxis: "y", smooth: false },
  { series: "d_real_acc", tone: "discriminator", yaxis: "y2", smooth: false },
  { series: "d_fake_acc", tone: "generator", yaxis: "y2", smooth: false },
  { series: "d_loss", tone: "discriminator", yaxis: "y", smooth: true },
  { series: "g_loss", tone: "generator", yaxis: "y", smooth: true },
  { series: "d_real_acc", tone: "discriminator", yaxis: "y2", smooth: true },
  { series: "d_fake_acc", tone: "generator", yaxis: "y2", smooth: true },
];

const NAMES = {
  d_loss: "Discriminator",
  g_loss: "Generator",
  d_real_acc: "Real images",
  d_fake_acc: "Generated images",
};

/** Line styles of the traces in a theme's colours. */
export function lines(theme) {
  return TRACES.map(({ tone, smooth }) => ({
    color: theme[tone],
    width: smooth ? 2.4 : 1,
    simplify: false,
  }));
}

const opacity = (smooth, dark) => (smooth ? 1 : dark ? 0.32 : 0.28);

/** @param {{dark: boolean}} theme */
export function traces(theme) {
  const style = lines(theme);
  const drawn = TRACES.map(({ series, yaxis, smooth }, i) => ({
    type: "scatter",
    mode: "lines",
    name: NAMES[series],
    x: [],
    y: [],
    yaxis,
    line: style[i],
    opacity: opacity(smooth, theme.dark),
    hoverinfo: smooth ? undefined : "skip",
    hovertemplate: smooth ? (yaxis === "y" ? "%{y:.3f}" : "%{y:.1f} %") : undefined,
  }));
  // The epochs axis needs a trace of its own to be drawn.
  drawn.push({ type: "scatter", mode: "lines", x: [null], y: [null], xaxis: "x2", hoverinfo: "skip" });
  return drawn;
}

/** Colours of axes and texts. */
export function themed(theme) {
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

/** @param {any} theme see theme.js, with `mix(share)`: text colour on background */
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
    yaxis2: { ...axis, domain: DOMAIN.accuracy, range: ACCURACY_RANGE, tickvals: [0, 25, 50, 75, 100], zeroline: false },
  };
}

/**
 * Ticks of the epochs axis: the ends of whole epochs, few enough to be read.
 * @param {number} perEpoch batches in an epoch
 * @param {[number, number]} range of batches in view
 * @param {number} most how many ticks fit
 */
export function epochTicks(perEpoch, range, most) {
  if (!perEpoch) return { tickvals: [], ticktext: [] };
  const rough = (range[1] - range[0]) / perEpoch / most;
  const decade = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map((m) => m * decade).find((s) => s >= rough);
  const first = Math.max(0, Math.floor(range[0] / perEpoch / step) - most);
  const last = Math.ceil(range[1] / perEpoch / step) + most; // beyond the view, for dragging
  const epochs = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { tickvals: epochs.map((epoch) => epoch * perEpoch), ticktext: epochs.map(String) };
}

/**
 * The range of losses to show: zero and all but the rarest values, so that one spike does not flatten the rest.
 * @param {number[][]} lines the raw ones before their averages
 * @param {boolean} whole show the spikes in full
 * @returns {[number, number]}
 */
export function lossRange(lines, whole) {
  const smooth = lines.slice(lines.length / 2).flat();
  const raw = lines.slice(0, lines.length / 2).flat();
  const values = raw.filter(Number.isFinite).sort((a, b) => a - b);
  if (!values.length) return EMPTY_RANGE;
  const rare = whole ? 0 : Math.floor(values.length / 100);
  const averages = smooth.filter(Number.isFinite);
  const least = Math.min(0, values[rare], ...averages);
  const greatest = Math.max(0.1, values[values.length - 1 - rare], ...averages);
  const room = (greatest - least) * 0.06;
  return [least < 0 ? least - room : 0, greatest + room];
}
