"""The device that a run takes: the faster one for its settings, and afterwards the one it has."""

from __future__ import annotations

import pytest
import torch

from gan import presets
from gan.settings import Settings, parse
from gan.training import device
from gan.training.device import DeviceError
from gan.training.device_choice import choose_device, kind_of
from gan.training.trainer import Trainer

SMALLEST = Settings(batch_size=4, g_hidden=(16,), d_hidden=(16,))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "kinds", lambda: ["cuda", "cpu"])


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (Settings(), "cuda"),
        (parse(presets.named("sharp").values), "cuda"),
        (SMALLEST, "cpu"),
        (Settings(step="fast"), "cpu"),  # launched from Python, a GPU is no faster with networks of this size
        (Settings(step="fast", g_hidden=(1024, 1024), d_hidden=(1024, 1024)), "cuda"),
        (Settings(step="reference", batch_size=1024), "cuda"),
    ],
)
def test_auto_takes_a_gpu_where_it_is_faster_and_says_so_in_milliseconds(settings: Settings, kind: str) -> None:
    choice = choose_device(settings)
    assert choice.kind == kind
    assert " ms on a GPU and " in choice.reason


@pytest.mark.usefixtures("gpu")
def test_no_live_knob_changes_the_choice() -> None:
    moved = SMALLEST.changed(latent_dim=512, d_steps=10, g_steps=10, r1_gamma=1.0, dropout=0.0)
    assert choose_device(moved) == choose_device(SMALLEST)


@pytest.mark.usefixtures("gpu")
def test_a_run_keeps_its_device() -> None:
    assert choose_device(Settings(), trained_on="NVIDIA H200").kind == "cuda"
    assert choose_device(Settings(), trained_on=device.processor("cpu")) == (
        "cpu",
        "The run has been trained there.",
    )
    assert choose_device(Settings(), trained_on="NVIDIA H200, x86_64 AMD EPYC 9V74 AVX512").kind == "cpu"


def test_a_run_of_a_gpu_goes_on_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "kinds", lambda: ["cpu"])
    assert choose_device(Settings(), trained_on="NVIDIA H200").kind == "cpu"


def test_the_kind_of_a_device_is_read_from_its_description() -> None:
    descriptions = {
        "": None, "NVIDIA H200": "cuda", "Tesla T4": "cuda", "x86_64 Intel(R) Xeon(R) @ 2.80GHz AVX512": "cpu",
        "aarch64 DEFAULT": "cpu", "arm64 arm DEFAULT mps": "mps", device.processor("cpu"): "cpu",
    }  # fmt: skip
    assert {each: kind_of(each) for each in descriptions} == descriptions


def test_the_settings_have_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device(Settings(device="cpu"), trained_on="NVIDIA H200").kind == "cpu"
    monkeypatch.setattr(device, "kinds", lambda: ["cpu"])
    assert choose_device(Settings(device="cuda")).kind == "cuda"
    with pytest.raises(DeviceError, match=r"^This machine has no cuda device; choose auto or cpu\.$"):
        Trainer(Settings(device="cuda"))


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_processor_trains() -> None:
    assert choose_device(Settings()) == ("cpu", "This machine has no other that torch can use.")
