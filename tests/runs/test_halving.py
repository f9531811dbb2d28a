"""The schedule of the learning rates: commands in the record, exact after restarts, on branches and in replays."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import BATCHES, ENDLESS, SMALL, assert_as_if_in_one_go, go_on_to, reopened, stop, wait_for
from running import MakeRun, OpenRegistry

from gan.recording.commands import RecordedCommand, Resume, SetKnobs
from gan.recording.marks import Mark
from gan.recording.record import Record
from gan.runs.halving import halving
from gan.runs.run import Run
from gan.settings import LEAST_RATE, Settings

HALVED = SMALL.changed(lr_g=0.004, lr_d=0.002, halve_every=1, epochs=3)


def rates(run: Run) -> list[tuple[int, dict[str, float]]]:
    return [(recorded.batch, recorded.values) for recorded in run.record.commands if "lr_g" in recorded.values]


def at(batch: int, **values: float) -> Record:
    return Record([RecordedCommand(batch, SetKnobs(values), 0.0)], 1)


def test_both_rates_are_halved_after_every_epoch_but_the_last(new_run: MakeRun) -> None:
    run = new_run(HALVED)
    run.join()
    first, second = {"lr_g": 0.002, "lr_d": 0.001}, {"lr_g": 0.001, "lr_d": 0.0005}
    assert rates(run) == [(BATCHES, first), (2 * BATCHES, second)]
    assert run.snapshot().settings.lr_g == 0.001
    assert Mark(BATCHES, "lr_d", "Discriminator learning rate", 0.002, 0.001) in run.snapshot().marks
    assert_as_if_in_one_go(run)


def test_a_restart_at_the_end_of_an_epoch_does_not_halve_twice(new_run: MakeRun) -> None:
    run = new_run(ENDLESS.changed(lr_g=0.004, halve_every=2), paused=True)
    wait_for(run, "paused")
    go_on_to(run, 2 * BATCHES)  # it pauses there, after the command
    assert [batch for batch, _ in rates(run)] == [2 * BATCHES]
    stop(run)
    again = reopened(run)
    go_on_to(again, 2 * BATCHES + 3)
    stop(again)
    assert [batch for batch, _ in rates(again)] == [2 * BATCHES]
    assert_as_if_in_one_go(again)


def test_a_branch_at_that_epoch_is_halved_as_its_parent_was(tmp_path: Path, open_registry: OpenRegistry) -> None:
    registry = open_registry(tmp_path)
    parent = registry.start(HALVED.changed(full_every=1), "parent")
    parent.join()
    branch = registry.branch("parent", 1, {"dropout": 0.2})
    branch.command(Resume())
    branch.join()
    assert rates(branch)[0] == (BATCHES, {"lr_g": 0.002, "lr_d": 0.001})
    chosen = registry.branch("parent", 1, {"lr_g": 0.01, "lr_d": 0.01})
    chosen.command(Resume())
    chosen.join()
    assert rates(chosen)[:2] == [(BATCHES, {"lr_g": 0.01, "lr_d": 0.01}), (2 * BATCHES, {"lr_g": 0.005, "lr_d": 0.005})]
    assert_as_if_in_one_go(chosen)


@pytest.mark.parametrize(
    ("settings", "record", "batch"),
    [
        (SMALL, Record(), BATCHES),  # no schedule
        (HALVED, Record(), 0),
        (HALVED, Record(), BATCHES + 1),
        (HALVED.changed(halve_every=2), Record(), BATCHES),
        (HALVED, at(BATCHES, lr_g=0.1, lr_d=0.1), BATCHES),  # somebody, or it, has set both
        (HALVED.changed(lr_g=LEAST_RATE, lr_d=LEAST_RATE), Record(), BATCHES),
    ],
)
def test_nothing_is_due(settings: Settings, record: Record, batch: int) -> None:
    assert halving(settings, record, batch, BATCHES) is None


def test_one_rate_at_its_least_stays_there() -> None:
    least = HALVED.changed(lr_g=LEAST_RATE)
    assert halving(least, at(BATCHES, lr_g=0.1), BATCHES, BATCHES) == SetKnobs({"lr_g": LEAST_RATE, "lr_d": 0.001})
