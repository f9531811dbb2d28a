"""The training loop of a run's thread: one batch after another, and between two batches what others asked for."""

from __future__ import annotations

import contextlib
import logging
import math
import time

from torch import Tensor

from gan.data.grid import grid_png
from gan.data.image_sets import DataError
from gan.limits import DESK_CHECKPOINT, MAX_BATCHES
from gan.quality.evaluator import EvaluationRequest, Evaluator
from gan.recording import weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import Command, Pause, RecordedCommand, SetKnobs, Shutdown, Step, Stop, settings_after
from gan.recording.marks import marks_for
from gan.recording.metric_history import METRICS
from gan.recording.run_file import UNFINISHED
from gan.runs import set_aside
from gan.runs.halving import halving
from gan.runs.inbox import Inbox, Orders
from gan.runs.preparation import prepare
from gan.runs.run_data import Preview, RunData, RunQueue
from gan.runs.set_aside import AsideError
from gan.runs.snapshot import planned_epochs
from gan.runs.throughput import Throughput
from gan.training import device
from gan.training.own_networks import NetworksError
from gan.training.state_checks import all_finite
from gan.training.trainer import Diverged, Trainer
from gan.training.trainer_state import capture_state
from gan.views.health_meter import HealthMeter

# The teacher's run, and the pages of all, come first where cores are scarce. A led lesson of 200 students with 40 desks
# costs the teacher's run 8 to 10 % of its speed on two cores, with a niceness of 3 11 to 15 %. A single core is shared
# 2 : 1.
DESK_NICENESS = 10 if device.CORES > 1 else 3
SHOWN_AFTER = 0.25  # seconds from the beginning of a turn to its first image: a shorter one shows its last batch only

log = logging.getLogger(__name__)


def train(
    run: RunData,
    inbox: Inbox,
    training_queue: RunQueue,
    evaluator: Evaluator | None,
    meter: HealthMeter | None = None,
    *,
    paused: bool,
) -> None:
    """Train a run until it ends, however that comes about; the run's snapshot says how.

    Args:
        paused: rest before the first batch.
    """
    try:
        device.use_one_thread()
        if run.desks is not None:
            device.give_way(DESK_NICENESS)
        with contextlib.nullcontext() if run.desks is None else run.desks.preparing:
            trainer = prepare(run)
        Loop(run, trainer, inbox, training_queue, evaluator, meter, paused=paused).run_to_end()
    except Diverged:
        where = f"batch {run.snapshot.batch + 1}"
        _end(run, "diverged", f"A loss was no longer a finite number at {where}; the last good checkpoint is kept.")
    except (DataError, device.DeviceError, NetworksError, DamagedRun) as error:
        _end(run, "failed", str(error))
    except AsideError as error:
        _refuse(run, str(error))
    except Exception as error:
        log.exception("Run %s failed at batch %d", run.name, run.snapshot.batch)
        _end(run, "failed", f"Training ended by an error ({type(error).__name__}); the log has the details.")


def _end(run: RunData, state: str, message: str) -> None:
    """Diverged or failed: the last checkpoint stands."""
    message = message[:500]
    run.writer.update_run_file(state=state, message=message)
    run.publish(state=state, message=message, rate=0.0)


def _refuse(run: RunData, message: str) -> None:
    """The disk had no room to begin: the run stays as it is on disk, and says why until it is tried again."""
    state = run.writer.run_file.state
    run.refused = True
    run.publish(state="interrupted" if state in UNFINISHED else state, message=message, rate=0.0)


class Loop:
    """See the module."""

    def __init__(
        self,
        run: RunData,
        trainer: Trainer,
        inbox: Inbox,
        training_queue: RunQueue,
        evaluator: Evaluator | None,
        meter: HealthMeter | None = None,
        *,
        paused: bool,
    ) -> None:
        self._run = run
        self._trainer = trainer
        self._inbox = inbox
        self._training_queue = training_queue
        self._evaluator = evaluator
        self._meter = meter
        self._paused = paused
        self._batch_began = -math.inf
        self._throughput = Throughput(trainer.batch, run.snapshot.seconds)
        self._turns = None if run.desks is None else run.desks.turns
        self._waits_since: float | None = None  # for a turn (monotonic)
        self._turn_began = -math.inf
        self._desk_full: str | None = None
        self._saved_at = run.snapshot.seconds  # of training, at the last checkpoint

    def run_to_end(self) -> None:
        """Train until the run has finished or is asked to end.

        Raises:
            Diverged: a loss or a weight is no longer finite.
        """
        run, trainer = self._run, self._trainer
        while True:
            self._obey_recorded()
            if trainer.batch == run.pause_at:
                self._paused, run.pause_at = True, None
            over = trainer.finished or self._out_of_time() or trainer.batch >= MAX_BATCHES
            enough = None if over else self._desk_full or run.why_enough()
            if trainer.batch == run.stop_at and not over:
                return self._finish("stopped", enough or run.why_there())
            ends = over or enough is not None
            self._halve_rates(ends)
            resting = self._paused and not ends and not self._inbox.has_step
            idle = resting or not (ends or self._may_train())
            if idle:
                self._be_idle("paused" if resting else "queued")
            asked = self._inbox.take(self._place_left() if idle else self._pause_of_pace(), at_once=ends)
            if isinstance(asked, Orders):
                self._take(asked)
                if asked.end is not None:
                    stopped = isinstance(asked.end, Stop)
                    return self._finish("stopped") if stopped else self._finish("interrupted", run.rests_because)
            elif asked is not None:
                asked.answer(trainer)
            elif ends:
                self._inbox.drop_steps()
                return self._finish("finished" if over else "stopped", enough or "")
            elif not idle and self._pause_of_pace() <= 0 and self._may_train():
                with device.computing():
                    self._train()

    # --- training and resting ----------------------------------------------------------------------------------

    def _may_train(self) -> bool:
        """Whether the run has a slot or a turn; if not, the inbox is woken as soon as it has one."""
        if self._turns is None:
            return self._training_queue.acquire(self._run, self._inbox.wake)
        if self._pause_of_pace() > 0:  # a run in slow motion takes no turn in order to wait
            self._turns.release(self._run)
            return True
        if not self._turns.acquire(self._run, self._inbox.wake):
            return False
        if self._waits_since is not None:
            self._throughput.wait(self._waits_since)
            self._waits_since, self._turn_began = None, time.monotonic()
        return True

    def _be_idle(self, state: str) -> None:
        if self._turns is None or state == "paused":
            self._waits_since = None
            self._rest(state)
            self._throughput.rest(self._trainer.batch)
            return
        if self._waits_since is None:  # between two turns: nothing is written, so that short turns cost nothing
            self._waits_since = time.monotonic()
        if self._run.snapshot.state != "running":
            self._run.publish(state="queued")

    def _out_of_time(self) -> bool:
        repeats = self._trainer.batch < self._run.writer.run_file.repeats_until  # then no time limit ends it
        limit = 0 if repeats else self._trainer.settings.seconds
        return 0 < limit <= self._run.snapshot.seconds

    def _pause_of_pace(self) -> float:
        """In slow motion: the seconds until the next batch is due."""
        pace = self._trainer.settings.pace
        return max(0.0, self._batch_began + 1 / pace - time.monotonic()) if pace else 0.0

    def _train(self) -> None:
        """Train one batch or several (see `Trainer.train`), and do what is due after them."""
        run, trainer = self._run, self._trainer
        step = self._inbox.take_step()
        if step is not None:
            self._paused = True
            self._obey(self._note(step, self._inbox.by))
        self._batch_began = time.monotonic()
        only = run.record.only(trainer.batch)
        try:
            metrics = trainer.train(1 if step or only or trainer.settings.pace else self._until_due(), only)
        except Diverged as diverged:
            run.series.extend(diverged.before)
            run.publish(batch=trainer.batch)
            raise
        run.series.extend(metrics)
        rate, seconds = self._throughput.tick(trainer.batch)
        run.publish(batch=trainer.batch, epoch=trainer.epoch, state="running", rate=rate, seconds=seconds)
        if self._meter is not None:
            self._meter.look(trainer, run.health, lambda: run.snapshot.state != "running")
        ended = trainer.batch % trainer.batches_per_epoch == 0
        if ended:
            self._keep_epoch()
        if self._checkpoint_due() or (ended and trainer.epoch % trainer.settings.full_every == 0):
            self._checkpoint("running")
        self._show_and_pass_on()

    def _show_and_pass_on(self) -> None:
        """Make the images that a viewer waits for; end a turn that is used up."""
        run, turns = self._run, self._turns
        over = turns is not None and turns.is_over(run)
        if run.preview_wanted and (over or self._batch_began - self._turn_began >= SHOWN_AFTER):
            run.preview_wanted = False
            self._make_preview()
        if turns is not None and over:
            turns.pass_on(run, self._inbox.wake)

    def _until_due(self) -> int:
        """How many batches may be trained before something is to happen between two of them."""
        run, batch = self._run, self._trainer.batch
        repeats_until = run.writer.run_file.repeats_until
        due = (run.pause_at, run.stop_at, run.desk_end, run.record.next_batch, repeats_until, MAX_BATCHES)
        return min(end - batch for end in due if end is not None and end > batch)

    def _rest(self, state: str) -> None:
        """Pause, or wait for a slot, with everything on disk and the images up to date."""
        run = self._run
        if run.snapshot.state == state:
            if self._place_left() == 0:
                self._training_queue.release(run)
                run.publish(keeps_until=None)
            return
        kept = self._give_slot_up() if state == "paused" else None
        self._make_preview()
        self._checkpoint(state)
        run.publish(state=state, rate=0.0, keeps_until=kept and time.time() + kept)

    def _give_slot_up(self) -> float | None:
        """Seconds for which a run that pauses keeps its slot; None if it keeps none."""
        if self._turns is None:
            return self._training_queue.pause(self._run)
        self._turns.release(self._run)
        return None

    def _place_left(self) -> float | None:
        """Seconds for which a paused run keeps its place; None if it keeps none."""
        until = self._run.snapshot.keeps_until
        return None if until is None else min(max(0.0, until - time.time()), self._training_queue.keep)

    def _finish(self, state: str, message: str = "") -> None:
        run, trainer = self._run, self._trainer
        if trainer.batch == run.stop_at:
            run.stop_at = None
        self._make_preview()
        self._checkpoint(state, message)
        if run.writer.trouble:
            run.unsaved_trainer = trainer
        if state == "finished" and trainer.batch % trainer.batches_per_epoch:  # its time was up
            self._have_measured(weights_file.weights_of_state(capture_state(trainer), trainer.own))
        run.publish(state=state, message=message, rate=0.0)

    # --- commands and record -----------------------------------------------------------------------------------

    def _take(self, asked: Orders) -> None:
        """Obey commands."""
        if asked.knobs is not None:
            self._set(asked.knobs)
        if asked.mode is not None:
            self._note(asked.mode, self._inbox.by)
            self._paused = isinstance(asked.mode, Pause)
        if asked.end is not None:
            self._note(asked.end, self._inbox.by)

    def _set(self, knobs: SetKnobs) -> None:
        settings = knobs.applied_to(self._trainer.settings)
        before, after = self._trainer.settings.model_dump(mode="json"), settings.model_dump(mode="json")
        changes = {name: after[name] for name in knobs.values if before[name] != after[name]}
        if changes:
            self._obey(self._note(SetKnobs(changes), self._inbox.by))

    def _halve_rates(self, over: bool) -> None:
        run, trainer = self._run, self._trainer
        due = halving(trainer.settings, run.record, trainer.batch, trainer.batches_per_epoch)
        if due is not None and not over:
            self._obey(self._note(due, by=None))

    def _note(self, command: Command | Shutdown, by: str | None) -> RecordedCommand:
        """Record a command that acts now; `by`: the student who asked for it."""
        recorded = RecordedCommand(self._trainer.batch, command, time.time(), by)
        self._run.writer.record_command(self._run.record, recorded)
        return recorded

    def _obey_recorded(self) -> None:
        """After a kill, or on a branch: obey the recorded commands of this batch again."""
        for recorded in self._run.record.due(self._trainer.batch):
            self._obey(recorded)

    def _obey(self, recorded: RecordedCommand) -> None:
        """Turn knobs. (Which network learns in a step, the batch reads from the record itself.)"""
        run, trainer = self._run, self._trainer
        before = trainer.settings.model_dump(mode="json")
        marks = (*run.snapshot.marks, *marks_for(recorded, before))
        if isinstance(recorded.command, Step) and recorded.command.only:
            run.publish(marks=marks)
        elif isinstance(recorded.command, SetKnobs):
            settings = settings_after(trainer.settings, [recorded])
            trainer.change(settings)
            run.publish(settings=settings, epochs=planned_epochs(settings, trainer.epoch), marks=marks)
            if "latent_dim" in recorded.values:
                self._make_preview()

    # --- what is kept ------------------------------------------------------------------------------------------

    def _make_preview(self) -> None:
        self._run.preview = Preview(self._trainer.batch, self._trainer.sample())

    def _keep_epoch(self) -> None:
        run, trainer = self._run, self._trainer
        weights = weights_file.weights_of_state(capture_state(trainer), trainer.own)
        if not all_finite(weights):  # the losses of this batch were finite, those of the next cannot be
            raise Diverged
        packed = weights_file.pack(weights, trainer.settings, trainer.batch, trainer.epoch, trainer.own)
        run.writer.write_epoch(trainer.epoch, grid_png(trainer.sample()), packed, trainer.settings.kept_epochs)
        run.publish(grids=trainer.epoch)
        self._have_measured(weights)

    def _have_measured(self, weights: dict[str, Tensor]) -> None:
        run, trainer = self._run, self._trainer
        if self._evaluator is not None:
            request = EvaluationRequest(
                run.scores, weights, trainer.settings, trainer.batch, trainer.epoch, run.scores.line,
                self._measuring_costs_nothing, trainer.own, at_a_desk=run.desks is not None,
            )  # fmt: skip
            self._evaluator.submit(request)

    def _checkpoint_due(self) -> bool:
        """Whether the next checkpoint is due; a run that mostly waits for turns writes fewer.

        One takes 20 ms: every 10 seconds of the clock, those of 30 desks took a fifth of all time on a slow machine.
        """
        if not self._run.writer.checkpoint_due():
            return False
        return self._turns is None or self._throughput.seconds - self._saved_at >= DESK_CHECKPOINT

    def _measuring_costs_nothing(self) -> bool:
        """Whether no run has less time because images of this one are being measured."""
        return self._run.snapshot.state != "running" if self._turns is None else self._turns.idle

    def _checkpoint(self, state: str, message: str = "") -> None:
        run, trainer = self._run, self._trainer
        self._saved_at = self._throughput.seconds
        tensors = capture_state(trainer)
        if not all_finite(tensors):
            raise Diverged
        figures = run.series.rows(max(0, trainer.batch - 1), trainer.batch).flatten().tolist()
        run.writer.write_checkpoint(
            tensors, run.series, run.record, grid_png(trainer.sample()),
            state=state, message=message, settings=trainer.settings, batch=trainer.batch, epoch=trainer.epoch,
            batches_per_epoch=trainer.batches_per_epoch, seconds=run.snapshot.seconds, ends_at=run.stop_at,
            figures=dict(zip(METRICS, figures, strict=False)),
        )  # fmt: skip
        if state != "running":
            run.health.flush()
        run.publish(size=run.writer.run_file.size)
        if run.desks is not None and run.desk is not None:
            self._desk_full = run.desks.why_full(run.desk)
        self._remove_repeated_copies()

    def _remove_repeated_copies(self) -> None:
        """Remove what was set aside and has been trained again, bit for bit; the rest stays for the user."""
        run = self._run
        passed = [number for number, batch in run.aside.items() if batch <= self._trainer.batch]
        if not passed or run.writer.trouble:
            return
        for number in passed:
            del run.aside[number]
            set_aside.let_go(run.writer.folder, number, run.scores)
        run.publish(aside=len(set_aside.numbers(run.writer.folder)))
