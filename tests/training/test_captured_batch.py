"""A captured batch, replayed on one core or on two."""

from __future__ import annotations

import pytest
import torch

from gan.training import captured_batch, device
from gan.training.captured_batch import IN_A_TRIAL, CapturedBatch


class SecondWay:
    """The way is tried that takes two cores."""

    second, in_trial = True, True

    def __init__(self) -> None:
        self.told: list[float] = []

    def took(self, seconds: float) -> None:
        self.told.append(seconds)


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a core is spare; may be changed."""
    spare = [True]
    monkeypatch.setattr(device, "has_a_spare_core", lambda: spare[0])
    monkeypatch.setattr(captured_batch, "QuickerWay", SecondWay)
    return spare


def test_a_trial_takes_few_batches_at_once(cores: list[bool]) -> None:
    x = torch.zeros(64, 3)
    batch = CapturedBatch(lambda: x.add_(1.0))
    batch.replay(8)
    assert x.unique().tolist() == [1.0 + IN_A_TRIAL]


def test_without_a_spare_core_all_are_taken_at_once_on_this_one_and_no_way_is_judged(cores: list[bool]) -> None:
    x = torch.zeros(64, 3)
    batch = CapturedBatch(lambda: x.add_(1.0))
    cores[0] = False
    batch.replay(8)
    assert x.unique().tolist() == [9.0]
    assert isinstance(batch._way, SecondWay)
    assert batch._way.told == []


def test_a_batch_that_was_captured_without_a_spare_core_is_outdated_once_there_is_one(cores: list[bool]) -> None:
    cores[0] = False
    batch = CapturedBatch(lambda: None)
    found = [batch.outdated]
    cores[0] = True
    assert [*found, batch.outdated] == [False, True]
    assert not CapturedBatch(lambda: None).outdated
