"""Copies of a run that are set aside before training goes back to an earlier state.

    <run>/aside/<number>/   the whole folder of the run as it was then; its files are links where the disk knows them

It stays until the run has been trained to the same point again, bit for bit, or until the user restores it as a run of
its own or throws it away. A zip of the run does not hold it.
"""

from __future__ import annotations

import filecmp
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan.errors import LiveGANError
from gan.quality import scores
from gan.quality.scores import Scores
from gan.recording import atomic_files, commands_file, epochs, series_file, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand, SetKnobs, Step
from gan.recording.run_file import RunFile, read_run_file
from gan.runs import folders

FOLDER = "aside"
NUMBER = re.compile(r"[1-9]\d{0,5}")
STATE = re.compile(r"state-(\d{1,12})-[0-9a-f]{8}\.safetensors")


class AsideError(LiveGANError):
    """A run cannot be set aside, so training must not go back."""


@dataclass(frozen=True)
class Aside:
    """A copy. `batch` and `epoch`: how far it goes; `made`: when it was made (seconds since 1970); `size`: in bytes."""

    number: int
    batch: int
    epoch: int
    made: float
    size: int

    @property
    def text(self) -> str:
        return f"epoch {self.epoch}" if self.epoch else f"batch {self.batch}"


# --- looking -----------------------------------------------------------------------------------------------------


def numbers(folder: Path) -> list[int]:
    """The numbers of the copies in a run's folder, ascending."""
    return sorted(int(path.name) for path in (folder / FOLDER).glob("*") if NUMBER.fullmatch(path.name))


def listed(folder: Path) -> list[Aside]:
    """The copies in a run's folder, oldest first, damaged ones included."""
    return [_looked_at(path_of(folder, number), number) for number in numbers(folder)]


def path_of(folder: Path, number: int) -> Path:
    return folder / FOLDER / str(number)


def reach(folder: Path, run_file: RunFile) -> int:
    """The last batch of which a run's folder holds a checkpoint, state, weights, images or score."""
    ends = [epoch * run_file.batches_per_epoch for epoch, _ in epochs.paths(folder)]
    found = [STATE.fullmatch(path.name) for path in folder.glob("state-*")]
    states = [int(match.group(1)) for match in found if match]
    measured = [score.batch for score in scores.read(folder)]
    return max([run_file.batch, *ends, *states, *measured])


# --- setting aside and letting go --------------------------------------------------------------------------------


def keep(folder: Path) -> None:
    """Set the run aside as it is on disk now, and remove older copies that this one contains.

    Raises:
        AsideError: the disk refuses; nothing has changed.
    """
    for number in numbers(folder):
        if holds_again(folder, number):
            _absorb(folder, number)
    number = max(numbers(folder), default=0) + 1
    staging = folder / FOLDER / ".new"
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        for path in epochs.files_of_run(folder):
            inside = path.relative_to(folder)
            if not path.is_file() or inside.parts[0] == FOLDER or inside.name.startswith("."):
                continue
            if inside.name == "commands.jsonl":  # the one file that is written in place
                shutil.copyfile(path, staging / inside)
            else:
                atomic_files.link(path, staging / inside)
        staging.rename(path_of(folder, number))
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise AsideError(
            f"What the run had reached could not be set aside ({error.strerror or error}), so nothing was changed; "
            "make room on the disk and try again."
        ) from None


def let_go(folder: Path, number: int, known: Scores) -> bool:
    """Remove a copy if the run holds all of it again, bit for bit; its scores are added to `known`."""
    if not holds_again(folder, number):
        return False
    known.merge(scores.read(path_of(folder, number)))
    _remove(folder, number)
    return True


def discard(folder: Path, number: int) -> None:
    """Throw a copy away; raises `LiveGANError`."""
    _check(folder, number)
    _remove(folder, number)


def restore(folder: Path, number: int, into: Path) -> None:
    """Turn a copy into a run of its own in the folder `into`; raises `LiveGANError`."""
    _check(folder, number)
    folders.restore(path_of(folder, number), into, "It")
    folders.remove_if_empty(folder / FOLDER)


def holds_again(folder: Path, number: int) -> bool:
    """Whether the run on disk holds all of a copy again: figures, knob changes, weights and images, bit for bit."""
    old = path_of(folder, number)
    try:
        then, now = read_run_file(old), read_run_file(folder)
        if reach(folder, now) < reach(old, then) or now.batch < then.batch:
            return False
        return _same_figures(folder, then) and _same_commands(folder, old) and _same_epochs(folder, old, then)
    except (DamagedRun, OSError):
        return False


# --- parts -------------------------------------------------------------------------------------------------------


def _looked_at(path: Path, number: int) -> Aside:
    try:
        run_file = read_run_file(path)
        batch = reach(path, run_file)
        epoch = batch // run_file.batches_per_epoch
    except DamagedRun:
        batch = epoch = 0
    try:
        made = path.stat().st_mtime
    except OSError:
        made = 0.0
    return Aside(number, batch, epoch, made, atomic_files.size(path))


def _check(folder: Path, number: int) -> None:
    if number not in numbers(folder):
        raise LiveGANError(f"Nothing is set aside under number {number}.")


def _absorb(folder: Path, number: int) -> None:
    """Remove a copy that the run contains, but keep the scores that only the copy has."""
    known = scores.read(folder)
    batches = {score.batch for score in known}
    more = [score for score in scores.read(path_of(folder, number)) if score.batch not in batches]
    if more:
        scores.write(folder, sorted([*known, *more], key=lambda score: score.batch))
    _remove(folder, number)


def _remove(folder: Path, number: int) -> None:
    shutil.rmtree(path_of(folder, number), ignore_errors=True)
    folders.remove_if_empty(folder / FOLDER)


def _same_figures(folder: Path, then: RunFile) -> bool:
    if then.batch == 0:
        return True
    rows = np.ascontiguousarray(series_file.read_rows(folder)[: then.batch])
    return atomic_files.sha256(rows.tobytes()) == then.series_sha256


def _same_commands(folder: Path, old: Path) -> bool:
    """Whether the record holds all of the copy's commands that affect training, in order; False if any is damaged."""
    (then, complaint), (now, _) = commands_file.read_valid(old), commands_file.read_valid(folder)
    left = iter(_acting(now))  # other commands, such as more epochs, change no bit of what is compared
    return complaint is None and all(command in left for command in _acting(then))


def _acting(commands: list[RecordedCommand]) -> list[RecordedCommand]:
    return [each for each in commands if isinstance(each.command, SetKnobs) or _is_step_of_one(each)]


def _is_step_of_one(recorded: RecordedCommand) -> bool:
    return isinstance(recorded.command, Step) and recorded.command.only is not None


def _same_epochs(folder: Path, old: Path, then: RunFile) -> bool:
    """Whether weights and images of common epochs are equal; those after the compared figures must exist."""
    for epoch, path in epochs.paths(old):
        again = folder / path.parent.name / path.name
        if not again.exists():
            if epoch > then.epoch:
                return False
        elif path.suffix == ".png":
            if not filecmp.cmp(path, again, shallow=False):
                return False
        elif weights_file.read_checksum(path) != weights_file.read_checksum(again):
            return False
    return True
