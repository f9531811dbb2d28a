"""The device of a run, and work for a core that has nothing to do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from gan.training import device


@pytest.fixture(autouse=True)
def no_other_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests before this one trained in this process no longer counts."""
    monkeypatch.setattr(device, "_computing", set())
    monkeypatch.setattr(device, "_trained", {})


def where() -> tuple[threading.Thread, int]:
    return threading.current_thread(), torch.get_num_threads()


def test_another_thread_does_it_and_computes_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "CORES", 2)
    future = device.submit_to_spare_core(where)
    assert future is not None
    thread, threads = future.result(10)
    assert thread is not threading.current_thread()
    assert threads == 1


def test_without_another_core_nobody_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "CORES", 1)
    assert device.submit_to_spare_core(where) is None


def test_nor_while_another_run_computes_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "CORES", 2)
    ready, over = threading.Event(), threading.Event()

    def other_run() -> None:
        with device.computing():
            ready.set()
            over.wait(10)

    other = threading.Thread(target=other_run)
    with device.computing():
        other.start()
        ready.wait(10)
        assert device.submit_to_spare_core(where) is None
        over.set()
        other.join()
        assert device.submit_to_spare_core(where) is not None


def test_nor_where_more_runs_than_cores_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    all_there = threading.Barrier(2)

    def train_a_batch() -> None:
        with device.computing():
            pass
        all_there.wait(10)

    monkeypatch.setattr(device, "CORES", 2)
    runs = [threading.Thread(target=train_a_batch) for _ in range(2)]
    with device.computing():
        for run in runs:
            run.start()
    for run in runs:
        run.join()
    assert len(device._trained) == 3
    assert device.submit_to_spare_core(where) is None
    monkeypatch.setattr(device, "LATELY", 0.0)
    assert device.submit_to_spare_core(where) is not None


def test_nor_when_the_process_is_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "CORES", 2)
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
