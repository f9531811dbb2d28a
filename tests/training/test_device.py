"""The device of a run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from gan.training import device


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests before this one trained in this process does not count."""
    monkeypatch.setattr(device, "CORES", 2)
    monkeypatch.setattr(device, "_training", {})


def where() -> tuple[threading.Thread, int]:
    return threading.current_thread(), torch.get_num_threads()


@pytest.mark.usefixtures("two_cores")
def test_a_spare_core_has_a_thread_of_its_own_that_computes_on_one_core() -> None:
    assert device.has_a_spare_core()
    future = device.submit_to_spare_core(where)
    assert future is not None
    thread, threads = future.result(10)
    assert thread is not threading.current_thread()
    assert threads == 1


@pytest.mark.usefixtures("two_cores")
def test_a_core_that_another_run_needs_is_not_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    def train_a_batch() -> None:
        with device.computing():
            pass

    other = threading.Thread(target=train_a_batch)
    with device.computing():
        assert device.has_a_spare_core()
        other.start()
        other.join()
        assert not device.has_a_spare_core()  # the other run may be about to train again
        monkeypatch.setattr(device, "_training", dict.fromkeys(device._training, 0.0) | {threading.get_ident(): 1e300})
        assert device.has_a_spare_core()


@pytest.mark.usefixtures("two_cores")
def test_a_machine_with_one_core_has_none_to_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "CORES", 1)
    assert not device.has_a_spare_core()


@pytest.mark.usefixtures("two_cores")
def test_two_threads_share_no_batch_where_one_may_see_the_others_writes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    for machine, shares in {"x86_64": True, "AMD64": True, "arm64": False, "aarch64": False}.items():
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert device.has_a_spare_core() == shares


def test_no_thread_is_offered_when_the_process_is_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr(device, "_spare", ended)
    assert device.submit_to_spare_core(where) is None


def test_the_best_device_comes_first_and_the_processor_last() -> None:
    kinds = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    assert device.kinds() == [kind for kind, there in kinds.items() if there]
    assert device.select("cpu").type == "cpu"


def test_a_device_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(device.DeviceError, match=r"^This machine has no cuda device; choose auto or cpu\.$"):
        device.select("cuda")
