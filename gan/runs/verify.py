"""Checks everything in a run's folder, as uploads require: piece by piece, in little time and memory.

Training, the page and the exports check each file again when they read it. Here the files must also agree with each
other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import Tensor

from gan.data.grid import is_grid_png
from gan.limits import MAX_HEALTH, MAX_PICTURE, MAX_SCORES, MAX_STATE, MAX_UPLOADED_SERIES, MAX_WEIGHTS
from gan.quality import scores
from gan.recording import atomic_files, commands_file, epochs, series_file, tensor_files, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand
from gan.recording.run_file import FullState, Point, RunFile, read_run_file
from gan.recording.tensor_files import Header, NotTensors
from gan.recording.weights_file import Metadata
from gan.settings import Settings, parse
from gan.training.random_streams import LONGEST_STATE
from gan.training.state_checks import check_state, check_weights
from gan.views import health_history


def verify(folder: Path) -> RunFile:
    """Check every file of a run and that they agree; returns its `run.json`, raises `DamagedRun`.

    Files of epochs after the last checkpoint are removed; they come from a run that was training.
    """
    run_file = read_run_file(folder)
    _check_series(folder, run_file)
    settings = _check_record(folder, run_file)
    if settings[run_file.commands] != run_file.settings:
        raise DamagedRun("its settings are not those that its commands lead to.")
    epochs.remove_after(folder, run_file.epoch)
    for state in run_file.states:
        _check_state(folder, state, settings[state.commands])
    for epoch in epochs.numbers(folder):
        _check_weights(folder, epoch, epoch * run_file.batches_per_epoch)
    _check_scores(folder, run_file)
    _check_health(folder, run_file)
    for path in pictures(folder):
        if not is_grid_png(atomic_files.read(path, MAX_PICTURE)):
            raise DamagedRun(f"{path.relative_to(folder).as_posix()} is not a picture of 64 images.")
    return run_file


def pictures(folder: Path) -> Iterator[Path]:
    """The pictures of a run's folder."""
    latest, grids = folder / "latest.png", folder / "grids"
    if latest.exists():
        yield latest
    if grids.is_dir():
        with os.scandir(grids) as entries:
            yield from (Path(entry.path) for entry in entries)


# --- figures and commands ----------------------------------------------------------------------------------------


def _check_series(folder: Path, run_file: RunFile) -> None:
    points: list[Point] = [*run_file.states, run_file]
    parts = series_file.iter_rows(folder, MAX_UPLOADED_SERIES) if run_file.batch else iter(())
    sums = series_file.prefix_checksums(parts, (point.batch for point in points))
    for point in points:
        if sums.get(point.batch) != point.series_sha256:
            raise atomic_files.altered(series_file.NAME)


def _check_record(folder: Path, run_file: RunFile) -> dict[int, Settings]:
    """The run's settings at each of its states and its last checkpoint, by the number of commands obeyed there."""
    points: list[Point] = [*run_file.states, run_file]
    walk = _Walk(run_file, {point.commands for point in points})
    sums = commands_file.prefix_checksums(
        walk.through(commands_file.iterate(folder)), (point.commands for point in points)
    )
    for point in points:
        if sums.get(point.commands) != point.commands_sha256:
            raise atomic_files.altered(commands_file.NAME)
    return walk.settings


class _Walk:
    """Follows the commands of a run, notes its settings at some of them, and checks that it can have reached each."""

    def __init__(self, run_file: RunFile, counts: set[int]) -> None:
        self._run_file = run_file
        self._counts = counts
        self._values: dict[str, Any] = run_file.initial_settings.model_dump(mode="json")
        self._changed: set[str] = set()
        self.settings = {0: run_file.initial_settings}

    def through(self, commands: Iterator[RecordedCommand]) -> Iterator[RecordedCommand]:
        """Yield the same commands; raises `DamagedRun` at a batch that the number of epochs did not allow."""
        last, now = 0, self._run_file.batch
        if not self._run_file.commands:
            self._check_last(last, now)
        for count, command in enumerate(commands, start=1):
            if command.batch > last and count <= self._run_file.commands:
                self._check_epochs(command.batch)
            last = command.batch
            self._values |= command.values
            if count in self._counts:
                self.settings[count] = parse(self._values)
            if count == self._run_file.commands:
                self._check_last(last, now)
            yield command

    def _check_last(self, last: int, now: int) -> None:
        if last > now:
            raise DamagedRun("commands.jsonl holds a command that the run cannot have obeyed yet.")
        if now > last:
            self._check_epochs(now)

    def _check_epochs(self, batch: int) -> None:
        """Raises `DamagedRun` if the settings allowed fewer batches than `batch`."""
        if batch > self._values["epochs"] * self._run_file.batches_per_epoch:
            raise DamagedRun("it has trained more epochs than its settings allow.")


# --- tensors -----------------------------------------------------------------------------------------------------


def _check_state(folder: Path, state: FullState, settings: Settings) -> None:
    path = folder / state.file
    atomic_files.check_file(path, MAX_STATE, state.sha256)
    try:
        head = tensor_files.read_header(path, MAX_STATE)
        if head.metadata.keys() - {"format"}:
            raise NotTensors("its metadata are not those of a state")
        check_state(settings, _stand_ins(path, head))
        with atomic_files.opened(path, MAX_STATE) as file:
            tensor_files.check_numbers(file, head, head.tensors)
    except NotTensors as error:
        raise DamagedRun(f"{state.file} is not a whole safetensors file: {error}.") from None
    except ValueError as error:
        raise DamagedRun(str(error)) from None


def _stand_ins(path: Path, head: Header) -> Mapping[str, Tensor]:
    """Shapes and types of a state's tensors; only those of random generators, which are small, have their numbers."""
    found = {name: place.meta_tensor() for name, place in head.tensors.items()}
    with atomic_files.opened(path, MAX_STATE) as file:
        for name, place in head.tensors.items():
            if name.startswith("rng.") and place.length <= LONGEST_STATE:
                found[name] = tensor_files.read_tensor(file, place)
    return found


def _check_weights(folder: Path, epoch: int, batch: int) -> None:
    path = epochs.path_of(folder, epoch)
    try:
        head = tensor_files.read_header(path, MAX_WEIGHTS)
        about = Metadata.model_validate(dict(head.metadata))
        if (about.epoch, about.batch) != (epoch, batch):
            raise DamagedRun(f"{path.name} holds the weights of another epoch.")
        if about.networks is not None:
            raise DamagedRun(f"{path.name} holds the weights of networks of one's own, which the run has not.")
        weights = {name: location.meta_tensor() for name, location in head.tensors.items()}
        check_weights(about.settings, weights_file.widened(weights))
        with atomic_files.opened(path, MAX_WEIGHTS) as file:
            if tensor_files.check_numbers(file, head, sorted(head.tensors)) != about.sha256:
                raise atomic_files.altered(path.name)
    except (NotTensors, ValidationError) as error:
        reason = f": {error}" if isinstance(error, NotTensors) else ""
        raise DamagedRun(f"{path.name} does not hold the weights of an epoch{reason}.") from None
    except ValueError as error:
        raise DamagedRun(str(error)) from None


# --- scores and health -------------------------------------------------------------------------------------------


def _check_scores(folder: Path, run_file: RunFile) -> None:
    """Check the scores; those after the last checkpoint are removed, as epochs are."""
    if not (folder / scores.NAME).exists():
        return
    found = scores.unpacked(atomic_files.read(folder / scores.NAME, MAX_SCORES))
    kept = scores.fitting(found, run_file.batch, run_file.batches_per_epoch)
    if kept != tuple(score for score in found if score.batch <= run_file.batch):
        raise DamagedRun(f"{scores.NAME} holds scores of epochs that are not those of their batches.")
    if kept != found:
        scores.write(folder, kept)


def _check_health(folder: Path, run_file: RunFile) -> None:
    """Check the health of the gradients; points after the last checkpoint are removed, as scores are."""
    if not (folder / health_history.NAME).exists():
        return
    found = health_history.unpacked(atomic_files.read(folder / health_history.NAME, MAX_HEALTH))
    settings = run_file.initial_settings
    layers = len(settings.g_hidden) + 1, len(settings.d_hidden) + 1
    if any((len(point.g), len(point.d)) != layers for point in found):
        raise DamagedRun(f"{health_history.NAME} holds layers that the run's networks have not.")
    kept = tuple(point for point in found if point.batch <= run_file.batch)
    if kept != found:
        health_history.write(folder, kept)
