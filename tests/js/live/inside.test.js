/** The tab "Inside": where knobs act, arrows, layers to scale, units of a layer, and figures over batches. */

/** @import { Settings } from "../../../gan/app/components/types.d.ts" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrow } from "../../../gan/app/components/live/views/inside/arrows.js";
import { FLOWS, PARTS, partsOfKnob } from "../../../gan/app/components/live/views/inside/game_parts.js";
import {
  linesOf, momentsOnTheWay, sharesOnTheWay, sourceOf, withMoment,
} from "../../../gan/app/components/live/views/inside/health.js";
import { learnersOf } from "../../../gan/app/components/live/views/inside/inside.js";
import { decades, scaleOf } from "../../../gan/app/components/live/views/inside/log_chart.js";
import { parametersOf, placed } from "../../../gan/app/components/live/views/inside/networks.js";
import { signed } from "../../../gan/app/components/live/views/inside/pixels.js";
import { nearest } from "../../../gan/app/components/live/views/inside/unit_detail.js";
import { changed, unitsOfLayer } from "../../../gan/app/components/live/views/inside/units.js";
import { deadByLayer } from "../../../gan/app/components/live/views/inside/units_head.js";

/** @type {Pick<Settings, "dropout_in">} */
const LECTURE = { dropout_in: "both" };

test("a learning rate acts on its own network and its update", () => {
  assert.deepEqual(partsOfKnob("lr_g", LECTURE), ["generator", "updateG"]);
  assert.deepEqual(partsOfKnob("lr_d", LECTURE), ["discriminator", "updateD"]);
});

test("dropout acts where the run has it", () => {
  assert.deepEqual(partsOfKnob("dropout", LECTURE), ["generator", "discriminator"]);
  assert.deepEqual(partsOfKnob("dropout", { dropout_in: "discriminator" }), ["discriminator"]);
});

test("knobs of an optimiser and numbers of steps act on the update of their side", () => {
  for (const knob of ["beta1_g", "beta2_g", "momentum_g", "g_steps"]) {
    assert.deepEqual(partsOfKnob(knob, LECTURE), ["updateG"]);
  }
  for (const knob of ["beta1_d", "momentum_d", "d_steps"]) assert.deepEqual(partsOfKnob(knob, LECTURE), ["updateD"]);
});

test("epochs and speed act on no part", () => {
  for (const knob of ["epochs", "seconds", "pace"]) assert.deepEqual(partsOfKnob(knob, LECTURE), []);
});

test("every part takes part in the flow, and both updates go back to their networks", () => {
  const named = new Set(FLOWS.flatMap((flow) => [flow.from, flow.to]));
  assert.deepEqual([...named].sort(), Object.keys(PARTS).sort());
  const back = FLOWS.filter((flow) => flow.from.startsWith("update")).map((flow) => flow.to);
  assert.deepEqual(back, ["generator", "discriminator"]);
});

test("an arrow leaves in the middle of an edge and ends just before the other box", () => {
  const from = { x: 0, y: 0, width: 10, height: 20 };
  const to = { x: 110, y: 40, width: 10, height: 20 };
  const d = arrow(from, to, ["right", "left"]);
  assert.match(d, /^M10 10C/);
  assert.match(d, / 103 50$/);
});

test("layers stand from left to right, as tall as they have units", () => {
  const layers = [
    { inputs: 100, outputs: 128, parameters: 12_928, normalised: false },
    { inputs: 128, outputs: 784, parameters: 101_136, normalised: false },
  ];
  const [noise, hidden, image] = placed(layers, 784);
  assert.ok(noise.x < hidden.x && hidden.x < image.x);
  assert.ok(Math.abs(hidden.height / image.height - 128 / 784) < 1e-9);
  assert.equal(parametersOf(layers), 114_064);
});

test("the units of a layer stand behind those of the layers before it", () => {
  const layers = [3, 2, 1].map((outputs) => ({ inputs: 5, outputs, parameters: 1, normalised: false }));
  const activations = Float32Array.of(1, 2, 3, 4, 5);
  const arrays = { activations, active: activations };
  assert.deepEqual([...unitsOfLayer(layers, 1, arrays).activations], [4, 5]);
  assert.deepEqual([...unitsOfLayer(layers, 0, arrays).activations], [1, 2, 3]);
});

test("a unit is on a page of its layer, and another page, layer or network has other units", () => {
  const choice = { side: /** @type {"g" | "d"} */ ("g"), image: 3, real: false, layer: 1, first: 256, unit: 300 };
  assert.deepEqual(changed(choice, { unit: 255 }), { ...choice, first: 0, unit: 255 });
  assert.deepEqual(changed(choice, { first: 512 }), { ...choice, first: 512, unit: null });
  assert.deepEqual(changed(choice, { layer: 0 }), { ...choice, layer: 0, first: 0, unit: null });
  assert.deepEqual(changed(choice, { side: "d" }), { ...choice, side: "d", layer: null, first: 0, unit: null });
  assert.deepEqual(changed(choice, { image: 4 }), { ...choice, image: 4 });
});

test("units that were never active are counted layer by layer", () => {
  const layers = [3, 2, 1].map((outputs) => ({ inputs: 5, outputs, parameters: 1, normalised: false }));
  assert.deepEqual(deadByLayer(layers, Float32Array.of(0, 0.5, 0, 1, 0)), [{ dead: 2, of: 3 }, { dead: 1, of: 2 }]);
});

test("zero is black, the largest weights are in full colour", () => {
  assert.deepEqual(signed(128), [0, 0, 0]);
  assert.deepEqual(signed(255), [255, 150, 40]);
  assert.deepEqual(signed(1), [64, 156, 255]);
});

test("a logarithmic scale reaches over whole decades", () => {
  assert.deepEqual(decades([0.002, 0.03]), [-3, -1]);
  assert.deepEqual(decades([0.1]), [-1, 0]);
  const scale = scaleOf([0, 100], [-3, -1], 456);
  assert.equal(scale.x(50), (scale.x(0) + scale.x(100)) / 2);
  assert.ok(Math.abs(scale.y(1e-2) - (scale.y(1e-1) + scale.y(1e-3)) / 2) < 1e-9);
});

test("moments stay in the order of their batches, and a moment that comes again replaces itself", () => {
  const moments = [{ batch: 1, n: 1 }, { batch: 9, n: 2 }];
  assert.deepEqual(withMoment(moments, { batch: 5, n: 3 }).map((each) => each.n), [1, 3, 2]);
  assert.deepEqual(withMoment(moments, { batch: 9, n: 4 }).map((each) => each.n), [1, 4]);
  let many = /** @type {{ batch: number }[]} */ ([]);
  for (let batch = 0; batch < 2000; batch++) many = withMoment(many, { batch });
  assert.ok(many.length <= 500);
  assert.equal(many[many.length - 1].batch, 1999);
});

test("every layer of both networks has a line, with a gap where a figure is not known", () => {
  const layer = { weights: 1, gradient: 0.5, update: null, ratio: null };
  const lines = linesOf([{ batch: 7, layers: { g: [layer, layer], d: [layer] }, image_gradient: 1 }], "ratio");
  assert.deepEqual(lines.map((line) => line.name),
    ["Generator layer 1", "Generator layer 2", "Discriminator layer 1"]);
  assert.deepEqual(lines[0].points, [{ x: 7, y: null }]);
});

test("both networks learn while a run trains, and one after a step of its own", () => {
  assert.equal(learnersOf({ state: "running", batch: 9 }, []), "both");
  assert.equal(learnersOf({ state: "paused", batch: 9 }, []), "none");
  assert.equal(learnersOf({ state: "paused", batch: 9 }, [{ batch: 8, knob: "step_d" }]), "d");
  assert.equal(learnersOf({ state: "paused", batch: 9 }, [{ batch: 7, knob: "step_d" }]), "none");
});

test("what was measured on the way comes layer by layer, and its shares as lines", () => {
  const some = new Float32Array([1, 0.5, 2, 0.25, 4, 0.75, -1, 0.25, 8, 1, 9, 1, 5, 0.5, -1, 0.125]);
  const numbers = { batches: new Float64Array([47, 94]), sizes: some };
  assert.deepEqual(momentsOnTheWay({ g: 1, d: 1 }, numbers)[0], {
    batch: 47, image_gradient: 4,
    layers: { g: [{ gradient: 1, ratio: 0.5 }], d: [{ gradient: 2, ratio: 0.25 }] },
  });
  const shares = sharesOnTheWay({ g: 1, d: 1 }, numbers); // no image is unseen
  assert.deepEqual(shares.map(({ name, points }) => [name, points.map(({ x, y }) => [x, y])]),
    [["Training images", [[47, 0.75], [94, 0.5]]], ["Generated images", [[47, 0.25], [94, 0.125]]]]);
});

test("where the health of gradients comes from is said", () => {
  const health = /** @type {Parameters<typeof sourceOf>[0]} */ ({ way: null, recorded: null });
  assert.match(sourceOf(health), /keeps no health/);
  assert.match(sourceOf({ ...health, way: { g: 2, d: 2 } }), /their ends are now/);
  assert.match(sourceOf({ ...health, way: { g: 2, d: 2 }, recorded: 1234 }), /last after batch 1,234/);
});

test("a unit that is turned begins where it is", () => {
  assert.equal(nearest([0, 0.5, 1, 1.5], 0.6), 1);
  assert.equal(nearest([0, 0.5, 1], -0.1), 0);
  assert.equal(nearest([0, 0, 0], 1), 0); // a dead unit has one level alone
});
