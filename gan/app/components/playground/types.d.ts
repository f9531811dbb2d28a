/** What the parts of the Playground page hand to each other. */

import type { Directions, Images, KeptEpoch, Model, Nearest, Options } from "./engine/engine.js";
import type { Interpolation } from "./engine/interpolation.js";
import type { ClassNames } from "./state/digit.js";
import type { RunSummary } from "../types.d.ts";

/** A completed epoch, or the newest weights. */
export type Epoch = number | "latest";

/** What `createEngine` returns. Everything that can fail rejects with an Error of one sentence for the user. */
export interface Engine {
  /**
   * The weights of an epoch, or the newest ones ("latest": asks the server each time, cheap if nothing changed). Never
   * fetched twice: whoever asks while a file is under way gets the same answer, whoever asks later the same model.
   * `version` tells its files from those of others (`versionOf(run)`), so that the browser may keep them.
   */
  load(run: string, epoch: Epoch, version: number | string): Promise<Model>;
  /**
   * Several epochs, a few at a time, in the order asked for and answered. `arrived` is called for each as soon as it is
   * there; an aborted `signal` ends it with what is there.
   */
  loadMany(
    run: string,
    epochs: number[],
    version: number | string,
    options?: { arrived?: (model: Model, index: number) => void; signal?: AbortSignal },
  ): Promise<Model[]>;
  /** Which epochs' weights are kept, ascending. */
  epochs(run: string): Promise<KeptEpoch[]>;
  /** Images at once, on this thread: for what follows the pointer. Only for a model whose `where` is "browser". */
  imagesNow(model: Model, z: Float32Array, options?: Options): Images;
  /** Images from the worker (or from the server): for many at a time. `z` has n * latentDim numbers. */
  images(model: Model, z: Float32Array, options?: Options): Promise<Images>;
  /** The training image nearest to one of 784 pixels. */
  nearest(model: Model, pixels: Uint8ClampedArray<ArrayBuffer>): Promise<Nearest>;
  /**
   * The principal directions of the generator's first layer, most effective first; computed once a model, in the
   * worker. Rejects for a model that runs on the server.
   */
  directions(model: Model): Promise<Directions>;
  /** Loads generators as they were trained, and not their averages, from now on. */
  setRaw(raw: boolean): void;
  /** Ends the worker. */
  close(): void;
}

/** Which weights the page shows (state/model_source.js). */
export interface ModelSource {
  /** Those that have been trained for a batch or more, newest first. */
  runs: RunSummary[];
  /** The run on show. */
  name: string | null;
  epoch: Epoch;
  /** The kept epochs of the run on show. */
  kept: KeptEpoch[];
  model: Model | null;
  run(): RunSummary | null;
  /** Shows a run's epoch, or says what went wrong; tells whether it could be shown. */
  open(name: string, epoch: Epoch): Promise<boolean>;
  /** Begins to follow the list of runs. */
  start(): void;
  close(): void;
}

/**
 * A point of the latent space; immutable. By seed it means the noise of that seed, for any latent size; else its
 * numbers are given.
 */
export interface Point {
  id: number;
  seed: number | null;
  z: Float32Array | null;
}

/** The sets of picks in Arithmetic, as ids of picks. */
export type Terms = Record<"plus" | "minus" | "start", number[]>;

/** What is on the page: which weights, which tool, which points of the latent space. */
export interface PageState {
  epoch: Epoch;
  tool: ToolName;
  dropout: boolean;
  /** The generator as it was trained, and not its average. */
  raw: boolean;
  /** The seed of the first sample. */
  firstSeed: number;
  /** What the images show, if the generator makes each for a digit; null: the first that it has learned. */
  digit: number | null;
  picks: Point[];
  /** The id of a pick. */
  selected: number | null;
  /**
   * `t`: from 0 to 1 for the whole walk. `changes`: z goes from pick to pick and the digit stays, or the digit goes
   * along `digits` ("": all that the generator has learned) and z stays.
   */
  walk: {
    kind: Interpolation; steps: number; t: number; closed: boolean; speed: number;
    changes: "style" | "digit"; digits: string;
  };
  pad: { x: number; y: number };
  /** What Directions moves, Time watches, Table shows and Write writes with; z of a walk along digits. */
  point: Point;
  /** What Write writes; `digits`: null until something is typed; `mixed`: each digit has a style of its own. */
  number: { digits: string | null; mixed: boolean };
  /** Directions shows single coordinates. */
  coordinates: boolean;
  terms: Terms;
  /** The middle and the width in view; null: all of it. */
  map: { x: number; y: number; span: number } | null;
  /** What is in focus on the map; null: its middle. */
  cursor: { x: number; y: number } | null;
  /** The weights that Time compares with. */
  comparison: { run: string; epoch: Epoch } | null;
}

/** What all parts of the page share. */
export interface Page {
  engine: Engine;
  source: ModelSource;
  state: PageState;
  /** Draws the page in the next frame. */
  requestDraw(): void;
  /** Tells what went wrong; "" takes it back. */
  say(sentence: string): void;
  /** Shows a sample while the pointer is over it. */
  preview(point: Point | null): void;
  open(name: string, epoch: Epoch): Promise<boolean>;
  /** What the ten labels of each data set are called. */
  classNames: ClassNames;
  /** Picks samples until there are as many picks as wanted. */
  fillPicks(wanted: number): void;
  /** Of the theme, for canvases. */
  colours: { accent: string; onAccent: string };
}

/** What one frame shows. */
export interface Frame {
  model: Model;
  /** The seed of the masks; null: off. */
  dropout: number | null;
  /** Of the chosen digit; null: the images are not made for digits. */
  label: Float32Array | null;
  /** Equal keys: the same z make the same images. */
  key: string;
  /** The picks' latent vectors. */
  vectors: Float32Array[];
  /** Tells one list of picks from another. */
  pickIds: string;
}

/** The image that is shown large. */
export interface Focus {
  z: Float32Array;
  caption: string;
  /** The label, where it is not that of the chosen digit. */
  label?: Float32Array;
  /** The point that it is, if it has been one. */
  point?: Point;
}

/** Images of one size, to be played one after the other; `delay` in hundredths of a second. */
export interface Animation {
  pixels: Uint8ClampedArray;
  count: number;
  side: number;
  delay: number;
}

export interface NamedVector {
  name: string;
  z: Float32Array;
  /** What it is made for, if that is not the label of the image in focus. */
  label?: Float32Array;
}

/** What a tool has to save. */
export interface Savable {
  canvases: HTMLCanvasElement[];
  animation: Animation | null;
  vectors: NamedVector[];
}

export type ToolName = "walk" | "pad" | "directions" | "arithmetic" | "map" | "time" | "table" | "write";

/** A tool, of which one is on show. */
export interface Tool {
  /** The text of its tab. */
  label: string;
  /** What it is for; may hold terms, as `withTerms` reads them. */
  sentence: string;
  el: HTMLElement;
  /** It comes on show; `focus` was on show until now. */
  enter?(focus: Focus | null): void;
  leave?(): void;
  /** A digit was chosen; without this it becomes that of all images. */
  choose?(digit: number): void;
  /** Shows a pick. */
  visit(index: number): void;
  update(frame: Frame): void;
  /** Null while there are not enough picks. */
  focus(frame: Frame): Focus | null;
  /** Called in the same frame with what the image panel shows of its focus. */
  drawn?(pixels: Uint8ClampedArray | undefined, model: Model | null): void;
  savable(): Savable | null;
  destroy(): void;
}
