/** What the charts draw: labels of knob changes, what is in view, ticks and ranges. */

/** @import { Mark } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  RUN_COLORS, TRACES, epochTicks, lines, lossRange, names, opacities, plain,
} from "../../../gan/app/components/live/charts/figure.js";
import {
  grouped, heightOf, labelOf, labelsInView, placed, sentenceOf,
} from "../../../gan/app/components/live/charts/mark_labels.js";
import { axesOf, movedByKey, traceData, wholeRange } from "../../../gan/app/components/live/charts/plot_data.js";
import {
  MOST, added, placed as placesOf, removed, sameRuns,
} from "../../../gan/app/components/live/comparison/places.js";
import { drawnOver } from "../../../gan/app/components/live/charts/drawn_curves.js";
import { drawnLosses, heightOn } from "../../../gan/app/components/live/charts/predictions.js";
import { createSeries } from "../../../gan/app/components/live/charts/series.js";

/**
 * @param {number} batch
 * @param {string} knob
 * @param {string} label
 * @param {number | null} before
 * @param {number | null} after
 * @returns {Mark}
 */
const mark = (batch, knob, label, before, after) => ({ batch, knob, label, before, after });
const G = mark(10, "lr_g", "Generator learning rate", 0.0002, 0.001);
const D = mark(10, "lr_d", "Discriminator learning rate", 0.0002, 0.0005);
const DROPOUT = mark(10, "dropout", "Dropout", 0.5, 0.3);
const LATENT = mark(10, "latent_dim", "Latent size", 100, 2);
/** @param {number} batch */
const step = (batch) => mark(batch, "step_d", "Discriminator only", null, null);

test("one change is told with both values", () => {
  assert.equal(labelOf([G]), "Gen. rate 0.0002 → 0.001");
  assert.equal(sentenceOf([G]), "From batch 11 on. Generator learning rate: 0.0002 → 0.001");
});

test("both learning rates at once are their ratio", () => {
  assert.equal(labelOf([G, D]), "Gen. : Disc. rate → 2 : 1");
  assert.equal(labelOf([G, D, DROPOUT]), "Gen. : Disc. rate → 2 : 1, Dropout → 0.3");
});

test("both learning rates at once in the same ratio as before are what became of both", () => {
  const lowered = [mark(10, "lr_g", "", 0.001, 0.0003), mark(10, "lr_d", "", 0.001, 0.0003)];
  assert.equal(labelOf(lowered), "Both rates → 0.0003");
  assert.equal(labelOf([mark(10, "lr_g", "", 0.002, 0.001), mark(10, "lr_d", "", 0.001, 0.0005)]), "Both rates × 0.5");
});

test("of many changes the label tells the first and how many more there are, the sentence all", () => {
  assert.equal(labelOf([DROPOUT, G, D, LATENT]), "Gen. : Disc. rate → 2 : 1, 2 more");
  assert.match(sentenceOf([{ ...G, by: "Blue 7" }, { ...DROPOUT, by: "Blue 7" }]), / \(Blue 7\)$/);
  assert.equal(sentenceOf([DROPOUT, LATENT]), "From batch 11 on. Dropout: 0.5 → 0.3; Latent size: 100 → 2");
});

test("steps of one network that follow each other are one label", () => {
  const groups = grouped([step(3), step(4), step(5), step(9)]);
  assert.deepEqual(groups.map(labelOf), ["Discriminator only × 3", "Discriminator only"]);
  assert.equal(sentenceOf(groups[0]), "Batches 4 to 6: discriminator only");
});

test("changes of one batch belong together, a step after them does not", () => {
  assert.deepEqual(grouped([G, D, step(11)]).map((group) => group.length), [2, 1]);
});

test("no two labels cover each other, the newest come first, and what finds no room has no row", () => {
  const groups = [1, 2, 3, 4].map((batch) => [{ ...G, batch }]);
  const places = placed(groups, (batch) => batch, { left: 0, right: 1000 });
  assert.deepEqual(places.map(({ row }) => row), [0, 1, 2, -1]);
  assert.equal(places[0].marks[0].batch, 4);
});

test("a label at the right end stays within the charts", () => {
  const [{ start, x }] = placed([[G]], () => 995, { left: 40, right: 1000 });
  assert.ok(start < 1000 - 100);
  assert.equal(x, 995);
});

test("changes that are out of view have no label", () => {
  const inView = labelsInView([G, { ...G, batch: 90 }], (batch) => 10 * batch, { left: 40, right: 500 });
  assert.deepEqual(inView.map(({ x }) => x), [105]);
});

test("the curves stay below the labels: as much of the losses' height is free as these take", () => {
  assert.equal(heightOf([]), 0);
  assert.equal(heightOf([{ row: 0 }, { row: 1 }]), 2 * 19);
  assert.equal(heightOf([{ row: -1 }]), 3 * 19);
  const [, usual] = lossRange(losses([1], [1]), false);
  const [bottom, top] = lossRange(losses([1], [1]), false, 0.25);
  assert.deepEqual([bottom, Number((usual / top).toFixed(9))], [0, 0.75]);
});

test("ticks are whole epochs, few enough to be read, some of them beyond the view", () => {
  const { tickvals, ticktext } = epochTicks(469, [0, 46_900], 8);
  assert.deepEqual(ticktext.slice(0, 3), ["0", "20", "40"]);
  assert.equal(tickvals[1], 20 * 469);
  assert.ok(tickvals[tickvals.length - 1] > 46_900);
  const late = epochTicks(469, [4100, 5018], 4.7); // of a zoomed view
  assert.deepEqual([late.ticktext[0], late.tickvals[0]], ["4", 4 * 469]);
  assert.deepEqual(epochTicks(undefined, [0, 100], 8), { tickvals: [], ticktext: [] });
});

/** @param {number[]} raw @param {number[]} average */
const losses = (raw, average) =>
  TRACES.map(({ yaxis, kind }) => (yaxis !== "y" ? [99] : kind === "raw" ? raw : average));

test("one spike does not flatten the losses, unless whole spikes are asked for", () => {
  const raw = [...Array(200).fill(1), 50];
  assert.ok(lossRange(losses(raw, [1]), false)[1] < 1.2);
  assert.ok(lossRange(losses(raw, [1]), true)[1] > 50);
});

test("losses begin at 0 unless one lies below, and an empty chart has a range, too", () => {
  assert.equal(lossRange(losses([1, 2], [1]), true)[0], 0);
  assert.ok(lossRange(losses([-1, 2], [1]), true)[0] < -1);
  assert.deepEqual(lossRange(losses([], []), false), [0, 1.5]);
});

test("names of runs are no markup for Plotly", () => {
  assert.equal(plain("<b>a & b</b>"), "&lt;b&gt;a &amp; b&lt;/b&gt;");
});

test("one other run has the colours of the networks, several have each their own, by their places", () => {
  const theme = { generator: "#c2410c", discriminator: "#0369a1", dark: false, text: "", font: "", mix: () => "" };
  /** @param {(string | null)[]} titles */
  const colors = (titles) => {
    const drawn = lines(theme, { titles, lit: null });
    return (/** @type {number} */ at) => drawn[TRACES.findIndex(({ kind, place }) => kind === "other" && place === at)];
  };
  assert.equal(colors([null, "b"])(1).color, theme.discriminator);
  assert.deepEqual([0, 2].map((place) => colors(["a", null, "c"])(place).color), [RUN_COLORS[0], RUN_COLORS[2]]);
  assert.equal(colors(["a", "b"])(0).dash, "5px,3px"); // the discriminator's
  assert.ok(names({ titles: ["<i>", "b"], lit: null }).includes("&lt;i&gt;: generator"));
});

test("a run that stands out makes all others faint", () => {
  const of = (/** @type {number | null} */ lit) => opacities(false, { titles: ["a", "b"], lit });
  const full = TRACES.map((one, i) => ({ ...one, before: of(null)[i], after: of(1)[i] }));
  assert.ok(full.every(({ kind, place, before, after }) =>
    (kind === "other" && place === 1 ? after === before : after < before)));
});

test("a run keeps its place while others leave, the next takes the first free one, and seven are the most", () => {
  assert.deepEqual(removed(["a", "b", "c"], "b"), ["a", null, "c"]);
  assert.deepEqual(added(["a", null, "c"], "d"), ["a", "d", "c"]);
  const full = Array.from({ length: MOST }, (_, i) => `run-${i}`);
  assert.equal(added(full, "one more"), full);
  assert.equal(placesOf([...full, "one more"], "run-0").length, MOST);
  assert.deepEqual(placesOf(["a", "b", "a", "here"], "here"), ["a", "b"]);
  assert.ok(sameRuns(["b", "a"], ["a", "b"]) && !sameRuns(["a"], []));
});

/** @param {number} batches */
function recording(batches) {
  const series = createSeries();
  series.append(Array.from({ length: 4 * batches }, (_, i) => i));
  return { name: "a", title: "a", run: null, marks: [], version: 1, series };
}

test("without zoom all runs are in view as a whole, an empty chart shows 50 batches", () => {
  assert.deepEqual(wholeRange([null]), [0, 50]);
  assert.deepEqual(wholeRange([recording(70), null, recording(90)]), [0, 90]);
});

test("the traces have no more points than the pixels can show, and the last is the axis of epochs", () => {
  const stream = recording(5000);
  const data = traceData(stream, { average: stream.series.averages(100), others: [] }, [0, 5000], 200);
  assert.equal(data.x.length, TRACES.length + 1);
  assert.ok(data.x.every((x) => x.length <= 2 * 200 + 4));
  assert.deepEqual(data.x[4], []); // there is no other run
  assert.deepEqual(data.x[TRACES.length], [null]);
});

test("what the user has zoomed or stretched is left as it is", () => {
  const view = { perEpoch: 469, width: 500, headroom: 0, zoomed: false, stretched: false, whole: false };
  const data = traceData(null, { average: null, others: [] }, [0, 50], 500);
  assert.deepEqual(axesOf(data, [0, 50], view)["xaxis.range"], [0, 50]);
  const left = axesOf(data, [0, 50], { ...view, zoomed: true, stretched: true });
  assert.deepEqual(Object.keys(left), ["xaxis2.tickvals", "xaxis2.ticktext"]);
});

test("keys zoom in and out around the middle and move, but not before the first batch", () => {
  assert.deepEqual(movedByKey("+", [0, 100]), [25, 75]);
  assert.deepEqual(movedByKey("-", [100, 200]), [50, 250]);
  assert.deepEqual(movedByKey("ArrowRight", [0, 100]), [20, 120]);
  assert.deepEqual(movedByKey("ArrowLeft", [0, 100]), [0, 100]);
  assert.equal(movedByKey("a", [0, 100]), null);
});

/** @type {import("../../../gan/app/components/types.d.ts").ClassQuestion} */
const QUESTION = {
  id: "1", kind: "curve", ask: "How?", choices: [], seconds: 60, closes: 60, left: 0, open: false, shown: true,
  names: false, known: false, told: false, right: null, because: "",
  axes: { run: "demo", title: "Demo", metric: "g_loss", label: "", from_batch: 100, to_batch: 500, low: 0, high: 9,
    before: [] },
};
const ANSWERS = { id: "1", count: 1, tally: [], people: [],
  entries: [{ value: /** @type {[number, number][]} */ ([[100, 2], [500, 8]]), name: null, nearest: true }] };

test("what a class has drawn is shown over the run that it is about, once the answers are shown", () => {
  const drawn = drawnOver(QUESTION, ANSWERS, "demo");
  const lines = [{ line: [[100, 2], [500, 8]], nearest: true }];
  assert.deepEqual(drawn, { series: "g_loss", start: 100, end: 500, lines });
  assert.equal(drawnOver(QUESTION, ANSWERS, "other"), null);
  assert.equal(drawnOver({ ...QUESTION, shown: false }, ANSWERS, "demo"), null);
  assert.equal(drawnOver(QUESTION, { ...ANSWERS, id: "2" }, "demo"), null);
  assert.equal(drawnOver(null, null, "demo"), null);
  assert.equal(drawnOver(QUESTION, ANSWERS, "demo", true), null); // a loss has no place in the chart of the FID
});

test("the charts make room for what a class has drawn", () => {
  const losses = drawnLosses(drawnOver(QUESTION, ANSWERS, "demo"));
  assert.ok(lossRange([], false, 0, losses)[1] > 8);
  assert.deepEqual(drawnLosses(null), []);
  assert.deepEqual(wholeRange([], { start: 100, end: 500 }), [0, 500]);
  assert.deepEqual(wholeRange([], { start: 20_000, end: 20_400 }), [19_200, 20_400], "late in a run, too");
});

test("a drawn loss lies in the upper chart, a drawn accuracy in the lower one", () => {
  /** @type {Record<"yaxis" | "yaxis2", { range: [number, number] }>} */
  const layout = { yaxis: { range: [0, 10] }, yaxis2: { range: [0, 100] } };
  const area = { left: 0, right: 100, top: 0, bottom: 100 };
  assert.equal(heightOn("g_loss", layout, area)(10), 0);
  assert.equal(heightOn("d_fake_acc", layout, area)(0), 100);
  assert.equal(heightOn("d_fake_acc", layout, area)(100), 64);
});
