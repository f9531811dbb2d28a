"""A run: one training thread, the commands that steer it, and the state that others read.

Others call `snapshot`, `series`, `grid` and `command`; none of them waits for a batch. The thread obeys commands
between two batches and publishes an immutable `Snapshot` after each.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

import gan
from gan.data.grid import grid_png
from gan.data.image_sets import DataError
from gan.limits import MAX_BATCHES, MAX_COMMANDS
from gan.quality.evaluator import EvaluationRequest, Evaluator
from gan.quality.scores import Scores
from gan.recording import commands_file, epochs, recovery
from gan.recording.commands import ONLY, Command, settings_after
from gan.recording.marks import marks_for, marks_of
from gan.recording.metric_history import METRICS, MetricHistory
from gan.recording.record import Record
from gan.recording.run_file import UNFINISHED, RunFile
from gan.recording.step_version import with_this_version
from gan.recording.writer import RunWriter, is_held
from gan.runs import set_aside, waiting
from gan.runs.branch import catching_up
from gan.runs.inbox import KINDS, Inbox, InboxFull, Orders
from gan.runs.queue import TrainingQueue
from gan.runs.set_aside import AsideError
from gan.runs.snapshot import Snapshot, counted, planned_epochs, snapshot_of, why_over, why_too_short
from gan.runs.throughput import Throughput
from gan.runs.waiting import Holder
from gan.settings import KNOBS, LIVE_KNOBS, Settings, SettingsError
from gan.training import device
from gan.training.trainer import Diverged, Trainer, all_finite

log = logging.getLogger(__name__)
T = TypeVar("T")


class RunError(Exception):
    """A command that this run cannot obey; the text is one sentence for the user."""


@dataclass(frozen=True)
class Preview:
    """The images of the fixed noise (64 x C x H x W, in the run's own range) after `batch` batches."""

    batch: int
    images: Tensor


class Run:
    """See the module. Made by `Run.new` or `Run.open`; `launch` starts its thread."""

    def __init__(
        self, folder: Path, run_file: RunFile, training_queue: TrainingQueue[Run], evaluator: Evaluator | None
    ) -> None:
        self.name = run_file.name
        self.writer = RunWriter(folder, run_file)
        self.series = MetricHistory()
        self.scores = Scores(folder)
        self.preview: Preview | None = None
        self.preview_wanted = False
        self.pause_at: int | None = None  # a batch before which to rest
        self.stop_at = run_file.ends_at  # a batch before which to end
        self._aside: dict[int, int] = {}  # what is set aside, by its number, and up to which batch it goes
        self._training_queue = training_queue
        self._evaluator = evaluator
        self.record = Record()
        self._inbox = Inbox()
        self._thread: threading.Thread | None = None
        self._turn = threading.RLock()  # held while the run is woken and while it ends, never across a batch
        self._awake = False
        self._kept: Trainer | None = None
        self._paused = False
        self._refused = False  # the disk had no room to begin
        self._batch_began = -math.inf
        self._snapshot = snapshot_of(run_file, (), run_file.state)

    @classmethod
    def new(
        cls,
        folder: Path,
        settings: Settings,
        training_queue: TrainingQueue[Run],
        evaluator: Evaluator | None = None,
        title: str | None = None,
    ) -> Run:
        """A run that has not begun. Without an evaluator its images are not measured."""
        now = time.time()
        run_file = RunFile(
            name=folder.name, title=title, state="queued", created=now, updated=now, initial_settings=settings,
            settings=settings, app_version=gan.__version__, torch_version=torch.__version__, step_versions=(),
        )  # fmt: skip
        return cls(folder, run_file, training_queue, evaluator)

    @classmethod
    def open(cls, folder: Path, training_queue: TrainingQueue[Run], evaluator: Evaluator | None = None) -> Run:
        """A run found on disk, its series and record read and checked.

        Raises:
            DamagedRun: nothing can be made of it.
        """
        found = recovery.find(folder)
        run_file = found.run_file
        run = cls(folder, run_file, training_queue, evaluator)
        run.series, run.record, run.writer.on_disk = found.series, found.record, found.on_disk
        state: str = run_file.state
        if state in UNFINISHED:
            state = "elsewhere" if is_held(folder) else "interrupted"
        if state != "elsewhere":  # one that trains is ahead of its last checkpoint
            run.scores.keep_fitting(found.on_disk.batch, run_file.batches_per_epoch)
        run._snapshot = snapshot_of(run_file, marks_of(run_file.initial_settings, found.record.so_far()), state)
        damage = found.damage or recovery.damage_of_state(folder, run_file)
        run._snapshot = dataclasses.replace(
            run._snapshot, message=damage or run_file.message,
            resumable=found.on_disk.resumable, aside=len(set_aside.numbers(folder)),
        )  # fmt: skip
        return run

    # --- for other threads -------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        now = self._snapshot
        ahead = self._training_queue.ahead(self) if now.state == "queued" else None
        if ahead is None:
            now = dataclasses.replace(now, over=self._why_over(), stop_at=self.stop_at)
            if now.state not in ("running", "paused") or not now.parent or now.message:
                return now
            message = catching_up(now, self.record.commands[self.record.obeyed :])
            return dataclasses.replace(now, message=message)
        holders = [Holder(run._snapshot, ahead.paused.get(run)) for run in ahead.holders]
        message = waiting.sentence(holders, [run._snapshot for run in ahead.waiting], self._training_queue.limit)
        return dataclasses.replace(now, message=message, stop_at=self.stop_at)

    @property
    def active(self) -> bool:
        """Whether its thread takes commands (running, paused or queued)."""
        return self._awake

    @property
    def ahead_of_disk(self) -> bool:
        """Whether this object knows more than the run's folder: it trains, or the disk refuses."""
        return self._awake or self._refused or self.writer.trouble is not None

    def grid(self, epoch: int | None) -> bytes | None:
        """The PNG of an epoch (from 1; None: the last checkpoint's)."""
        return self.writer.grid(epoch)

    def launch(self, *, paused: bool = False) -> None:
        """Start the thread, from the last checkpoint if there is one; raises `RunError`."""
        with self._turn:
            if self._awake:
                return
            if not self._snapshot.resumable:
                raise RunError(self._not_kept())
            if not self.writer.lock():
                raise RunError(f"Run {self._snapshot.title} is being trained by another process.")
            self._awake, self._refused = True, False
            self._publish(state="queued", message="")
            if not paused:  # here, so that runs queue in the order in which they were started
                self._training_queue.acquire(self, self._inbox.wake)
            self._thread = threading.Thread(target=self._main, args=(paused,), name=f"run {self.name}", daemon=True)
            self._thread.start()

    def command(self, kind: str, values: dict[str, Any] | None = None) -> None:
        """Ask for something in `KINDS`; acts before the next batch. A resting run is woken by it.

        Raises:
            RunError, SettingsError, InboxFull: one sentence for the user.
        """
        values = values or {}
        if kind not in KINDS:
            raise RunError(f"There is no command {kind[:40]!r}; it must be one of {', '.join(KINDS)}.")
        if kind == "set":
            if not values:
                raise SettingsError("No knob is named in this command.")
            check_live(self._snapshot.settings, values)
            if refusal := why_too_short(self._snapshot, self._snapshot.settings.changed(**values)):
                raise RunError(refusal)
        if kind != "stop" and self.writer.has_full_record(self.record):
            raise RunError(f"This run has taken {MAX_COMMANDS:,} commands, as many as it can record; start a new run.")
        with self._turn:
            if not self._awake:
                if self._snapshot.state == "elsewhere":
                    raise RunError(f"Run {self._snapshot.title} is being trained by another process.")
                if kind in ("pause", "stop"):
                    return
                if kind != "set" and (done := self._why_over()):
                    raise RunError(done)
                self.launch(paused=kind != "resume")
            self._inbox.put(kind, values)

    def _why_over(self) -> str | None:
        """Why there is nothing to train, in a sentence, or None."""
        s = self._snapshot
        repeats = s.state == "paused" and s.batch < self.writer.run_file.repeats_until  # then no time limit ends it
        return None if repeats else why_over(s)

    def _not_kept(self) -> str:
        s = self._snapshot
        done = f"It has trained its {counted(s.epoch, 'epoch')}, and its" if s.state == "finished" else "Its"
        return (
            f"{done} training state was not kept, so it cannot go on; branch from it, or train its recording again "
            "as a new run."
        )

    def peek(self, look: Callable[[Trainer], T]) -> Future[T]:
        """Have `look` called by the training thread between two batches; it must change nothing.

        The future is cancelled if the thread ends first. Raises `InboxFull`.
        """
        with self._turn:
            if self._awake:
                return self._inbox.look(look)
        future: Future[T] = Future()
        future.cancel()
        return future

    def look_aside(self) -> None:
        """Count again what is set aside: something of it was restored or thrown away."""
        with self._turn:
            if self._awake:  # only its thread may change the snapshot
                with contextlib.suppress(InboxFull):  # then it shows the old number for a while
                    self.peek(lambda _trainer: self._publish(aside=len(set_aside.numbers(self.writer.folder))))
            else:
                self._publish(aside=len(set_aside.numbers(self.writer.folder)))

    def shut_down(self) -> None:
        """Ask the thread to write a checkpoint and end, to be resumed later."""
        with self._turn:
            if self._awake:
                self._inbox.shut_down()

    def join(self, timeout: float | None = None) -> None:
        if self._thread is not None:
            self._thread.join(timeout)

    # --- the thread --------------------------------------------------------------------------------------------

    def _main(self, paused: bool) -> None:
        refused = False
        try:
            device.one_thread_a_run()
            trainer = self._prepare()
            self._loop(trainer, paused)
        except Diverged:
            where = f"batch {self._snapshot.batch + 1}"
            self._end("diverged", f"A loss was no longer a finite number at {where}; the last good checkpoint is kept.")
        except (DataError, device.DeviceError) as error:
            self._end("failed", str(error))
        except AsideError as error:
            refused = True
            self._refuse(str(error))
        except Exception as error:
            log.exception("Run %s failed at batch %d", self.name, self._snapshot.batch)
            self._end("failed", f"Training ended by an error ({type(error).__name__}); the log has the details.")
        finally:
            self._training_queue.release(self)
            self.writer.unlock()
            self._fall_asleep(refused)

    def _fall_asleep(self, refused: bool) -> None:
        """From here on a command wakes the run again; so does one that came too late for the thread that ends."""
        with self._turn:
            late = self._inbox.close()
            self._awake = False
            if self._snapshot.state in ("stopped", "finished") and not refused:
                for kind, values in late:
                    with contextlib.suppress(RunError):  # it is finished: there is nothing left to do
                        self.command(kind, values)

    def _prepare(self) -> Trainer:
        """The trainer at the last checkpoint, with series and record cut back to it."""
        if self._kept is not None:  # stopped while the disk refused: it lives on in memory
            trainer, self._kept = self._kept, None
            return trainer
        folder, record = self.writer.folder, self.record
        if self.writer.run_file.state == "diverged":  # what was asked since would only make it diverge again
            obeyed = self.writer.run_file.commands
            record = self.record = Record(record.commands[:obeyed], obeyed)
        if self.writer.on_disk.batch == 0 and not (folder / "run.json").exists():
            self.writer.note_state()  # others see a new run, and a kill leaves one, while its images are being read
        start = recovery.start_of(folder, self.writer.run_file, record)
        trainer, run_file = start.trainer, start.run_file
        reached = set_aside.reach(folder, self.writer.on_disk)
        if reached > trainer.batch or commands_file.read_valid(folder)[1] is not None:
            set_aside.keep(folder)
            again = {"repeats_until": max(reached, run_file.repeats_until), "course": run_file.course + 1}
            run_file = run_file.model_copy(update=again)
        if start.damage:
            log.warning("Run %s: %s", self.name, start.damage)
        self.writer.go_back(
            run_file, record.commands, state="queued", message="",
            processor=_and(run_file.processor, device.processor(run_file.settings.device)),
            torch_version=_and(run_file.torch_version, torch.__version__),
            step_versions=with_this_version(run_file.step_versions),
            batches_per_epoch=trainer.batches_per_epoch,  # a new run's were not known yet
        )  # fmt: skip
        self.series = self.series.truncated(min(trainer.batch, len(self.series)))
        self.scores.go_back(trainer.batch)
        record.obeyed = start.obeyed
        self._aside = {one.number: one.batch for one in set_aside.listed(folder)}
        self._publish(
            batch=trainer.batch, epoch=trainer.epoch, batches_per_epoch=trainer.batches_per_epoch,
            settings=trainer.settings, epochs=planned_epochs(trainer.settings, trainer.epoch),
            message=start.damage or "", grids=trainer.epoch,
            marks=marks_of(run_file.initial_settings, record.so_far()), seconds=run_file.seconds,
            aside=len(self._aside), course=run_file.course,
        )  # fmt: skip
        return trainer

    def _loop(self, trainer: Trainer, paused: bool) -> None:
        self._paused = paused
        throughput = Throughput(trainer.batch, self._snapshot.seconds)
        while True:
            self._replay_due(trainer)
            if trainer.batch == self.pause_at:
                self._paused, self.pause_at = True, None
            resting = self._paused and not self._inbox.has_step
            over = trainer.finished or self._out_of_time(trainer) or trainer.batch >= MAX_BATCHES
            if trainer.batch == self.stop_at and not over:
                return self._finish(trainer, "stopped")
            idle = resting or not (over or self._training_queue.acquire(self, self._inbox.wake))
            if idle:
                self._rest(trainer, "paused" if resting else "queued")
                throughput.rest(trainer.batch)
            asked = self._inbox.take(self._place_left() if idle else self._pause_of(trainer), at_once=over)
            if isinstance(asked, Orders):
                self._take(trainer, asked)
                if asked.end is not None:
                    return self._finish(trainer, "stopped" if asked.end == "stop" else "interrupted")
            elif asked is not None:
                asked.answer(trainer)
            elif not idle and over:
                self._inbox.drop_steps()
                return self._finish(trainer, "finished")
            elif not idle and self._pause_of(trainer) <= 0:
                self._train_batch(trainer, throughput)

    def _out_of_time(self, trainer: Trainer) -> bool:
        limit = trainer.settings.seconds if trainer.batch >= self.writer.run_file.repeats_until else 0
        return limit > 0 and self._snapshot.seconds >= limit

    def _take(self, trainer: Trainer, asked: Orders) -> None:
        """Obey commands."""
        if asked.values:
            self._set(trainer, asked.values)
        if asked.mode is not None:
            self._note(trainer, asked.mode, {})
            self._paused = asked.mode == "pause"
        if asked.end is not None:
            self._note(trainer, asked.end, {})

    def _pause_of(self, trainer: Trainer) -> float:
        """In slow motion: the seconds until the next batch is due."""
        pace = trainer.settings.pace
        return max(0.0, self._batch_began + 1 / pace - time.monotonic()) if pace else 0.0

    def _train_batch(self, trainer: Trainer, throughput: Throughput) -> None:
        step = self._inbox.take_step()
        if step is not None:
            self._paused = True
            self._obey(trainer, self._note(trainer, step, {}))
        self._batch_began = time.monotonic()
        self.series.append(trainer.step(self.record.only(trainer.batch)))
        rate, seconds = throughput.tick(trainer.batch)
        self._publish(batch=trainer.batch, epoch=trainer.epoch, state="running", rate=rate, seconds=seconds)
        ended = trainer.batch % trainer.batches_per_epoch == 0
        if ended:
            self._keep_epoch(trainer)
        if self.writer.due() or (ended and trainer.epoch % trainer.settings.full_every == 0):
            self._checkpoint(trainer, "running")
        if self.preview_wanted:
            self.preview_wanted = False
            self.preview = Preview(trainer.batch, trainer.sample())

    def _rest(self, trainer: Trainer, state: str) -> None:
        """Paused, or waiting for a slot: everything on disk, the images up to date."""
        if self._snapshot.state == state:
            if self._place_left() == 0:
                self._training_queue.release(self)
                self._publish(keeps_until=None)
            return
        kept = self._training_queue.pause(self) if state == "paused" else None
        self.preview = Preview(trainer.batch, trainer.sample())
        self._checkpoint(trainer, state)
        self._publish(state=state, rate=0.0, keeps_until=kept and time.time() + kept)

    def _place_left(self) -> float | None:
        """Seconds for which a paused run keeps its place; None if it keeps none."""
        until = self._snapshot.keeps_until
        return None if until is None else min(max(0.0, until - time.time()), self._training_queue.keep)

    def _finish(self, trainer: Trainer, state: str) -> None:
        if trainer.batch == self.stop_at:
            self.stop_at = None
        self.preview = Preview(trainer.batch, trainer.sample())
        self._checkpoint(trainer, state)
        if self.writer.trouble:
            self._kept = trainer
        if state == "finished" and trainer.batch % trainer.batches_per_epoch:  # its time was up
            self._have_measured(trainer, epochs.weights_of(trainer.state()))
        self._publish(state=state, message="", rate=0.0)

    def _end(self, state: str, message: str) -> None:
        """Diverged or failed: the checkpoint before it stands."""
        message = message[:500]
        self.writer.note_state(state=state, message=message)
        self._publish(state=state, message=message, rate=0.0)

    def _refuse(self, message: str) -> None:
        """The disk had no room to begin: the run stays as it is on disk, and until it is tried again says why."""
        state = self.writer.run_file.state
        self._refused = True
        self._publish(state="interrupted" if state in UNFINISHED else state, message=message, rate=0.0)

    # --- commands and record -----------------------------------------------------------------------------------

    def _set(self, trainer: Trainer, values: dict[str, Any]) -> None:
        settings = trainer.settings.changed(**values)
        before, after = trainer.settings.model_dump(mode="json"), settings.model_dump(mode="json")
        changes = {name: after[name] for name in values if before[name] != after[name]}
        if changes:
            self._obey(trainer, self._note(trainer, "set", changes))

    def _note(self, trainer: Trainer, kind: str, values: dict[str, Any]) -> Command:
        """Write down what acts now."""
        command = Command(trainer.batch, kind, values, time.time())
        self.writer.record(self.record, command)
        return command

    def _replay_due(self, trainer: Trainer) -> None:
        """After a kill, or on a branch: what the record holds beyond the checkpoint acts again at its batch."""
        for command in self.record.due(trainer.batch):
            self._obey(trainer, command)

    def _obey(self, trainer: Trainer, command: Command) -> None:
        """Turn knobs. (Which network alone learns after a step, the batch itself reads in the record.)"""
        before = trainer.settings.model_dump(mode="json")
        marks = (*self._snapshot.marks, *marks_for(command, before))
        if command.kind in ONLY:
            self._publish(marks=marks)
        elif command.kind == "set":
            settings = settings_after(trainer.settings, [command])
            trainer.change(settings)
            self._publish(settings=settings, epochs=planned_epochs(settings, trainer.epoch), marks=marks)
            if "latent_dim" in command.values:
                self.preview = Preview(trainer.batch, trainer.sample())

    # --- what is kept ------------------------------------------------------------------------------------------

    def _keep_epoch(self, trainer: Trainer) -> None:
        weights = epochs.weights_of(trainer.state())
        if not all_finite(weights):  # the losses of this batch were, those of the next cannot be
            raise Diverged
        packed = epochs.packed(weights, trainer.settings, trainer.batch, trainer.epoch)
        self.writer.epoch(trainer.epoch, grid_png(trainer.sample()), packed, trainer.settings.kept_epochs)
        self._publish(grids=trainer.epoch)
        self._have_measured(trainer, weights)

    def _have_measured(self, trainer: Trainer, weights: dict[str, Tensor]) -> None:
        if self._evaluator is not None:
            request = EvaluationRequest(
                self.scores, weights, trainer.settings, trainer.batch, trainer.epoch, self.scores.line,
                lambda: self._snapshot.state != "running",
            )  # fmt: skip
            self._evaluator.submit(request)

    def _checkpoint(self, trainer: Trainer, state: str) -> None:
        tensors = trainer.state()
        if not all_finite(tensors):
            raise Diverged
        figures = self.series.rows(max(0, trainer.batch - 1), trainer.batch).flatten().tolist()
        self.writer.checkpoint(
            tensors, self.series, self.record, grid_png(trainer.sample()),
            state=state, message="", settings=trainer.settings, batch=trainer.batch, epoch=trainer.epoch,
            batches_per_epoch=trainer.batches_per_epoch, seconds=self._snapshot.seconds, ends_at=self.stop_at,
            figures=dict(zip(METRICS, figures, strict=False)),
        )  # fmt: skip
        self._publish(size=self.writer.run_file.size)
        self._let_go_of_what_came_again(trainer)

    def _let_go_of_what_came_again(self, trainer: Trainer) -> None:
        """What was set aside can go once it has been trained again, bit for bit; else it stays for the user."""
        passed = [number for number, batch in self._aside.items() if batch <= trainer.batch]
        if not passed or self.writer.trouble:
            return
        for number in passed:
            del self._aside[number]
            set_aside.let_go(self.writer.folder, number, self.scores)
        self._publish(aside=len(set_aside.numbers(self.writer.folder)))

    def _publish(self, **changes: Any) -> None:
        """Replace the snapshot; `revision` grows with everything but the mere progress of training."""
        old = self._snapshot
        if changes.get("state", "paused") != "paused":
            changes["keeps_until"] = None
        new = dataclasses.replace(old, updated=time.time(), saved=self.writer.trouble, **changes)
        if (new.state, new.message, new.settings, new.saved, new.grids) != (
            old.state, old.message, old.settings, old.saved, old.grids,
        ):  # fmt: skip
            new = dataclasses.replace(new, revision=old.revision + 1)
        self._snapshot = new


def _and(before: str, now: str) -> str:
    """Where a run has been trained: here, or elsewhere before."""
    return before if before.endswith(now) else f"{before}, {now}"[-200:] if before else now


def check_live(settings: Settings, values: dict[str, Any]) -> None:
    """Raise `SettingsError` unless a run may be told to set these knobs."""
    for name in values:
        if name in KNOBS and name not in LIVE_KNOBS:
            raise SettingsError(f"{KNOBS[name].label} ({name}) is fixed when a run starts; start a new run for it.")
    settings.changed(**values)
