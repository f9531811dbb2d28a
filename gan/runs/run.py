"""A run as others see it: commands that steer it, and what can be read of it at any time.

Nothing here waits for a batch. A thread of the run's own trains (`gan.runs.loop`), obeys commands between two batches
and publishes an immutable `Snapshot` after each.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import torch

import gan
from gan.errors import Busy, LiveGANError
from gan.limits import MAX_COMMANDS
from gan.quality.evaluator import Evaluator
from gan.quality.scores import Scores
from gan.recording import recovery
from gan.recording.commands import Command, Pause, Resume, SetKnobs, Stop
from gan.recording.marks import marks_of
from gan.recording.metric_history import MetricHistory
from gan.recording.record import Record
from gan.recording.run_file import Desk, NetworksRecord, RunFile
from gan.runs import loop, set_aside, waiting
from gan.runs.branch import catching_up
from gan.runs.desks import Desks
from gan.runs.inbox import Inbox
from gan.runs.run_data import Preview, RunData, RunQueue
from gan.runs.snapshot import Snapshot, counted, snapshot_of, state_at_rest, why_too_short
from gan.runs.waiting import Holder
from gan.settings import Settings
from gan.training.steps import refuse_impossible_step
from gan.training.trainer import Trainer
from gan.views.health_history import HealthHistory
from gan.views.health_meter import HealthMeter

T = TypeVar("T")
AT_REST_ALREADY = (Pause, Stop)  # commands that a run at rest is not woken for


class Run:
    """See the module. Made by `Run.new` or `Run.open`; `launch` starts its thread."""

    def __init__(
        self, data: RunData, training_queue: RunQueue, evaluator: Evaluator | None, meter: HealthMeter | None = None
    ) -> None:
        self._data = data
        self._training_queue = training_queue
        self._turns = None if data.desks is None else data.desks.turns
        self._evaluator = evaluator
        self._meter = meter
        self._inbox = Inbox()
        self._thread: threading.Thread | None = None
        self._turn = threading.RLock()  # held while the run is woken and while it ends, never across a batch
        self._awake = False

    @classmethod
    def new(
        cls,
        folder: Path,
        settings: Settings,
        training_queue: RunQueue,
        evaluator: Evaluator | None = None,
        title: str | None = None,
        networks: NetworksRecord | None = None,
        meter: HealthMeter | None = None,
        desk: Desk | None = None,
        desks: Desks[RunData] | None = None,
        ends_at: int | None = None,
    ) -> Run:
        """A run that has not begun. Without an evaluator its images are not measured, without a meter its gradients.

        Args:
            networks: those of one's own, whose file is in the folder.
            desk: the desk that owns it; it then takes its turns and limits from `desks`.
            ends_at: the batch at which it stops.
        """
        now = time.time()
        run_file = RunFile(
            name=folder.name, title=title, state="queued", created=now, updated=now, networks=networks, desk=desk,
            initial_settings=settings, settings=settings, app_version=gan.__version__,
            torch_version=torch.__version__, step_versions=(), ends_at=ends_at,
        )  # fmt: skip
        return cls(RunData(folder, run_file, desks), training_queue, evaluator, meter)

    @classmethod
    def open(
        cls,
        folder: Path,
        training_queue: RunQueue,
        evaluator: Evaluator | None = None,
        meter: HealthMeter | None = None,
        desks: Desks[RunData] | None = None,
    ) -> Run:
        """A run found on disk, its series and record read and checked.

        Raises:
            DamagedRun: nothing can be made of it.
        """
        found = recovery.recover(folder)
        run_file = found.run_file
        data = RunData(folder, run_file, desks)
        data.series, data.record, data.writer.on_disk = found.series, found.record, found.on_disk
        state = state_at_rest(folder, run_file)
        if state != "elsewhere":  # one that trains is ahead of its last checkpoint
            data.scores.keep_fitting(found.on_disk.batch, run_file.batches_per_epoch)
            data.health.keep_fitting(found.on_disk.batch)
        damage = found.damage or recovery.newest_state_damage(folder, run_file)
        marks = marks_of(run_file.initial_settings, found.record.so_far())
        snapshot = snapshot_of(run_file, state, marks, aside=len(set_aside.numbers(folder)))
        message, resumable = damage or run_file.message, found.on_disk.resumable
        data.snapshot = dataclasses.replace(snapshot, message=message, resumable=resumable)
        return cls(data, training_queue, evaluator, meter)

    # --- what can be read at any time --------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._data.name

    @property
    def folder(self) -> Path:
        return self._data.writer.folder

    @property
    def run_file(self) -> RunFile:
        """`run.json` as the run stands: its last checkpoint, or an earlier one that damage threw it back to."""
        return self._data.writer.run_file

    @property
    def on_disk(self) -> RunFile:
        """`run.json` as it was last read or written."""
        return self._data.writer.on_disk

    @property
    def series(self) -> MetricHistory:
        """The figures of every batch. A run that goes back to a checkpoint takes a new one."""
        return self._data.series

    @property
    def record(self) -> Record:
        return self._data.record

    @property
    def scores(self) -> Scores:
        return self._data.scores

    @property
    def health(self) -> HealthHistory:
        return self._data.health

    @property
    def preview(self) -> Preview | None:
        """The newest images; None if none were made since the run was opened."""
        return self._data.preview

    @property
    def active(self) -> bool:
        """Whether its thread takes commands (running, paused or queued)."""
        return self._awake

    @property
    def unsaved(self) -> bool:
        """Whether the disk refuses the run's newest checkpoint."""
        return self._data.writer.trouble is not None

    @property
    def ahead_of_disk(self) -> bool:
        """Whether this object knows more than the run's folder: it trains, or the disk refuses."""
        return self._awake or self._data.refused or self.unsaved

    @property
    def published(self) -> Snapshot:
        """What its thread published last: the same object as long as nothing of the run has changed."""
        return self._data.snapshot

    def snapshot(self) -> Snapshot:
        """The run as it is now, with what depends on others: whose turn it is, and how long it waits."""
        data = self._data
        now = dataclasses.replace(data.snapshot, stop_at=data.stop_at, desk_end=data.desk_end)
        if self._turns is not None and now.state in ("queued", "running"):
            now = dataclasses.replace(now, turn=self._turns.next_turn(data))
        ahead = self._training_queue.ahead(data) if now.state == "queued" else None
        if ahead is None:
            now = dataclasses.replace(now, over=data.why_over())
            if now.state not in ("running", "paused") or not now.parent or now.message:
                return now
            message = catching_up(now, data.record.commands[data.record.obeyed :])
            return dataclasses.replace(now, message=message)
        holders = [Holder(one.snapshot, ahead.paused.get(one)) for one in ahead.holders]
        message = waiting.sentence(holders, [one.snapshot for one in ahead.waiting], self._training_queue.limit)
        return dataclasses.replace(now, message=message)

    def grid(self, epoch: int | None) -> bytes | None:
        """The PNG of an epoch (from 1; None: the last checkpoint's)."""
        return self._data.writer.read_grid(epoch)

    # --- what a run can be asked for ---------------------------------------------------------------------------

    def launch(self, *, paused: bool = False) -> None:
        """Start the thread, from the last checkpoint if there is one; raises `LiveGANError`."""
        data = self._data
        with self._turn:
            if self._awake:
                return
            if not data.snapshot.resumable:
                raise LiveGANError(_not_kept(data.snapshot))
            if not data.writer.lock():
                raise LiveGANError(f"Run {data.snapshot.title} is being trained by another process.")
            self._awake, data.refused = True, False
            data.publish(state="queued", message="")
            if not paused and self._turns is None:  # here, so that runs queue in the order in which they were started
                self._training_queue.acquire(data, self._inbox.wake)
            self._thread = threading.Thread(target=self._train, args=(paused,), name=f"run {self.name}", daemon=True)
            self._thread.start()

    def command(self, command: Command, by: str | None = None) -> None:
        """Ask for something; it acts before the next batch. A resting run is woken by it.

        Args:
            by: the name of the student who asks; None: the teacher.

        Raises:
            LiveGANError, SettingsError, Busy: one sentence for the user.
        """
        data = self._data
        if isinstance(command, SetKnobs):
            wanted = command.applied_to(data.snapshot.settings)
            if refusal := why_too_short(data.snapshot, wanted):
                raise LiveGANError(refusal)
            refuse_impossible_step(wanted)
            if self.run_file.networks is not None:
                self.run_file.networks.check_change(data.snapshot.settings, wanted)
        if not isinstance(command, Stop) and data.writer.record_is_full(data.record):
            raise LiveGANError(
                f"This run has taken {MAX_COMMANDS:,} commands, as many as it can record; start a new run."
            )
        with self._turn:
            if not self._awake:
                if data.snapshot.state == "elsewhere":
                    raise LiveGANError(f"Run {data.snapshot.title} is being trained by another process.")
                if isinstance(command, AT_REST_ALREADY):
                    return
                if not isinstance(command, SetKnobs) and (done := data.why_over()):
                    raise LiveGANError(done)
                self._wake(command, by, paused=not isinstance(command, Resume))
            else:
                self._inbox.put(command, by)

    def pause_at(self, batch: int | None) -> None:
        """Let training pause by itself once it has trained `batch` batches (None: not at all)."""
        self._data.pause_at = batch

    def want_preview(self) -> None:
        """Have `preview` made anew after the next batch."""
        self._data.preview_wanted = True

    def peek(self, look: Callable[[Trainer], T]) -> Future[T]:
        """Have `look` called by the training thread between two batches; it must change nothing.

        The future is cancelled if the thread ends first. Raises `Busy`.
        """
        with self._turn:
            if self._awake:
                return self._inbox.look(look)
        future: Future[T] = Future()
        future.cancel()
        return future

    def count_aside(self) -> None:
        """Count again what is set aside: something of it was restored or thrown away."""
        with self._turn:
            if self._awake:  # only its thread may change the snapshot
                with contextlib.suppress(Busy):  # then it shows the old number for a while
                    self.peek(lambda _trainer: self._data.publish(aside=len(set_aside.numbers(self.folder))))
            else:
                self._data.publish(aside=len(set_aside.numbers(self.folder)))

    def shut_down(self, why: str = "") -> None:
        """Ask the thread to write a checkpoint and end, to be resumed later; `why` is for those who look at the run."""
        with self._turn:
            if self._awake:
                self._data.rests_because = why
                self._inbox.shut_down()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended."""
        if self._thread is not None:
            self._thread.join(timeout)

    # --- the thread --------------------------------------------------------------------------------------------

    def _wake(self, command: Command, by: str | None, *, paused: bool) -> None:
        """Launch a run at rest, which obeys this command first: one that has nothing to train would end before it."""
        self._inbox.put(command, by)
        try:
            self.launch(paused=paused)
        except LiveGANError:
            self._inbox.close()
            raise

    def _train(self, paused: bool) -> None:
        data = self._data
        try:
            loop.train(data, self._inbox, self._training_queue, self._evaluator, self._meter, paused=paused)
        finally:
            (self._turns or self._training_queue).release(data)
            data.writer.unlock()
            self._fall_asleep()

    def _fall_asleep(self) -> None:
        """From here on a command wakes the run again; so does one that came too late for the thread that ends."""
        with self._turn:
            late, by = self._inbox.close(), self._inbox.by
            self._awake = False
            state = self._data.snapshot.state
            if state not in ("stopped", "finished") or self._data.refused:
                return
            for command in late:
                with contextlib.suppress(LiveGANError):  # it is finished: there is nothing left to do
                    if state == "finished" and isinstance(command, SetKnobs) and not self._awake:
                        self._wake(command, by, paused=False)  # it was training: it goes on if it is longer now
                    else:
                        self.command(command, by)


def _not_kept(s: Snapshot) -> str:
    done = f"It has trained its {counted(s.epoch, 'epoch')}, and its" if s.state == "finished" else "Its"
    return (
        f"{done} training state was not kept, so it cannot go on; branch from it, or train its recording again "
        "as a new run."
    )
