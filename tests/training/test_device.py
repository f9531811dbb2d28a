"""The device of a run."""

from __future__ import annotations

import pytest
import torch

from gan.training import device


def test_the_best_device_comes_first_and_the_processor_last() -> None:
    kinds = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    assert device.kinds() == [kind for kind, there in kinds.items() if there]
    assert device.select("cpu").type == "cpu"


def test_a_device_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(device.DeviceError, match=r"^This machine has no cuda device; choose auto or cpu\.$"):
        device.select("cuda")
