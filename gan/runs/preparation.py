"""What happens before a run trains: its trainer is made from the newest intact state, and its files go back to that.

What the run had reached beyond that state is set aside first.
"""

from __future__ import annotations

import logging

import torch

from gan.recording import commands_file, recovery
from gan.recording.marks import marks_of
from gan.recording.record import Record
from gan.recording.step_version import with_this_version
from gan.runs import set_aside
from gan.runs.run_data import RunData
from gan.runs.snapshot import planned_epochs
from gan.training import device
from gan.training.trainer import Trainer

log = logging.getLogger(__name__)


def prepare(run: RunData) -> Trainer:
    """The trainer at the last checkpoint, with the run's figures and record cut back to it.

    Raises:
        AsideError: the disk has no room to set aside what lies beyond; nothing has changed.
        DataError, DeviceError: the images or the device of the run are not here.
    """
    if run.unsaved_trainer is not None:
        trainer, run.unsaved_trainer = run.unsaved_trainer, None
        return trainer
    writer, record = run.writer, run.record
    if writer.run_file.state == "diverged":  # what was asked since would only make it diverge again
        obeyed = writer.run_file.commands
        record = run.record = Record(record.commands[:obeyed], obeyed)
    if writer.on_disk.batch == 0 and not (writer.folder / "run.json").exists():
        writer.update_run_file()  # others see a new run, and a kill leaves one, while its images are being read
    start = recovery.resume_point(writer.folder, writer.run_file, record)
    _take_back_files(run, start)
    trainer = start.trainer
    run.series = run.series.truncated(min(trainer.batch, len(run.series)))
    run.scores.go_back(trainer.batch)
    run.health.go_back(trainer.batch)
    record.obeyed = start.obeyed
    run.aside = {one.number: one.batch for one in set_aside.listed(writer.folder)}
    run.publish(
        batch=trainer.batch, epoch=trainer.epoch, batches_per_epoch=trainer.batches_per_epoch,
        settings=trainer.settings, epochs=planned_epochs(trainer.settings, trainer.epoch),
        message=start.damage or "", grids=trainer.epoch,
        marks=marks_of(writer.run_file.initial_settings, record.so_far()), seconds=writer.run_file.seconds,
        aside=len(run.aside), course=writer.run_file.course,
    )  # fmt: skip
    return trainer


def _take_back_files(run: RunData, start: recovery.ResumePoint) -> None:
    """Let the run's files stand where training starts; sets aside what they hold beyond that."""
    writer, run_file, trainer = run.writer, start.run_file, start.trainer
    reached = set_aside.reach(writer.folder, writer.on_disk)
    if reached > trainer.batch or commands_file.read_valid(writer.folder)[1] is not None:
        set_aside.keep(writer.folder)
        again = {"repeats_until": max(reached, run_file.repeats_until), "course": run_file.course + 1}
        run_file = run_file.model_copy(update=again)
    if start.damage:
        log.warning("Run %s: %s", run.name, start.damage)
    writer.rewind(
        run_file, run.record.commands, state="queued", message="",
        processor=_joined(run_file.processor, device.processor(trainer.device.type)),
        torch_version=_joined(run_file.torch_version, torch.__version__),
        step_versions=with_this_version(run_file.step_versions),
        batches_per_epoch=trainer.batches_per_epoch,  # a new run's were not known yet
    )  # fmt: skip


def _joined(before: str, now: str) -> str:
    """Where a run has been trained, with the place where it is trained now."""
    return before if before.endswith(now) else f"{before}, {now}"[-200:] if before else now
