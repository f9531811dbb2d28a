"""`runs`, `trim`, `aside` and `bin`: the runs on disk, and making room there."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from gan.cli.common import print_json, run_folder
from gan.errors import LiveGANError, prefixed

if TYPE_CHECKING:
    from gan.runs.recycle_bin import Binned
    from gan.runs.registry import RunRegistry
    from gan.runs.set_aside import Aside


def runs(_options: argparse.Namespace) -> int:
    """List the runs on disk."""
    summaries = _registry().summaries()
    names = [s.name if s.title == s.name else f"{s.name} ({s.title})" for s in summaries]
    width = max(map(len, names), default=4)
    print(f"{'name':<{width}}  {'state':<11}  {'epochs':>11}  {'batches':>9}  {'best FID':>17}  started")
    for name, s in zip(names, summaries, strict=True):
        epochs = f"{s.epoch} of {s.epochs}"
        fid = "" if s.fid is None else f"{s.fid:.3g} (epoch {s.fid_epoch})"
        notes = " ".join(filter(None, [s.message, f"{s.aside} set aside." if s.aside else ""]))
        row = f"{name:<{width}}  {s.state:<11}  {epochs:>11}  {s.batch:>9}  {fid:>17}  {_minute(s.created)}  {notes}"
        print(row.rstrip())
    return 0


def trim(options: argparse.Namespace) -> int:
    """Keep the weights of some epochs only; prints the size of the run on disk afterwards."""
    from gan.recording.atomic_files import DamagedRun
    from gan.runs.trim import trim_run

    folder = run_folder(options.name)
    numbers = options.epochs.replace(",", " ").split()
    if not all(number.isascii() and number.isdecimal() and len(number) < 6 for number in numbers):
        raise LiveGANError(f"--epochs is {options.epochs[:60]!r}; it must be whole numbers such as 1,2,5,10.")
    try:
        with prefixed(f"Run {options.name} cannot be trimmed", DamagedRun):
            keep = {int(number) for number in numbers}
            size = trim_run(folder, keep, half=options.half, discriminators=options.discriminators)
    except OSError as error:
        raise LiveGANError(f"Run {options.name} cannot be trimmed: {error.strerror}.") from None
    print_json({"name": options.name, "bytes": size})
    return 0


def aside(options: argparse.Namespace) -> int:
    """List what is set aside in a run, or restore or throw away one part of it."""
    from gan.runs import set_aside

    folder, registry = run_folder(options.name), _registry()
    if options.restore is not None:
        print_json({"name": registry.restore_aside(options.name, options.restore)})
    elif options.discard is not None:
        registry.discard_aside(options.name, options.discard)
    else:
        _list_aside(set_aside.listed(folder))
    return 0


def _list_aside(found: list[Aside]) -> None:
    print(f"{'number':>6}  {'epoch':>6}  {'batch':>9}  {'MB':>7}  set aside" if found else "Nothing is set aside.")
    for one in found:
        print(f"{one.number:>6}  {one.epoch:>6}  {one.batch:>9}  {one.size / 1e6:>7.1f}  {_minute(one.made)}")


def recycle_bin(options: argparse.Namespace) -> int:
    """List the bin, take a run out of it, or empty it."""
    registry = _registry()
    if (options.name is not None) != (options.act == "restore"):
        raise LiveGANError("`bin restore` takes the name of a run in the bin; `bin list` and `bin empty` take none.")
    found = registry.bin.listed()
    if options.act == "restore":
        print_json({"name": registry.restore(options.name)})
    elif options.act == "empty":
        print_json({"runs": registry.empty_bin(), "bytes": sum(one.size for one in found)})
    else:
        _list_bin(found)
    return 0


def _list_bin(found: list[Binned]) -> None:
    if not found:
        print("The bin is empty.")
        return
    width = max(len(one.key) for one in found)
    print(f"{'name in the bin':<{width}}  {'MB':>7}  {'days left':>9}  deleted")
    for one in found:
        size = f"{one.size / 1e6:>7.1f}"
        print(f"{one.key:<{width}}  {size}  {one.days_left:>9}  {_minute(one.deleted)}  {one.title}")


def _registry() -> RunRegistry:
    from gan.runs.registry import RunRegistry, checkpoints_folder

    return RunRegistry(checkpoints_folder())


def _minute(seconds: float) -> str:
    """A moment (seconds since 1970) in local time, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
