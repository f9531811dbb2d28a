/** What each stage shows: its images, its numbers, its loss. */

/** @import { InkGradient, ParameterGradient, ParameterUpdate } from "../../../types.d.ts" */
/** @import { Stage, StageFigures, TracedBatch } from "../../../types.d.ts" */

import { h } from "../../../shared/dom.js";
import { count, figure, value } from "../../../shared/format.js";
import { logitStrip, mean } from "./logit_strip.js";
import { logitsOf, lossCurve, signed } from "./loss_curve.js";
import { lossFormula } from "./loss_formula.js";
import { cells, diverging, droppedUnits, grey, pictures } from "./pictures.js";
import { boundaryOf } from "./texts.js";

/** @typedef {Stage["name"]} Name */
/** @typedef {(string | Node | null)[]} Body */

/**
 * The figures of a stage; null if the batch did not reach it.
 * @template {Name} N
 * @param {TracedBatch} trace
 * @param {N} name
 */
function shownIn(trace, name) {
  const found = trace.stages.find((stage) => stage.name === name);
  return /** @type {StageFigures[N] | null} */ (found?.shown ?? null);
}

/** @param {number[]} shape */
const times = (shape) => shape.map(count).join(" × ");

/**
 * @param {string} name
 * @param {number[]} shape
 * @param {string} meaning
 */
const tensor = (name, shape, meaning) =>
  h("p", {}, h("code", { class: "lg-code", text: `${name}: ${times(shape)}` }), ` ${meaning}`);

/** @type {{ [N in Name]: (trace: TracedBatch, shown: StageFigures[N]) => Body }} */
const BODIES = {
  inputs: (_, { real, real_shape: shape, z_shape: z, noise, labels }) => [
    tensor("real", shape, "images × grey values × rows × columns; here are the first."),
    pictures(real, grey, "The first real images of this batch", labels?.map(String)),
    tensor("z", z, `rows of noise × numbers; here are the first ${noise.length} rows, `
      + `${noise[0].length} numbers of each (blue: above 0, orange: below).`),
    cells(noise, `Noise; the first row begins ${noise[0].slice(0, 3).map((x) => signed(x)).join(", ")}`),
  ],
  extra_d: (_, shown) => extra(shown.losses, "D loss"),
  extra_g: (_, shown) => extra(shown.losses, "G loss"),
  fakes: (trace, { fake, shape, low, high, dropped }) => [
    tensor("fake", shape, `one image for each row of noise; grey values from ${signed(low)} to ${signed(high)}.`),
    pictures(fake, grey, "The first fake images of this batch", shownIn(trace, "inputs")?.labels?.map(String)),
    droppedUnits(dropped, "the first fake image"),
  ],
  d_logits(trace, { real, fake, dropped_real: offForReal, dropped_fake: offForFake }) {
    const boundary = boundaryOf(trace.settings.loss);
    const caption = (/** @type {number[]} */ logits) => logits.slice(0, 16).map((x) => signed(x).slice(0, 5));
    return [
      logitStrip([
        { name: "real images", ink: "real", logits: real }, { name: "fake images", ink: "fake", logits: fake },
      ], boundary),
      h("p", { text: boundary === null
        ? `The real image got the higher logit in ${share(real, (x, i) => x > fake[i])} of the pairs.`
        : `${share(real, (x) => x > boundary)} of the real images are taken for real, `
          + `${share(fake, (x) => x > boundary)} of the fake ones, too.` }),
      ...titled("Real images with their logits", shownIn(trace, "inputs")?.real ?? "", caption(real)),
      ...titled("Fake images with their logits", shownIn(trace, "fakes")?.fake ?? "", caption(fake)),
      droppedUnits(offForReal, "the first real image"),
      droppedUnits(offForFake, "the first fake image"),
    ];
  },
  d_loss: (trace, { loss, terms }) => lossBody("D", trace, loss, terms, shownIn(trace, "d_logits")),
  d_rests: () => [],
  g_rests: () => [],
  d_gradients: (_, { parameters }) => [gradients(parameters)],
  d_penalty: (_, { parameters }) => [gradients(parameters)],
  d_gradient_penalty: (_, { parameters, norm }) => [
    h("p", { text: `The score's gradient by the pixels has a mean length of ${norm.toPrecision(3)}; the goal is 1.` }),
    gradients(parameters),
  ],
  d_update: (trace, { parameters }) => [updates(parameters, trace.settings.lr_d)],
  d_clip: (_, { clip, clipped, of }) => [
    h("p", { text: `${count(clipped)} of ${count(of)} weights stand at the limit of ${clip} now.` }),
  ],
  g_logits(trace, { fake }) {
    const before = shownIn(trace, "d_logits")?.fake ?? fake;
    const captions = fake.slice(0, 16).map((x, i) => `${signed(before[i]).slice(0, 5)} → ${signed(x).slice(0, 5)}`);
    return [
      logitStrip([
        { name: "fake, before", ink: "fake", logits: before }, { name: "fake, now", ink: "fake", logits: fake },
      ], boundaryOf(trace.settings.loss)),
      h("p", { text: `Their mean logit goes from ${signed(mean(before))} to ${signed(mean(fake))}.` }),
      ...titled("Fake images with their logits before and now", shownIn(trace, "fakes")?.fake ?? "", captions),
    ];
  },
  g_loss(trace, { loss, terms }) {
    const judged = shownIn(trace, "g_logits");
    const real = judged?.real ?? shownIn(trace, "d_logits")?.real ?? [];
    return lossBody("G", trace, loss, terms, { real, fake: judged?.fake ?? [] });
  },
  g_gradients: (_, { parameters, ink }) => [
    ...(ink ? inkOf(ink) : []), gradients(parameters),
  ],
  g_update: (trace, { parameters }) => [updates(parameters, trace.settings.lr_g)],
  metrics: (_, shown) => [h("dl", { class: "lg-step-metrics" },
    ...[["D loss", figure(shown.d_loss, 4)], ["G loss", figure(shown.g_loss, 4)],
      ["real images read right", `${figure(shown.d_real_acc, 1)} %`],
      ["fake images read right", `${figure(shown.d_fake_acc, 1)} %`],
    ].map(([name, text]) => h("div", {}, h("dt", { text: name }), h("dd", { text }))))],
};

/**
 * @param {TracedBatch} trace
 * @param {Stage} stage
 * @returns {Body}
 */
export function bodyOf(trace, stage) {
  const body = /** @type {(trace: TracedBatch, shown: Stage["shown"]) => Body} */ (BODIES[stage.name]);
  return body(trace, stage.shown);
}

/**
 * Images below a line that says what they are.
 * @param {string} what
 * @param {string} packed
 * @param {string[]} captions
 */
const titled = (what, packed, captions) => [
  h("p", { class: "lg-step-what", text: `${what}:`, "aria-hidden": "true" }), pictures(packed, grey, what, captions),
];

/** @param {InkGradient} ink */
const inkOf = (ink) => [
  pictures(ink.pixels, diverging, "Where more or less ink would make the first fake images look more real"),
  h("p", { class: "lg-muted", text: `The largest gradient of a pixel is ${value(ink.largest, 3)}; an image's is `
    + `${value(ink.norm, 3)} long on average. If these vanish, so does all that the generator can learn.` }),
];

/**
 * @param {number[]} losses
 * @param {string} name
 */
const extra = (losses, name) =>
  [h("ol", {}, ...losses.map((x) => h("li", { text: `${name} ${figure(x, 4)}` })))];

/**
 * @param {number[]} logits
 * @param {(x: number, i: number) => boolean} counts
 */
const share = (logits, counts) => `${figure((100 * logits.filter(counts).length) / logits.length, 1)} %`;

/**
 * @param {"D" | "G"} side
 * @param {TracedBatch} trace
 * @param {number} loss
 * @param {import("../../../types.d.ts").LossTerm[]} terms
 * @param {{ real: number[], fake: number[] } | null} logits
 * @returns {Body}
 */
function lossBody(side, { settings }, loss, terms, logits) {
  if (!terms.length) return [h("p", { text: `The code was changed, and its loss is ${figure(loss, 4)}.` })];
  const plots = logits ? terms.map((term) => lossCurve(term, logitsOf(term.of, logits))) : [];
  return [lossFormula(side, settings.loss, loss, terms), h("div", { class: "lg-step-plots" }, ...plots)];
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
const table = (head, rows) =>
  h("div", { class: "lg-step-table", tabindex: 0, role: "region", "aria-label": "By layer" }, h("table", {},
    h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { text, scope: "col" })))),
    h("tbody", {}, ...rows.map(([name, ...cells]) => h("tr", {}, h("th", { text: name, scope: "row" }),
      ...cells.map((text) => h("td", { text })))))));

/** @param {ParameterGradient[]} parameters */
const gradients = (parameters) => h("div", {}, h("p", { class: "lg-muted", text: "Size: the length (norm) of a layer's "
  + "gradient as a vector; largest: of a single weight." }), table(
  ["layer", "shape", "size", "largest"],
  parameters.map((p) => [p.name, times(p.shape), value(p.gradient, 3), value(p.largest, 3)])));

/**
 * @param {ParameterUpdate[]} parameters
 * @param {number} rate
 */
function updates(parameters, rate) {
  const rows = parameters.map(({ name, update, weights, example: { before, gradient, after } }) => [
    name, value(update, 3), weights ? `1 / ${count(weights / update)}` : "–",
    `${figure(before, 5)} → ${figure(after, 5)}`.replaceAll("-", "−"), signed(gradient)]);
  return h("div", {},
    h("p", { text: `The learning rate is ${value(rate)}. As a guide, an update of about 1/1,000 of the weights is `
      + "healthy. Of each layer one weight is shown, the one with the largest gradient." }),
    table(["layer", "size of update", "of the weights", "one weight", "its gradient"], rows));
}
