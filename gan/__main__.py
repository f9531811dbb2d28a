"""The command line: `python -m gan train | replay | sample | export | runs | bench | settings`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan import __version__
from gan.settings import KNOBS, PRESETS, Knob, Settings, SettingsError, parse

# said here so that the parser need not import what makes them
EXPORTS = "gif, mp4, csv, parquet, tensorboard, safetensors, onnx, script or notebook"


class UserError(Exception):
    """What the user asked for cannot be done; the text is one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 2 with one sentence on stderr."""
    options = _parser().parse_args(arguments)
    try:
        result: int = options.command(options)
    except UserError as error:
        print(f"livegan: {error}", file=sys.stderr)
        return 2
    return result


def train(options: argparse.Namespace) -> int:
    """Train a new run, or go on with one; the last line on stdout is one JSON object."""
    from gan.lab import Lab, LabError, checkpoints_folder

    lab = Lab(checkpoints_folder())
    given = {name: getattr(options, name) for name in KNOBS if getattr(options, name) is not None}
    try:
        if options.resume:
            run = lab.get(options.resume)
            start_batch, start_seconds = run.snapshot().batch, run.snapshot().seconds
            if given:
                lab.command(options.resume, "set", _live_values(given))
            lab.resume(options.resume)
        else:
            start_batch, start_seconds = 0, 0.0
            run = lab.start(_settings(options.preset, given), options.name)
    except (LabError, SettingsError) as error:
        raise UserError(str(error)) from None
    _stop_on_signals(lab)
    _show_progress(run)
    lab.close()
    s = run.snapshot()
    images = _images_seen(s.batch, s.batches_per_epoch, s.settings) - _images_seen(
        start_batch, s.batches_per_epoch, s.settings
    )
    seconds = s.seconds - start_seconds
    rows = run.series.rows(0, s.batch)
    last = (
        dict(zip(("d_loss", "g_loss", "d_real_acc", "d_fake_acc"), rows[-1].tolist(), strict=True)) if s.batch else {}
    )
    result = {
        "name": s.name, "state": s.state, "epochs": s.epoch, "batches": s.batch, "seconds": round(seconds, 3),
        "images_per_second": round(images / seconds) if seconds else 0, **last,
    }  # fmt: skip
    print(json.dumps(result))
    if s.state in ("failed", "diverged"):
        raise UserError(s.message)
    return 0


def replay(options: argparse.Namespace) -> int:
    """Train a run again from its record and compare every bit; status 1 if a batch differs."""
    from tqdm import tqdm

    from gan import checkpoint
    from gan.data import DataError
    from gan.device import DeviceError
    from gan.files import DamagedRun
    from gan.replay import LOOSE, LOOSE_BATCHES
    from gan.replay import replay as train_again

    folder = _run_folder(options.name)
    try:
        with tqdm(total=checkpoint.read(folder).batch, unit=" batches", disable=None, file=sys.stderr) as bar:
            outcome = train_again(folder, lambda batch: bar.update(batch - bar.n))
    except DamagedRun as error:
        raise UserError(f"Run {options.name} cannot be replayed: {error}") from None
    except (DataError, DeviceError) as error:
        raise UserError(str(error)) from None
    result = {"name": options.name, "batches": outcome.batches, "equal": outcome.passed,
              "first_difference": outcome.first_difference, "weights_equal": outcome.weights_equal,
              "tolerance": 0 if outcome.exact else LOOSE}  # fmt: skip
    print(json.dumps(result))
    if not outcome.exact:
        note = f"made by another torch: the losses of the first {LOOSE_BATCHES} batches are compared, within {LOOSE}"
        print(f"livegan: {note}", file=sys.stderr)
    return 0 if outcome.passed else 1


def sample(options: argparse.Namespace) -> int:
    """Write images of a run's generator."""
    from gan import sample as sampling
    from gan.files import DamagedRun

    if not 1 <= options.count <= 1_000_000:
        raise UserError(f"--count is {options.count}; it must be a whole number from 1 to 1000000.")
    out = Path(options.out)
    if out.suffix not in (".npy", ".png"):
        raise UserError(f"--out is {options.out!r}; its name must end in .npy or .png.")
    folder = _run_folder(options.name)
    try:
        generator, settings = sampling.load_generator(folder)
        sampling.save(sampling.sample(generator, settings, options.count, options.seed), out)
    except DamagedRun as error:
        raise UserError(f"Run {options.name} cannot be sampled: {error}") from None
    except OSError as error:
        raise UserError(f"{out} could not be written: {error.strerror}.") from None
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run in another format."""
    from gan.export import FORMATS, ExportError
    from gan.export import export as exported

    if options.format not in FORMATS:
        raise UserError(f"--format is {options.format!r}; it must be one of {', '.join(FORMATS)}.")
    folder = _run_folder(options.name)
    out = Path(options.out)
    try:
        content, filename, _ = exported(folder, options.format)
        if options.format == "tensorboard":  # which looks for files of its own naming in a folder
            out.mkdir(parents=True, exist_ok=True)
        out = out / filename if out.is_dir() else out
        out.write_bytes(content)
    except ExportError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"{out} could not be written: {error.strerror}.") from None
    print(out)
    return 0


def runs(_options: argparse.Namespace) -> int:
    """List the runs on disk."""
    from gan.lab import Lab, checkpoints_folder

    summaries = Lab(checkpoints_folder()).summaries()
    width = max((len(s.name) for s in summaries), default=4)
    print(f"{'name':<{width}}  {'state':<11}  {'epochs':>11}  {'batches':>9}  started")
    for s in summaries:
        started = time.strftime("%Y-%m-%d %H:%M", time.localtime(s.created))
        epochs = f"{s.epoch} of {s.epochs}"
        print(f"{s.name:<{width}}  {s.state:<11}  {epochs:>11}  {s.batch:>9}  {started}  {s.message}".rstrip())
    return 0


def bench(_options: argparse.Namespace) -> int:
    """Time the lecture's loop, ours, and the matrix products alone; prints one JSON object."""
    from gan.bench import bench as measure

    print(json.dumps(measure(lambda what: print(f"timing {what} ...", file=sys.stderr))))
    return 0


def settings_table(_options: argparse.Namespace) -> int:
    """Print all settings as the Markdown table of the README."""
    print(markdown_table())
    return 0


def markdown_table() -> str:
    lines = ["| Option | Default | Allowed | Live | Meaning |", "| --- | --- | --- | --- | --- |"]
    for knob in KNOBS.values():
        live = "yes" if knob.live else ""
        unit = f" ({knob.unit})" if knob.unit else ""
        lines.append(
            f"| `{_flag(knob)}` | {_text(knob.default)}{unit} | {knob.range_text()} | {live} | {knob.meaning} |"
        )
    return "\n".join(lines)


# --- parts -------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m gan", description="LiveGAN on the command line.")
    parser.add_argument("--version", action="version", version=f"LiveGAN {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    p = commands.add_parser("train", help="train a run, or go on with one")
    p.add_argument("--name", help="name of the new run (default: made from the time)")
    p.add_argument("--resume", metavar="NAME", help="go on with this run from its last checkpoint")
    p.add_argument("--preset", choices=[preset.name for preset in PRESETS], help="start from a preset")
    for knob in KNOBS.values():
        p.add_argument(_flag(knob), dest=knob.name, metavar="X", help=_help(knob))
    p.set_defaults(command=train)

    p = commands.add_parser("replay", help="train a run again from its record and compare every bit")
    p.add_argument("name")
    p.set_defaults(command=replay)

    p = commands.add_parser("sample", help="write images of a run's generator")
    p.add_argument("name")
    p.add_argument("--count", type=int, default=64)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--out", required=True, help=".npy (float32, N x 1 x 28 x 28 in [-1, 1]) or .png (a grid)")
    p.set_defaults(command=sample)

    p = commands.add_parser("export", help="write a run as a film, a table, its weights, or a script")
    p.add_argument("name")
    p.add_argument("--format", required=True, help=EXPORTS)
    p.add_argument("--out", default=".", metavar="PATH", help="a file, or a folder (default: this one)")
    p.set_defaults(command=export)

    for function, text in ((runs, "list the runs"), (bench, "time the training"), (settings_table, "the settings")):
        name = function.__name__.removesuffix("_table")
        commands.add_parser(name, help=text).set_defaults(command=function)
    return parser


def _flag(knob: Knob) -> str:
    return "--" + knob.name.replace("_", "-")


def _help(knob: Knob) -> str:
    text = f"{knob.meaning} {knob.range_text()}, default {_text(knob.default)}"
    return text.replace("%", "%%")


def _text(value: Any) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, list | tuple) else f"{value}"


def _run_folder(name: str) -> Path:
    from gan.lab import NAME, checkpoints_folder

    folder = checkpoints_folder() / name
    if not NAME.fullmatch(name) or not folder.is_dir():
        raise UserError(f"There is no run named {name!r}; `python -m gan runs` lists them.")
    return folder


def _settings(preset: str | None, given: dict[str, Any]) -> Settings:
    values = next((p.values for p in PRESETS if p.name == preset), {})
    return parse({**values, **given})


def _live_values(given: dict[str, str]) -> dict[str, Any]:
    """Option texts as the values that the settings make of them."""
    parsed = parse(given).model_dump(mode="json")
    return {name: parsed[name] for name in given}


def _images_seen(batches: int, per_epoch: int, settings: Settings) -> int:
    from gan import data

    size = len(data.load(settings.dataset, settings.split, settings.digits))
    epochs, rest = divmod(batches, per_epoch)
    return epochs * size + min(rest * settings.batch_size, size)


def _stop_on_signals(lab: Any) -> None:
    """Ctrl-C and SIGTERM write a checkpoint and end the run; it can be resumed."""

    def stop(_signal: int, _frame: object) -> None:
        lab.close()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _show_progress(run: Any) -> None:
    from tqdm import tqdm

    with tqdm(unit=" batches", disable=None, file=sys.stderr) as bar:
        while run.active:
            run.join(0.2)
            s = run.snapshot()
            bar.total, bar.n = s.epochs * s.batches_per_epoch, s.batch
            bar.set_postfix_str(f"epoch {s.epoch} of {s.epochs}", refresh=False)
            bar.refresh()


if __name__ == "__main__":
    sys.exit(main())
