/**
 * The whole game in one drawing: data flows from the noise and the real images to the two losses, and dashed arrows
 * carry the updates back. Whatever one points at says what it does; a knob lights the parts that it acts on.
 */

/** @import { Settings } from "../../../types.d.ts" */
/** @import { PartName } from "./game_parts.js" */
/** @import { LayerShape } from "./networks.js" */

import { button, h, setAttr, setText } from "../../../shared/dom.js";
import { outputMeaning, outputText, outputValue } from "../../../playground/engine/discriminator_output.js";
import { count, figure, value } from "../../../shared/format.js";
import { createFlows } from "./flows.js";
import { PARTS } from "./game_parts.js";
import { parametersOf } from "./networks.js";
import { PIXELS, paintGreys } from "./pixels.js";

/**
 * @typedef {object} Game what the server says of one moment (gan/views/overview.py)
 * @property {Float32Array} noise a row for each image
 * @property {Uint8Array} fake
 * @property {Uint8Array} real
 * @property {Float32Array | undefined} fake_outputs
 * @property {Float32Array | undefined} real_outputs
 * @property {Record<"g" | "d", LayerShape[]>} layers
 *
 * @typedef {object} Play
 * @property {Settings} settings
 * @property {"both" | "g" | "d" | "none"} learns which networks are learning
 * @property {string} when which moment it is, in words
 * @property {Record<"d_loss" | "g_loss" | "d_real_acc" | "d_fake_acc", number> | null} averages over the last batches
 */

const SHOWN = 4; // images of each kind
const HINT = "Tap a part, or point at it, to read what it does; a knob of the steering panel shows where it acts.";

/** @param {(leads: string) => void} open goes to a tab or a card */
export function createOverview(open) {
  const nodes = createNodes(point, lead);
  const flows = createFlows(nodes.boxes);
  const sentence = h("p", { class: "lg-flowchart-sentence", role: "status", text: HINT });
  const when = h("span", { class: "lg-muted" });
  const stage = h("div", { class: "lg-flowchart" }, flows.el, ...Object.values(nodes.boxes));
  const el = h("section", { class: "lg-card", "aria-label": "The whole game" },
    h("div", { class: "lg-card-head" }, h("h2", { class: "lg-title", text: "The whole game" }), when),
    h("p", { class: "lg-muted", text: "Two networks play against each other: one makes fake images, the other tries "
      + "to tell them from real ones, and each learns from how well it did." }),
    stage, sentence);
  const resized = new ResizeObserver(() => flows.draw());
  resized.observe(stage);

  /** @type {PartName | null} */
  let touched = null;

  /** @param {PartName | null} name */
  function point(name) {
    light(name ? [name] : [], name ? `${PARTS[name].title}: ${PARTS[name].sentence}` : HINT);
  }

  /**
   * Go where a part leads; a finger, which cannot point, does so with its second tap.
   * @param {PartName} name
   * @param {MouseEvent} event
   */
  function lead(name, event) {
    const first = "pointerType" in event && event.pointerType === "touch" && touched !== name;
    touched = first ? name : null;
    if (!first) return open(PARTS[name].leads);
    light([name], `${PARTS[name].title}: ${PARTS[name].sentence} (Tap again: ${PARTS[name].link.toLowerCase()}.)`);
  }

  /**
   * @param {PartName[]} names
   * @param {string} text
   */
  function light(names, text) {
    for (const [name, box] of Object.entries(nodes.boxes)) {
      setAttr(box, "data-lit", names.includes(/** @type {PartName} */ (name)));
    }
    setText(sentence, text);
  }

  return {
    el,
    /**
     * Light the parts on which a knob acts.
     * @param {PartName[]} names none: all are as usual
     * @param {string} text
     */
    light: (names, text) => light(names, text || HINT),
    /**
     * @param {Game} game
     * @param {Settings["loss"]} loss
     */
    showGame: (game, loss) => showGame(nodes, game, loss),
    /** @param {Play} play */
    showPlay(play) {
      setAttr(stage, "data-learns", play.learns);
      setText(when, play.when);
      showPlay(nodes, play);
    },
    destroy: () => resized.disconnect(),
  };
}

/**
 * @param {(name: PartName | null) => void} point
 * @param {(name: PartName, event: MouseEvent) => void} lead
 */
function createNodes(point, lead) {
  /** @type {Record<string, HTMLElement>} */
  const texts = {};
  /** @type {Record<string, HTMLCanvasElement[]>} */
  const pictures = {};
  /** @type {Record<string, HTMLElement>} */
  const notes = {};
  const boxes = /** @type {Record<PartName, HTMLElement>} */ ({});
  for (const [key, part] of Object.entries(PARTS)) {
    const name = /** @type {PartName} */ (key);
    texts[name] = h("span", { class: "lg-part-text" });
    notes[name] = h("span", { class: "lg-part-text" });
    pictures[name] = ["noise", "fake", "real"].includes(name)
      ? Array.from({ length: SHOWN }, () => h("canvas", { class: "lg-part-picture", width: 1, height: 1 })) : [];
    boxes[name] = button({
      class: `lg-part ${part.tone ? `lg-tone-${part.tone}` : ""}`, "data-part": name, title: part.link,
      onclick: (event) => lead(name, event), onmouseenter: () => point(name), onmouseleave: () => point(null),
      onfocus: () => point(name), onblur: () => point(null),
    }, h("b", { class: "lg-part-title", text: part.title }),
    pictures[name].length ? h("span", { class: "lg-part-pictures", "aria-hidden": "true" }, ...pictures[name]) : null,
    texts[name], notes[name]);
  }
  return { boxes, texts, notes, pictures };
}

/** @typedef {ReturnType<typeof createNodes>} Nodes */

/**
 * @param {Nodes} nodes
 * @param {Game} game
 * @param {Settings["loss"]} loss
 */
function showGame({ texts, pictures }, game, loss) {
  const latent = game.noise.length / SHOWN;
  const columns = Math.ceil(Math.sqrt(latent));
  pictures.noise.forEach((canvas, i) => {
    const z = game.noise.subarray(i * latent, (i + 1) * latent);
    paintGreys(canvas, Array.from(z, (x) => 128 + 50 * x), columns);
  });
  for (const kind of /** @type {const} */ (["fake", "real"])) {
    pictures[kind].forEach((canvas, i) => paintGreys(canvas, game[kind].subarray(i * PIXELS, (i + 1) * PIXELS)));
  }
  setText(texts.noise, `${count(latent)} numbers an image`);
  setText(texts.generator, `${count(parametersOf(game.layers.g))} weights`);
  setText(texts.discriminator, `${count(parametersOf(game.layers.d))} weights`);
  setText(texts.outFake, outputsText(game.fake_outputs, loss));
  setText(texts.outReal, outputsText(game.real_outputs, loss));
}

/**
 * @param {Float32Array | undefined} outputs
 * @param {Settings["loss"]} loss
 */
function outputsText(outputs, loss) {
  if (!outputs) return "not kept of this epoch";
  const meaning = outputMeaning(loss);
  const unit = meaning.kind === "probability" ? " % real" : "";
  const texts = [...outputs].map((x) => outputText(meaning, outputValue(meaning, x)).replace(unit, ""));
  return texts.join(" · ") + unit;
}

/**
 * @param {Nodes} nodes
 * @param {Play} play
 */
function showPlay({ texts, notes }, { settings, averages }) {
  const [fakes, reals] = settings.loss === "relativistic" ? ["below their real one", "above their fake one"]
    : ["called fake", "called real"];
  const aims = aimsOf(settings);
  setText(texts.lossG, averages ? figure(averages.g_loss) : "–");
  setText(texts.lossD, averages ? figure(averages.d_loss) : "–");
  setText(notes.lossG, aims.g);
  setText(notes.lossD, aims.d);
  setText(texts.updateG, `learning rate ${value(settings.lr_g)}${times(settings.g_steps)}`);
  setText(texts.updateD, `learning rate ${value(settings.lr_d)}${times(settings.d_steps)}`);
  setText(notes.outFake, averages ? `${Math.round(averages.d_fake_acc)} % are ${fakes}` : "");
  setText(notes.outReal, averages ? `${Math.round(averages.d_real_acc)} % are ${reals}` : "");
}

/**
 * Where each network's loss wants the outputs.
 * @param {Settings} settings
 */
function aimsOf({ loss, label_smoothing: smoothing }) {
  if (loss === "wasserstein") return { g: "wants fakes high", d: "wants real ones high, fakes low" };
  if (loss === "relativistic") return { g: "wants fakes above real ones", d: "wants real ones above fakes" };
  const at = (/** @type {number} */ x) => (loss === "least-squares" ? value(x, 3) : `${value(100 * x, 3)} %`);
  return { g: `wants fakes at ${at(1)}`, d: `wants real ones at ${at(1 - smoothing)}, fakes at ${at(0)}` };
}

/** @param {number} steps */
const times = (steps) => (steps > 1 ? `, ${steps} times a batch` : "");
