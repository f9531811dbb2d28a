"""Branches: new runs that equal another run up to the end of an epoch and continue with other knobs.

A branch holds the whole record up to that epoch, so it outlives its parent and replays without it. On disk it starts
like a run that was killed: at the nearest full state, with later commands still to be obeyed
(`gan.recording.record`).
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import gan
from gan.limits import MAX_STATE
from gan.quality import scores
from gan.recording import atomic_files, commands_file, epochs, networks_file, series_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand, SetKnobs, count_before, settings_after
from gan.recording.metric_history import Rows
from gan.recording.run_file import Desk, FullState, Point, RunFile, write_run_file
from gan.runs.snapshot import Snapshot
from gan.settings import KNOBS
from gan.training.steps import refuse_impossible_step
from gan.views import health_history


def begin(
    parent: Path, run_file: RunFile, rows: Rows, commands: list[RecordedCommand], epoch: int, values: dict[str, Any],
    into: Path, title: str | None = None, desk: Desk | None = None,
) -> None:  # fmt: skip
    """Write a branch of the run in `parent`, taken after `epoch` (0: at its beginning), into the folder `into`.

    Args:
        run_file, rows, commands: those of the parent in memory; `rows` and `commands` may be ahead of the disk.
        values: the live knobs that the branch changes there.
        desk: the desk that owns the branch. It has little room, so only the branch's own epoch keeps its weights.

    Raises:
        SettingsError: a knob is not live or has a bad value. LiveGANError: these networks or the step cannot have this
            value.
        DamagedRun: the file with the parent's networks of its own is not the recorded one. OSError: the disk refuses.
    """
    batch = epoch * run_file.batches_per_epoch
    shared = commands[: count_before(commands, batch)]
    now = settings_after(run_file.initial_settings, shared)
    wanted = SetKnobs(values).applied_to(now) if values else now
    refuse_impossible_step(wanted)
    if run_file.networks is not None:
        run_file.networks.check_change(now, wanted)
    own = networks_file.read(parent, run_file)
    after, before = wanted.model_dump(mode="json"), now.model_dump(mode="json")
    turned = {name: after[name] for name in values if after[name] != before[name]}
    by = None if desk is None else desk.name
    record = [*shared, *([RecordedCommand(batch, SetKnobs(turned), time.time(), by)] if turned else [])]
    into.mkdir(parents=True)
    if own is not None:
        networks_file.write(into, own)
    state = _link_nearest(parent, into, run_file, commands, batch)
    point = state or Point()
    settings = settings_after(run_file.initial_settings, record[: point.commands])
    branch = RunFile(
        **{name: getattr(point, name) for name in Point.model_fields},
        name=into.name, title=title, state="interrupted", created=time.time(), updated=time.time(),
        app_version=gan.__version__,
        torch_version=run_file.torch_version, processor=run_file.processor, parent=parent.name, branched_at=epoch,
        step_versions=run_file.step_versions, networks=run_file.networks, desk=desk,
        initial_settings=run_file.initial_settings, settings=settings,
        epoch=point.batch // run_file.batches_per_epoch, batches_per_epoch=run_file.batches_per_epoch,
        states=(state,) if state else (), repeats_until=batch,
    )  # fmt: skip
    if state is not None:
        series_file.write(into, rows[: state.batch])
    for number, path in epochs.paths(parent):
        weights = path.parent.name == "epochs"
        if number <= branch.epoch and not (desk and weights and number < branch.epoch):  # it trains later ones itself
            with contextlib.suppress(FileNotFoundError):  # a parent that trains may just have thinned it
                atomic_files.link(path, into / path.parent.name / path.name)
    scores.write(into, [score for score in scores.read(parent) if score.batch <= branch.batch])
    health = [point for point in health_history.read(parent) if point.batch <= branch.batch]
    if health:
        health_history.write(into, health)
    commands_file.write(into, record)
    write_run_file(into, branch.model_copy(update={"size": atomic_files.size(into)}))


def begin_again(
    parent: Path, run_file: RunFile, commands: list[RecordedCommand], into: Path, title: str | None = None,
    desk: Desk | None = None,
) -> None:  # fmt: skip
    """Write a run into the folder `into` that repeats the recording of the run in `parent` from its beginning.

    Args:
        run_file: `run.json` of the parent, as last written.
        commands: all commands that the parent has obeyed.

    Raises:
        DamagedRun: the file with the parent's networks of its own is not the recorded one. OSError: the disk refuses.
    """
    own = networks_file.read(parent, run_file)
    into.mkdir(parents=True)
    if own is not None:
        networks_file.write(into, own)
    again = RunFile(
        name=into.name, title=title, state="interrupted", created=time.time(), updated=time.time(),
        app_version=gan.__version__, torch_version="", step_versions=(), parent=parent.name, branched_at=run_file.epoch,
        networks=run_file.networks, desk=desk,
        initial_settings=run_file.initial_settings, settings=run_file.initial_settings,
        batches_per_epoch=run_file.batches_per_epoch, repeats_until=run_file.batch, ends_at=run_file.batch,
    )  # fmt: skip
    commands_file.write(into, commands)
    write_run_file(into, again)


def catching_up(now: Snapshot, to_come: list[RecordedCommand]) -> str:
    """The message of a branch that still trains up to its branching point, where its knobs change; else ""."""
    batch = (now.branched_at or 0) * now.batches_per_epoch
    if now.stop_at or now.batch >= batch:
        return ""
    turned = {name: value for command in to_come if command.batch == batch for name, value in command.values.items()}
    then = " and ".join(f"{KNOBS[name].label} becomes {value}" for name, value in turned.items())
    return f"It trains up to epoch {now.branched_at} once more{f'; then {then}' if then else ''}."


def _link_nearest(
    parent: Path, into: Path, run_file: RunFile, commands: list[RecordedCommand], batch: int
) -> FullState | None:
    """Link the newest intact state at or before batch `batch` that precedes every later knob change, if any."""
    shared = commands[: count_before(commands, batch)]
    for state in reversed(run_file.states):
        later = commands[len(shared) : state.commands]
        if state.batch > batch or any(isinstance(each.command, SetKnobs) for each in later):
            continue
        try:
            atomic_files.link(parent / state.file, into / state.file)
            atomic_files.check_file(into / state.file, MAX_STATE, state.sha256)
        except (DamagedRun, FileNotFoundError):  # a parent that trains may just have thinned it
            atomic_files.remove(into / state.file)
            continue
        obeyed = shared[: state.commands]
        checksum = commands_file.checksum(obeyed)
        return state.model_copy(update={"commands": len(obeyed), "commands_sha256": checksum})
    return None
