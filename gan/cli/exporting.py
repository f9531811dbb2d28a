"""`sample` and `export`: write images of a run's generator, or the run in another format."""

from __future__ import annotations

import argparse
from pathlib import Path

from gan.cli.common import SEEDS, check_range, run_folder
from gan.errors import LiveGANError, prefixed


def sample(options: argparse.Namespace) -> int:
    """Write images of a run's generator."""
    from gan.export.samples import write_samples
    from gan.recording.atomic_files import DamagedRun

    check_range("--count", options.count, 1, 1_000_000)
    check_range("--seed", options.seed, *SEEDS)
    if options.digit is not None:
        check_range("--digit", options.digit, 0, 9)
    out = Path(options.out)
    if out.suffix not in (".npy", ".png"):
        raise LiveGANError(f"--out is {options.out!r}; its name must end in .npy or .png.")
    folder = run_folder(options.name)
    try:
        with prefixed(f"Run {options.name} cannot be sampled", DamagedRun):
            write_samples(folder, options.count, options.seed, out, epoch=options.epoch, digit=options.digit)
    except OSError as error:
        raise LiveGANError(f"{out} could not be written: {error.strerror}.") from None
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run in another format; prints the path of the file."""
    from gan.export import FORMATS, export_run

    if options.format not in FORMATS:
        raise LiveGANError(f"--format is {options.format!r}; it must be one of {', '.join(FORMATS)}.")
    folder = run_folder(options.name)
    out = Path(options.out)
    try:
        content, filename, _ = export_run(folder, options.format)
        if options.format == "tensorboard":  # it looks for files with names of its own in a folder
            out.mkdir(parents=True, exist_ok=True)
        out = out / filename if out.is_dir() else out
        out.write_bytes(content)
    except OSError as error:
        raise LiveGANError(f"{out} could not be written: {error.strerror}.") from None
    print(out)
    return 0
