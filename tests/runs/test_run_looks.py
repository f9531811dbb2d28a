"""A run and who looks at it: its bits do not depend on who looks, waits or queues."""

from __future__ import annotations

import functools
import random
import threading
import time
from concurrent.futures import CancelledError

import numpy as np
import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    PATIENCE,
    SMALL,
    assert_as_if_in_one_go,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import MakeRun

from gan.limits import PAUSE_KEEPS_SLOT
from gan.recording.commands import Pause, Resume, SetKnobs, Stop, parse_command
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run
from gan.runs.run_data import RunQueue
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state


def has_moved(run: Run, batch: int) -> bool:
    """Whether it has come further than this batch, or does not train."""
    return run.snapshot().batch > batch or run.snapshot().state != "running"


# --- looking changes nothing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_paused_stepped_peeked_at_and_stopped_at_random_equals_one_that_ran_through(
    new_run: MakeRun, seed: int
) -> None:
    dice = random.Random(seed)
    run = new_run(SMALL.changed(epochs=6))
    for _ in range(40):
        kind = dice.choice(["pause", "resume", "step", "stop", "resume", "peek", "preview", "grid", "batch"])
        match kind:
            case "peek":
                run.peek(lambda trainer: trainer.sample() is None or capture_state(trainer))
            case "preview":
                run.want_preview()
            case "grid":
                run.grid(None)
            case "batch":
                wait_until(functools.partial(has_moved, run, run.snapshot().batch))
            case _:
                run.command(parse_command(kind))
    run.command(Resume())
    wait_until(lambda: run.snapshot().batch == 6 * BATCHES and run.snapshot().state == "finished")
    run.join()
    assert_as_if_in_one_go(run)


def test_readers_see_consistent_snapshots_while_it_trains(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        before = run.snapshot()
        while not done.is_set():
            now = run.snapshot()
            rows = run.series.rows(0, now.batch)
            if len(rows) != now.batch or not np.isfinite(rows).all():
                wrong.append(f"batch {now.batch} has {len(rows)} rows")
            if now.batches_per_epoch > 1 and now.epoch != now.batch // now.batches_per_epoch:
                wrong.append(f"epoch {now.epoch} at batch {now.batch}")
            if now.batch < before.batch or now.revision < before.revision:
                wrong.append("it went back")
            before = now

    reader = threading.Thread(target=read)
    reader.start()
    wait_for_batch(run, 3 * BATCHES)
    run.command(SetKnobs({"latent_dim": 3}))
    wait_for_batch(run, 5 * BATCHES)
    done.set()
    reader.join()
    assert wrong == []


def test_the_preview_is_of_the_weights_at_its_batch(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 3)
    run.want_preview()
    wait_until(lambda: run.preview is not None)
    preview = run.preview
    assert preview is not None
    trainer = Trainer(ENDLESS)
    for _ in range(preview.batch):
        trainer.step()
    np.testing.assert_array_equal(preview.images.numpy(), trainer.sample().numpy())


def test_a_look_that_fails_is_the_problem_of_who_looks(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    answer = run.peek(lambda trainer: 1 // (trainer.batch - trainer.batch))
    with pytest.raises(ZeroDivisionError):
        answer.result(timeout=PATIENCE)
    batch = run.snapshot().batch
    wait_for_batch(run, batch + 3)


def test_a_look_that_nobody_waits_for_any_more_does_no_harm(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    for _ in range(50):
        run.peek(lambda trainer: trainer.batch).cancel()
    assert run.peek(lambda trainer: trainer.batch).result(timeout=PATIENCE) >= 0


def test_a_look_at_a_run_that_rests_is_cancelled(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    run.command(Stop())
    late = [run.peek(lambda trainer: trainer.batch) for _ in range(20)]
    wait_until(lambda: not run.active)
    assert all(answer.done() for answer in late)
    with pytest.raises(CancelledError):
        run.peek(lambda trainer: trainer.batch).result(timeout=0)


# --- the queue ---------------------------------------------------------------------------------------------------


NEXT, SECOND = "It is next in the queue; ", "1 run is ahead of it; "


def test_one_at_a_time_the_second_waits_visibly_until_the_first_stops(new_run: MakeRun) -> None:
    training_queue: RunQueue = TrainingQueue(1)
    first = new_run(ENDLESS, "first", training_queue=training_queue)
    wait_for_batch(first, 1)
    second, third = (
        new_run(ENDLESS, "second", training_queue=training_queue),
        new_run(ENDLESS, "third", training_queue=training_queue),
    )
    wait_until(lambda: second.snapshot().message.startswith(NEXT))
    wait_until(lambda: third.snapshot().message.startswith(SECOND))
    assert second.snapshot().state == third.snapshot().state == "queued"
    assert second.snapshot().batch == 0

    first.command(Stop())
    wait_for_batch(second, 3)
    wait_until(lambda: third.snapshot().message.startswith(NEXT))
    first.command(Resume())  # it stands behind the third now
    wait_until(lambda: first.snapshot().message.startswith(SECOND))
    second.command(Stop())
    wait_for_batch(third, 3)
    batch = first.snapshot().batch
    third.command(Stop())
    wait_for_batch(first, batch + 3)


def test_a_run_that_pauses_keeps_its_place_and_goes_on_at_once(new_run: MakeRun) -> None:
    training_queue: RunQueue = TrainingQueue(1)
    first = new_run(ENDLESS, "first", training_queue=training_queue)
    wait_for_batch(first, 1)
    second = new_run(ENDLESS, "second", training_queue=training_queue)
    first.command(Pause())
    wait_for(first, "paused")
    until = first.snapshot().keeps_until
    assert until is not None
    assert 590 < until - time.time() <= PAUSE_KEEPS_SLOT == 600
    first.command(SetKnobs({"lr_g": 0.001}))  # whatever is done meanwhile, the time does not begin again
    wait_until(lambda: first.snapshot().settings.lr_g == 0.001)
    assert first.snapshot().keeps_until == until
    wait_until(
        lambda: second.snapshot().message == f"{NEXT}its turn comes in about 10 minutes, unless a paused run goes on."
    )
    batch = first.snapshot().batch
    first.command(Resume())
    wait_for_batch(first, batch + 3)
    assert (first.snapshot().state, first.snapshot().keeps_until) == ("running", None)
    assert (second.snapshot().state, second.snapshot().batch) == ("queued", 0)


def test_a_run_that_stays_paused_loses_its_place_after_a_while_and_queues(new_run: MakeRun) -> None:
    training_queue: RunQueue = TrainingQueue(1, keep=0.5)
    first = new_run(ENDLESS, "first", training_queue=training_queue)
    wait_for_batch(first, 1)
    second = new_run(ENDLESS, "second", training_queue=training_queue)
    first.command(Pause())
    wait_for_batch(second, 3)
    assert (first.snapshot().state, first.snapshot().keeps_until) == ("paused", None)
    first.command(Resume())
    wait_until(lambda: first.snapshot().message.startswith(NEXT))
    assert first.snapshot().state == "queued"


def test_who_waits_can_be_stopped_paused_and_steered(new_run: MakeRun) -> None:
    training_queue: RunQueue = TrainingQueue(1)
    first = new_run(ENDLESS, "first", training_queue=training_queue)
    wait_for_batch(first, 1)
    stopped, steered = (
        new_run(SMALL, "stopped", training_queue=training_queue),
        new_run(SMALL, "steered", training_queue=training_queue),
    )
    stopped.command(Stop())
    steered.command(SetKnobs({"lr_g": 0.01}))
    wait_for(stopped, "stopped")
    wait_until(lambda: steered.snapshot().settings.lr_g == 0.01)
    assert steered.snapshot().state == "queued"
    first.command(Stop())
    wait_for(steered, "finished")
    assert steered.snapshot().marks[0].batch == 0
    assert_as_if_in_one_go(steered)
