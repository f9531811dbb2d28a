/**
 * What the server sends to the pages, by the names that the modules use in their JSDoc:
 *
 *     @import { RunSummary } from "../types.d.ts"
 *
 * A test compares the fields with those of the Python classes.
 */

// --- runs ------------------------------------------------------------------------------------------------------------

export type RunState =
  | "queued"
  | "running"
  | "paused"
  | "stopped"
  | "finished"
  | "failed"
  | "diverged"
  | "interrupted"
  | "elsewhere"
  | "damaged";

/** A student's desk, which has runs of its own (`Desk` in gan/recording/run_file.py). */
export interface Desk {
  id: string;
  name: string;
}

/** When a run trains next: in about `seconds` (0: now), as one of `desks` that take turns. */
export interface Turn {
  seconds: number;
  desks: number;
}

/** A run as lists show it (`RunSummary` in gan/runs/summary.py). Times are seconds since 1970, `size` is in bytes. */
export interface RunSummary {
  name: string;
  /** What people read for its name. */
  title: string;
  state: RunState;
  message: string;
  batch: number;
  epoch: number;
  epochs: number;
  /** All batches that it is to train. */
  batches: number;
  created: number;
  updated: number;
  seconds: number;
  parent: string | null;
  branched_at: number | null;
  size: number;
  /** The best FID that was measured, after epoch `fid_epoch`. */
  fid: number | null;
  fid_epoch: number | null;
  /** Whether a training state is kept to go on from. */
  resumable: boolean;
  aside: number;
  course: number;
  shipped: boolean;
  hidden: boolean;
  /** Why there is nothing left to train. */
  over: string | null;
  /** The desk that owns it; null if the teacher does. */
  desk: Desk | null;
}

/** The list of all runs, newest first, as `/api/runs` and `/api/runs/live` send it. */
export interface RunList {
  runs: RunSummary[];
  /** Why nothing can be changed on this server. */
  read_only: string | null;
}

/** A run at one moment, without its marks (`Snapshot` in gan/runs/snapshot.py). */
export interface Snapshot {
  name: string;
  title: string;
  state: RunState;
  message: string;
  batch: number;
  epoch: number;
  epochs: number;
  batches_per_epoch: number;
  settings: Settings;
  revision: number;
  /** Batches a second. */
  rate: number;
  seconds: number;
  saved: string | null;
  /** How many epochs have a grid of images. */
  grids: number;
  created: number;
  updated: number;
  parent: string | null;
  branched_at: number | null;
  size: number;
  /** Until when (seconds since 1970) a paused run keeps its place. */
  keeps_until: number | null;
  resumable: boolean;
  /** How many times training went back. */
  course: number;
  /** How many of its earlier courses are set aside. */
  aside: number;
  over: string | null;
  /** The batch after which it stops by itself. */
  stop_at: number | null;
  /** The batch after which a run of a desk has trained as much as it may. */
  desk_end: number | null;
  /** The desk that owns it; null if the teacher does. */
  desk: Desk | null;
  /** Null unless it takes turns with the runs of other desks. */
  turn: Turn | null;
}

/** Every knob of a run (gan/settings.py). */
export interface Settings {
  lr_g: number;
  lr_d: number;
  dropout: number;
  latent_dim: number;
  dataset: "mnist" | "fashion" | "kmnist";
  split: "train" | "all";
  digits: number[];
  scaling: "-1..1" | "0..1";
  g_hidden: number[];
  d_hidden: number[];
  leaky_slope: number;
  g_norm: "none" | "batch";
  dropout_in: "both" | "discriminator";
  loss: "non-saturating" | "minimax" | "least-squares" | "wasserstein" | "relativistic";
  weight_clip: number;
  label_smoothing: number;
  r1_gamma: number;
  r2_gamma: number;
  penalty_every: number;
  halve_every: number;
  gradient_penalty: number;
  noise: "normal" | "uniform";
  batch_size: number;
  epochs: number;
  d_steps: number;
  g_steps: number;
  ema_decay: number;
  seconds: number;
  seed: number;
  device: "auto" | "cpu" | "cuda" | "mps";
  step: "auto" | "reference" | "fast";
  conditional: "off" | "on";
  minibatch_std: "off" | "on";
  pace: number;
  kept_epochs: number;
  full_every: number;
  optimizer_g: "adam" | "sgd";
  beta1_g: number;
  beta2_g: number;
  momentum_g: number;
  optimizer_d: "adam" | "sgd";
  beta1_d: number;
  beta2_d: number;
  momentum_d: number;
}

/** A knob's value as JSON has it. */
export type SettingValue = Settings[keyof Settings];

/** Live knobs, which are all numbers, by name. */
export type KnobValues = Record<string, number>;

/** A knob change, in effect from batch `batch` + 1 on; or, without values, a step of one network alone. */
export interface Mark {
  batch: number;
  knob: string;
  label: string;
  before: SettingValue | null;
  after: SettingValue | null;
  /** The student who asked for it, if one did. */
  by?: string;
}

/** How good a run's images were after `batch` batches (`score_fields` in gan/server/messages.py). */
export interface Score {
  batch: number;
  epoch: number;
  /** By the averaged generator. */
  averaged: boolean;
  fid: number;
  density: number;
  coverage: number;
  /** Per mille of the images that are read as 0, 1, ..., 9. */
  histogram: number[];
  /** Digits that are hardly ever made. */
  missing: number[];
  confident: number;
  copies: number;
  /** Of a conditional run: per mille of the images asked to be 0, 1, ..., 9 that are read as it; null if none was. */
  as_asked?: (number | null)[];
}

/** How far the measuring of a run afterwards is (`Progress` in gan/quality/scores.py). */
export interface MeasuringProgress {
  done: number;
  of: number;
  note: string;
  complete: boolean;
}

/** What a run's figures mean, in words (`gan/explain`), after `batch` batches. */
export interface Explanation {
  batch: number;
  figures: Record<string, number>;
  line: { text: string; figure: string | null }[];
  /** At most two, the gravest first. */
  warnings: Warning[];
  /** The names of all that stand. */
  standing: string[];
}

/** Something that goes wrong in a run (`Finding` in gan/explain/finding.py). */
export interface Warning {
  name: string;
  title: string;
  saw: string;
  why: string;
  advice: string;
  /** Where to read on: an anchor of the page "Words". */
  word: string;
  /** What shows it on the page. */
  figure: string;
  /** The knobs that help; none if no knob that can be turned does. */
  remedy: KnobValues;
  /** The remedy in words. */
  label: string;
}

// --- the live stream (gan/server/messages.py) ------------------------------------------------------------------------

/** Where the blobs of a message lie behind its header. */
type BlobType = "u1" | "u4" | "f4" | "f8" | "png" | "jpeg";
export type BlobTable = Record<string, { dtype: BlobType; offset: number; length: number }>;

/** All that a new viewer needs; its figures are in the blobs. */
export interface CatchupHeader {
  type: "catchup";
  run: Snapshot;
  marks: Mark[];
  scores: Score[];
  measuring: MeasuringProgress;
  /** If there is news of it. */
  explanation?: Explanation;
  grid_batch?: number;
  blobs: BlobTable;
}

/** What is new since batch `from`. */
export interface DeltaHeader extends Omit<CatchupHeader, "type"> {
  type: "delta";
  from: number;
  to: number;
}

/** The run is no longer there. */
export interface GoneHeader {
  type: "gone";
  message: string;
  blobs: BlobTable;
}

export type MessageHeader = CatchupHeader | DeltaHeader | GoneHeader;

// --- answers to plain requests ---------------------------------------------------------------------------------------

/** One sentence for the user; `missing` names the data set that has to be downloaded first. */
export interface Refusal {
  error: string;
  missing?: string;
}

/** `/api/runs/<name>/quality.json` */
export interface QualityFile {
  batches_per_epoch: number;
  scores: Score[];
}

/** `/api/runs/<name>/epochs` */
export interface KeptEpochs {
  epochs: KeptEpoch[];
  size: number;
}

/** `full`: a training state to branch from is kept, too. */
export interface KeptEpoch {
  epoch: number;
  batch: number;
  discriminator: boolean;
  full: boolean;
}

/** `/api/datasets/<name>`: what a data set is called and costs, and how far its download is. */
export interface DatasetStatus {
  dataset: string;
  title: string;
  /** What its download costs, in words; null: it comes with LiveGAN. */
  cost: string | null;
  state: "absent" | "downloading" | "failed" | "there";
  /** From 0 to 1. */
  share: number;
  sentence: string;
}

/** `/api/runs/<name>/nearest`, with the pixels in base64 */
export interface NearestImage {
  digit: number;
  label: string;
  index: number;
  count: number;
  set: string;
  distance: number;
  typical: number;
  pixels: string;
  copy: boolean | null;
  limit: number | null;
}

// --- data of the components (gan/app/components) ---------------------------------------------------------------------

/** What Streamlit calls a component with; `Triggers`: the events that Python listens to, with what each tells. */
export interface Component<Data, Triggers = Record<string, never>> {
  data: Data;
  parentElement: HTMLElement;
  setTriggerValue: <Name extends keyof Triggers>(name: Name, value: Triggers[Name]) => void;
}

/** In the data of every component. */
export interface Wiring {
  /** The server's path: "" or "/name". */
  base: string;
  /** The folder of this version of the modules, below the server's path. */
  ui: string;
  /** The component's modules in that folder; its own `main.js` is the first. */
  modules: string[];
  /** Other scripts, below the server's path. */
  scripts: string[];
}

/** A format in which a run can be downloaded (gan/export). */
export interface ExportFormat {
  kind: string;
  label: string;
  meaning: string;
  /** What to install first. */
  missing: string | null;
}

export interface RunsData extends Wiring {
  mode: "list" | "table" | "exports";
  selected: string | null;
  /** Of a list and of a table: the desk of the student who looks; null: the teacher's. */
  desk?: string | null;
  /** Of exports: whether whoever looks may write notes on the run. */
  notes?: boolean;
  /** Of a list: why nothing can be changed, as the script said. */
  readOnly?: string | null;
  /** Of a table and of exports. */
  formats?: ExportFormat[];
  /** Of a table. */
  words?: Words;
}

export interface RunsTriggers {
  select: string;
  /** Any number that differs from the last one. */
  all: number;
  claim: number;
  delete: string;
  hide: { name: string; hide: boolean };
}

export interface PlaygroundData extends Wiring {
  /** The run to begin with; null: the newest that has weights. */
  run: string | null;
  runs: RunSummary[];
  class_names: Record<Settings["dataset"], string[]>;
  words: Words;
}

/** A live knob (`control` in gan/app/components/live/__init__.py, `Knob` in gan/settings.py). */
export interface Knob {
  name: string;
  label: string;
  meaning: string;
  kind: "float" | "int";
  default: number;
  low: number;
  high: number;
  scale: "linear" | "log" | "near-one";
  smallest: number;
  /** What 0 is called where it is no small number, such as "no limit"; else "". */
  zero: string;
  zero_last: boolean;
  unit: string;
  /** The allowed values in words. */
  range: string;
  group: string;
  steering: boolean;
}

export interface Preset {
  name: string;
  label: string;
  meaning: string;
  /** Its live knobs. */
  values: KnobValues;
  /** Its other settings. */
  fixed: Partial<Settings>;
  /** How all that any preset sets stands in a draft of it. */
  draft: Partial<Settings>;
}

/** A run that has not started. A new `number` makes the page take new `values`. */
export interface Draft {
  number: number;
  values: KnobValues;
  fixed: Partial<Settings>;
  preset: string | null;
}

export interface LiveData extends Wiring {
  /** Plotly's path below the server's. */
  plotly: string;
  run: string | null;
  knobs: Knob[];
  presets: Preset[];
  shipped: { name: string; epochs: number }[];
  fixed: Partial<Settings>;
  class_names: Record<Settings["dataset"], string[]>;
  dataset: { name: Settings["dataset"]; title: string; cost: string | null };
  needs: { number: number; dataset: string } | null;
  draft: Draft;
  /** Why nothing may be started or steered. */
  blocked: string | null;
  /** Why whoever looks may not steer the run. */
  watches: string | null;
  notice: { number: number; text: string; field: "" | "name" };
  /** Knobs that change nothing in this run, with the reason. */
  without_effect: Record<string, string>;
  networks: string | null;
  /** The lesson that the user takes. */
  lesson: LessonCard | null;
  /** The run that a step of it has started last. */
  lesson_started: { number: number; lesson: string; step: number; run: string } | null;
  words: Words;
}

/** A comparison of a figure of a run with a number (`Clause` in gan/lessons/conditions.py). */
export interface LessonClause {
  figure: string;
  /** The figure in words. */
  label: string;
  comparison: ">=" | "<=" | ">" | "<" | "=";
  value: number;
  /** Over how many batches it is averaged; 0: it is not. */
  window: number;
}

/** A lesson beside its run (`card` in gan/lessons/card.py). What is HTML was made by the server from Markdown. */
export interface LessonCard {
  name: string;
  title: string;
  steps: LessonStep[];
}

export interface LessonStep {
  title: string;
  /** HTML. */
  text: string;
  /** Whether it starts a run. */
  starts: boolean;
  /** Whether the runs of the steps before are drawn into the same charts. */
  compare: boolean;
  /** The live knobs that it turns, and what that is in words. */
  turn: KnobValues;
  turns: string[];
  /** Parts of the page to look at. */
  watch: string[];
  /** Empty: the reader decides. */
  reached: LessonClause[];
  /** What the run then shows, as HTML, and whether it does. */
  shows: { says: string; check: LessonClause[] }[];
  question: LessonQuestion | null;
}

/** All texts are HTML; `right` counts from 0. */
export interface LessonQuestion {
  ask: string;
  answers: string[];
  right: number;
  because: string;
}

/** A lesson in the list of all (`entry` in gan/lessons/card.py). */
export interface LessonEntry {
  name: string;
  title: string;
  minutes: number;
  /** HTML. */
  learn: string;
  steps: number;
}

export interface LessonsData extends Wiring {
  lessons: LessonEntry[];
}

export interface LessonsTriggers {
  /** Take a lesson, with the run that it had got to. */
  take: { name: string; run: string | null; at: number };
}

/** What each term means in one sentence, by its anchor on the page "Words" and by further names. */
export type Words = Record<string, { title: string; sentence: string; anchor: string }>;

/** What Start asks for. */
export interface StartRequest {
  values: KnobValues;
  name: string;
  step: "step" | "step_d" | "step_g" | null;
  parent: string | null;
  epoch: number;
  preset: string | null;
  /** When it was asked, in ms: two requests differ. */
  at: number;
}

export interface LiveTriggers {
  start: StartRequest;
  preset: { name: string; values: KnobValues; at: number };
  new: number;
  show: string;
  /** Start the run of a step; `before` names the run of an earlier step, which ends. */
  lesson_start: { lesson: string; step: number; before: string | null; at: number };
  lesson_leave: number;
}

// --- a class -----------------------------------------------------------------------------------------------------

export interface ClassData extends Wiring {
  /** "alone": on a server that is no class. */
  seat: "teacher" | "student" | "alone";
  /** The student's; null if a teacher, or whoever has LiveGAN alone, looks. */
  desk: string | null;
}

export interface ClassTriggers {
  /** Take this tab to another page; `at`: when that was asked, in ms. */
  go: { page: Place["page"]; run: string | null; lesson: string | null; at: number };
}

/** What pages are told of a class, by part (`_share` in gan/server/application.py). */
export interface ClassParts {
  lead: {
    following: boolean;
    /** The sentence for which students look up; null: they need not. */
    look_up: string | null;
    /** To teachers: the tab that leads. */
    leader?: string | null;
    /** To students: where the class is. */
    place?: Place | null;
  };
  question: ClassQuestion;
  answers: ClassAnswers;
  league: League | LeagueOffer;
}

/** An answer: the place of a choice, a number, or points (batch, value) of a curve. */
export type AnswerValue = number | [batch: number, value: number][];

/** A question that the class is asked (`view` in gan/classroom/questions.py). */
export interface ClassQuestion {
  id: string;
  kind: "choice" | "number" | "curve";
  ask: string;
  choices: string[];
  axes: ClassAxes | null;
  seconds: number;
  /** When its time is up, by the server's clock. */
  closes: number;
  /** Seconds that were left when this was told. */
  left: number;
  open: boolean;
  shown: boolean;
  names: boolean;
  /** Whether the server knows what is right. */
  known: boolean;
  told: boolean;
  /** Null as long as it is not told. */
  right: AnswerValue | null;
  because: string;
}

/** Where a curve is drawn (`Axes`). */
export interface ClassAxes {
  run: string;
  title: string;
  metric: SeriesMetric | "fid";
  label: string;
  from_batch: number;
  to_batch: number;
  low: number;
  high: number;
  before: [batch: number, value: number][];
}

export type SeriesMetric = "d_loss" | "g_loss" | "d_real_acc" | "d_fake_acc";

/** All answers to a question (`shown` in gan/classroom/answers.py); teachers learn the count before. */
export interface ClassAnswers {
  id: string;
  count: number;
  /** Of each choice. */
  tally: number[];
  people: string[][];
  /** Numbers, rising, or curves, the nearest last. */
  entries: { value: AnswerValue; name: string | null; nearest: boolean }[];
}

/** The league that is going on (`view` in gan/server/league_view.py). */
export interface League {
  open: true;
  budget: number;
  /** Of the preset with whose settings all entries begin. */
  title: string;
  hidden: boolean;
  /** While it is hidden: whether students see their own places. */
  own: boolean;
  ended: boolean;
  /** Whether places and FIDs are told. */
  shown: boolean;
  count: number;
  /** Which of how many entries is measured now. */
  measuring: [number, number] | null;
  rows: LeagueRow[];
  free: LeagueKnob[];
}

export interface LeagueRow {
  place: number | null;
  name: string;
  /** Of the student who has entered it. */
  desk: string;
  run: string;
  fid: number | null;
  missing: number[];
  /** Why it has no place, or how far it is. */
  said: string;
  replay: string;
}

/** A knob that is free in a league; `value` is what an entry begins with if its student leaves it. */
export interface LeagueKnob {
  name: string;
  label: string;
  meaning: string;
  kind: "float" | "int" | "choice" | "widths" | "digits";
  low: number | null;
  high: number | null;
  choices: string[];
  unit: string;
  value: number | string | number[];
}

/** To teachers while there is no league: what one can be made of. */
export interface LeagueOffer {
  open: false;
  most: number;
  knobs: { name: string, label: string }[];
  bases: { name: string, label: string }[];
}

/** A student in the room (`gan/server/room_routes.py`). */
export interface RoomDesk {
  id: string;
  name: string;
  here: boolean;
  run: RoomRun | null;
}

/** The newest run of a desk. */
export interface RoomRun {
  name: string;
  title: string;
  state: RunState;
  epoch: number;
  /** The newest one, after epoch `fid_epoch`. */
  fid: number | null;
  fid_epoch: number | null;
  /** The last ones. */
  moves: Mark[];
}

/** What is new on the wall; at first, all of it (gan/server/wall.py). */
export interface WallHeader {
  type: "wall";
  /** All desks by their ids. */
  order: string[];
  /** Those that have changed. */
  desks: RoomDesk[];
  /** The desks whose newer images are in the picture, in rows of `columns`. */
  images: string[];
  columns: number;
  /** Of those that have changed, the desks without images. */
  blank: string[];
}

/** Where a page is (`Place` in gan/classroom/lead.py). */
export interface Place extends PlaceParts {
  page: "train" | "lessons" | "playground" | "runs" | "data" | "words";
  run: string | null;
  lesson: string | null;
  /** The run is shown without saying whose it is. */
  unnamed: boolean;
}

/** What parts of a page show, if they are there. */
export interface PlaceParts {
  /** Null: the newest. */
  moment: ClassMoment | null;
  /** Of the lesson, from 0. */
  step: number | null;
  /** The playground's place, as a link to it has it behind the #. */
  latent: string | null;
}

export interface ClassMoment {
  kind: "epoch" | "replay";
  epoch: number;
  /** Of a replay, and its speed as a multiple of the run's own, its batches per second, and whether it plays. */
  batch: number;
  speed: number;
  rate: number;
  playing: boolean;
}

// --- a batch step by step ----------------------------------------------------------------------------------------

export type WhoLearns = "both" | "d" | "g";

/** The next batch of a run, stage by stage (`gan/views/traced_batch.py`). */
export interface TracedBatch {
  batch: number;
  learns: WhoLearns;
  /** The epoch that it follows; null: the batch is the run's next one. */
  epoch: number | null;
  /** From the run's present state, from the full state of an epoch, or from the weights of one alone. */
  kind: "next" | "state" | "weights";
  settings: Settings;
  /** Of `reference_step.py`. */
  source: string;
  stages: Stage[];
  /** The figures of the batch before, on which the run stands; null: there is none. */
  trained: { batch: number; d_loss: number; g_loss: number; d_real_acc: number; d_fake_acc: number } | null;
}

/** What each stage shows. */
export interface StageFigures {
  inputs: { real: string; real_shape: number[]; z_shape: number[]; noise: number[][]; labels: number[] | null };
  extra_d: { losses: number[] };
  /** `dropped`: for each hidden layer a digit a unit, "1" if dropout switched it off for the first image. */
  fakes: { fake: string; shape: number[]; low: number; high: number; dropped: string[] };
  d_logits: { real: number[]; fake: number[]; dropped_real: string[]; dropped_fake: string[] };
  d_loss: { loss: number; terms: LossTerm[] };
  d_rests: object;
  d_gradients: { parameters: ParameterGradient[] };
  d_penalty: { parameters: ParameterGradient[]; r1: number; r2: number };
  /** `norm`: of the gradients of the logits by the pixels, in the mean. */
  d_gradient_penalty: { parameters: ParameterGradient[]; norm: number };
  d_update: { parameters: ParameterUpdate[] };
  d_clip: { clip: number; clipped: number; of: number };
  g_logits: { fake: number[]; real: number[] | null };
  g_loss: { loss: number; terms: LossTerm[] };
  g_rests: object;
  g_gradients: { parameters: ParameterGradient[]; ink: InkGradient | null };
  g_update: { parameters: ParameterUpdate[] };
  extra_g: { losses: number[] };
  metrics: { d_loss: number; g_loss: number; d_real_acc: number; d_fake_acc: number };
}

/** One stage; `lines` are the numbers of its lines in the source. */
export type Stage = {
  [Name in keyof StageFigures]: { name: Name; lines: number[]; shown: StageFigures[Name] };
}[keyof StageFigures];

/** A mean over logits that a loss is a sum of, and the loss of one logit as a curve from `low` to `high`. */
export interface LossTerm {
  of: "real" | "fake" | "real - fake" | "fake - real";
  label: number;
  weight: number;
  /** Without the weight. */
  mean: number;
  low: number;
  high: number;
  curve: number[];
  /** The mean slope at the logits. */
  slope: number;
}

export interface ParameterGradient {
  name: string;
  shape: number[];
  gradient: number;
  weights: number;
  largest: number;
}

export interface ParameterUpdate {
  name: string;
  shape: number[];
  update: number;
  weights: number;
  example: { place: number[]; before: number; gradient: number; after: number };
}

/** Where more ink (a byte above 128) or less would lower the generator's loss, for each pixel. */
export interface InkGradient {
  pixels: string;
  largest: number;
  norm: number;
}
