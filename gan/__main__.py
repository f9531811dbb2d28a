"""The command line: `python -m gan COMMAND`; `--help` lists the commands."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

from gan import __version__
from gan.cli import evaluation, exporting, managing, measuring, training
from gan.errors import LiveGANError
from gan.number_text import whole
from gan.presets import PRESETS
from gan.settings import KNOBS, Knob

# said here so that the parser need not import what makes them
EXPORTS = "report, gif, mp4, csv, parquet, tensorboard, safetensors, onnx, script or notebook"
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
YES = "download the data set if it is not on this computer, without asking"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 2 with one sentence on stderr, or 130 after Ctrl-C."""
    try:
        return _run(arguments)
    except LiveGANError as error:
        print(f"livegan: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("livegan: Cancelled.", file=sys.stderr)
        return 130
    except OSError as error:
        if error.filename is not None:  # not the output, which has no name
            raise
        print(f"livegan: The output could not be written: {error.strerror}.", file=sys.stderr)
        _forget_output()
        return 2


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
        result: int = options.command(options)
        return result
    finally:
        if sys.stdout is not None:  # it is None if it was closed
            sys.stdout.flush()  # at exit Python could only print a traceback of what fails


def _forget_output() -> None:
    """Discard the output that was not written, so that Python does not try again at exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def settings_table(_options: argparse.Namespace) -> int:
    """Print all settings as the Markdown table of the README."""
    print(markdown_table())
    return 0


def markdown_table() -> str:
    lines = ["| Option | Default | Allowed | Live | Meaning | Has an effect |", "| --- | --- | --- | --- | --- | --- |"]
    for knob in KNOBS.values():
        live = "yes" if knob.live else ""
        unit = f" ({knob.unit})" if knob.unit else ""
        effect = knob.applies.sentence if knob.applies else ""
        cells = [f"`{_flag(knob)}`", f"{_text(knob.default)}{unit}", knob.range_text(), live, knob.meaning, effect]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


# --- parts -------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m gan", description="LiveGAN on the command line.")
    parser.add_argument("--version", action="version", version=f"LiveGAN {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_training, _add_exporting, _add_evaluation, _add_managing, _add_measuring):
        add(commands)
    commands.add_parser("settings", help="the settings").set_defaults(command=settings_table)
    return parser


def _add_training(commands: Commands) -> None:
    p = commands.add_parser("train", help="train a run, or resume one")
    p.add_argument("--name", help="name of the new run (default: made from the time)")
    p.add_argument("--resume", metavar="NAME", help="resume this run from its last checkpoint")
    p.add_argument("--again", metavar="NAME", help="train this run's recording again, as a new run")
    p.add_argument("--yes", action="store_true", help=YES)
    p.add_argument("--preset", choices=[preset.name for preset in PRESETS], help="start from a preset")
    p.add_argument("--networks", metavar="FILE", help="train the Generator and Discriminator of this Python file")
    for knob in KNOBS.values():
        p.add_argument(_flag(knob), dest=knob.name, metavar="X", help=_help(knob))
    p.set_defaults(command=training.train)

    p = commands.add_parser("replay", help="train a run again from its record and compare every bit")
    p.add_argument("name")
    p.add_argument("--yes", action="store_true", help=YES)
    p.set_defaults(command=training.replay)


def _add_exporting(commands: Commands) -> None:
    p = commands.add_parser("sample", help="write images of a run's generator")
    p.add_argument("name")
    p.add_argument("--count", type=whole, default=64)
    p.add_argument("--seed", type=whole, default=0)
    p.add_argument("--epoch", type=whole, metavar="N", help="with the weights of this epoch (default: the newest)")
    p.add_argument("--digit", type=whole, metavar="D", help="only this digit, from a run that draws chosen digits")
    p.add_argument("--out", required=True, help=".npy (float32, N x 1 x 28 x 28 in [-1, 1]) or .png (a grid)")
    p.set_defaults(command=exporting.sample)

    p = commands.add_parser("export", help="write a run as a report, a film, a table, its weights, or a script")
    p.add_argument("name")
    p.add_argument("--format", required=True, help=EXPORTS)
    p.add_argument("--out", default=".", metavar="PATH", help="a file, or a folder (default: this one)")
    p.set_defaults(command=exporting.export)


def _add_evaluation(commands: Commands) -> None:
    p = commands.add_parser("evaluate", aliases=["judge"], help="measure the images of a run: FID, coverage and more")
    p.add_argument("name")
    p.add_argument("--epoch", type=whole, metavar="N", help="with the weights of this epoch (default: the newest)")
    p.add_argument("--count", type=whole, default=10_000, help="images that are made and measured (default 10000)")
    p.add_argument("--seed", type=whole, default=0)
    p.add_argument("--yes", action="store_true", help=YES)
    p.add_argument("--raw", action="store_true", help="the trained weights, also where averaged ones are kept")
    p.set_defaults(command=evaluation.evaluate)

    p = commands.add_parser("classifier", help="train the classifier for MNIST's feature statistics (two minutes)")
    p.add_argument("--seed", type=whole, default=1)
    p.set_defaults(command=evaluation.classifier)


def _add_managing(commands: Commands) -> None:
    p = commands.add_parser("trim", help="keep the weights of some epochs only, to make a run small")
    p.add_argument("name")
    p.add_argument("--epochs", required=True, metavar="N,N,...", help="the epochs whose weights are kept")
    p.add_argument("--half", action="store_true", help="round them to 16 bits")
    p.add_argument(
        "--discriminators", action="store_true", help="keep the discriminators too, which the tab Game needs"
    )
    p.set_defaults(command=managing.trim)

    p = commands.add_parser("aside", help="list, restore or throw away what is set aside in a run")
    p.add_argument("name")
    what = p.add_mutually_exclusive_group()
    what.add_argument("--restore", type=whole, metavar="N", help="make a run of its own of it")
    what.add_argument("--discard", type=whole, metavar="N", help="throw it away")
    p.set_defaults(command=managing.aside)

    p = commands.add_parser("bin", help="list deleted runs, take one out of the bin, or empty it")
    p.add_argument("act", nargs="?", choices=["list", "restore", "empty"], default="list", metavar="list|restore|empty")
    p.add_argument("name", nargs="?", help="the name of a run in the bin, or what `bin list` calls it")
    p.set_defaults(command=managing.recycle_bin)

    commands.add_parser("runs", help="list the runs").set_defaults(command=managing.runs)


def _add_measuring(commands: Commands) -> None:
    p = commands.add_parser("bench", help="time the training and compare it with the lecture's loop")
    subject = p.add_mutually_exclusive_group()
    subject.add_argument("--scale", action="store_true", help="images per second as the settings grow")
    subject.add_argument("--runs", type=whole, choices=range(2, 17), metavar="N", help="N runs at once against one")
    subject.add_argument("--load", action="store_true", help="the server under viewers")
    subject.add_argument("--views", action="store_true", help="the cost of the views that look into a run")
    subject.add_argument("--desks", action="store_true", help="a class: 30 desks train while the teacher's run does")
    subject.add_argument("--class", action="store_true", help="200 students follow, answer, and are on the wall")
    subject.add_argument("--start", action="store_true", help="how long the app takes to start")
    subject.add_argument("--presets", action="store_true", help="presets in the same time, drawn to docs/presets.png")
    subject.add_argument("--device", choices=("cpu", "cuda", "mps"), help="two presets on this device, under viewers")
    subject.add_argument("--detectors", action="store_true", help="on which runs the warnings are raised, and when")
    p.add_argument("--readme", action="store_true", help="with --scale: put its table into README.md")
    p.add_argument("--only", default="", metavar="NAME", help="with --detectors: only the runs with this in their name")
    p.set_defaults(command=measuring.bench)


def _flag(knob: Knob) -> str:
    return "--" + knob.name.replace("_", "-")


def _help(knob: Knob) -> str:
    effect = f" {knob.applies.sentence}" if knob.applies else ""
    text = f"{knob.meaning}{effect} {knob.range_text()}, default {_text(knob.default)}"
    return text.replace("%", "%%")


def _text(value: Any) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, list | tuple) else f"{value}"


if __name__ == "__main__":
    sys.exit(main())
