/** A run as it was: its settings and curves at a batch, its relatives, and the messages of its stream. */

/** @import { Mark, Settings } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createSeries } from "../../../gan/app/components/live/charts/series.js";
import { fork } from "../../../gan/app/components/live/comparison/ancestry.js";
import { settingsAt, streamUntil } from "../../../gan/app/components/live/recording/history.js";
import { decode } from "../../../gan/app/components/shared/frames.js";

const TODAY = /** @type {Settings} */ (/** @type {Partial<Settings>} */ ({ lr_g: 0.003, dropout: 0.3, seed: 1 }));
/** @type {Mark[]} */
const MARKS = [
  { batch: 10, knob: "lr_g", label: "", before: 0.001, after: 0.002 },
  { batch: 15, knob: "step_d", label: "", before: null, after: null },
  { batch: 20, knob: "lr_g", label: "", before: 0.002, after: 0.003 },
  { batch: 20, knob: "dropout", label: "", before: 0.5, after: 0.3 },
];

test("a change acts on the batches after its own", () => {
  const rate = [1, 10, 11, 20, 21].map((batch) => settingsAt(TODAY, MARKS, batch).lr_g);
  assert.deepEqual(rate, [0.001, 0.001, 0.002, 0.002, 0.003]);
  assert.deepEqual(settingsAt(TODAY, MARKS, 5), { lr_g: 0.001, dropout: 0.5, seed: 1 });
  assert.equal(TODAY.lr_g, 0.003);
});

test("a stream until a batch has the curves, averages and changes up to there, and follows the batch", () => {
  const series = createSeries();
  series.append(Array.from({ length: 4 * 30 }, (_, i) => i));
  let batch = 12;
  const then = streamUntil({ name: "a", title: "A", run: null, marks: MARKS, version: 3, series }, () => batch);
  assert.equal(then.series.last(), 12);
  assert.equal(then.series.raw("d_loss").x.at(-1), 12);
  assert.deepEqual(then.series.averages(5).x, series.averages(5).x.slice(0, 12));
  assert.equal(then.marks.length, 1);
  const { version } = then;
  batch = 40;
  assert.equal(then.series.last(), 30);
  assert.equal(then.marks.length, 4);
  assert.notEqual(then.version, version);
});

test("where two runs part: at the first ancestor that both have, deleted or not", () => {
  /** @type {[name: string, parent: string | null, at: number | null, created?: number][]} */
  const tree = [["root", null, null], ["low", "root", 4], ["high", "root", 9], ["twig", "low", 6], ["leaf", "twig", 2],
    ["orphan", "gone", 5], ["sister", "gone", 3], ["impostor", null, null, 100], ["heir", "impostor", 7]];
  const runs = new Map(tree.map(([name, parent, at, created], i) =>
    [name, { name, parent, branched_at: at, created: created ?? i }]));
  /** @param {string} a @param {string} b */
  const parted = (a, b) => {
    const [one, other] = [runs.get(a), runs.get(b)];
    assert.ok(one && other);
    return fork(one, other, runs);
  };
  assert.equal(parted("root", "high"), 9);
  assert.equal(parted("low", "high"), 4);
  assert.equal(parted("twig", "high"), 4);
  assert.equal(parted("twig", "low"), 6);
  assert.equal(parted("leaf", "low"), 2);
  assert.equal(parted("leaf", "twig"), 2);
  assert.equal(parted("orphan", "sister"), 3);
  assert.equal(parted("orphan", "root"), null);
  assert.equal(parted("heir", "impostor"), null); // a run that only bears a parent's name is none
  assert.equal(parted("root", "root"), null);
});

test("a message has its header, its numbers and its picture", async () => {
  const png = new Uint8Array([1, 2, 3]);
  const numbers = new Float32Array([0.5, 0.25]);
  const header = { type: "gone", message: "é", blobs: {
    rows: { dtype: "f4", offset: 0, length: 8 }, grid: { dtype: "png", offset: 8, length: 3 },
  } };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil((text.length + 4) / 8) * 8 - 4).fill(32);
  padded.set(text);
  const buffer = new ArrayBuffer(4 + padded.length + 16);
  new DataView(buffer).setUint32(0, padded.length, true);
  const bytes = new Uint8Array(buffer);
  bytes.set(padded, 4);
  bytes.set(new Uint8Array(numbers.buffer), 4 + padded.length);
  bytes.set(png, 4 + padded.length + 8);
  const message = decode(buffer);
  assert.equal(message.header.type === "gone" && message.header.message, "é");
  assert.deepEqual(message.numbers.rows, numbers);
  assert.deepEqual(new Uint8Array(await /** @type {Blob} */ (message.pictures.grid).arrayBuffer()), png);
});
