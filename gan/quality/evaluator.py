"""Measures the images of runs while they train, and of older runs when asked: one thread for all of a registry's runs.

A run submits the weights of an epoch and keeps training. The evaluator samples with its own random numbers, so no bit
of a run depends on it, and measures only as often as costs a run less than 3 % of its time. If a run is faster, its
newest weights wait and skipped epochs are measured on request (`measure_all`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakKeyDictionary

from torch import Tensor

from gan.errors import LiveGANError
from gan.quality.metrics import labels_to_measure, measure, samples
from gan.quality.reference import reference
from gan.quality.scores import Progress, Score, Scores
from gan.recording import epochs, networks_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.weights import generator_of, is_averaged
from gan.settings import Settings
from gan.training import device
from gan.training.own_networks import OwnNetworks

LIVE_COUNT = 2000  # samples of a live measurement
SEED = 0  # of their noise: the same for all epochs, so that differences come from the generator
SHARE = 0.04  # of a core, which costs a run less than 3 % of its time
DESKS_SHARE = 0.02  # the same for the runs of all desks together, whose newest images wait until nothing trains

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationRequest:
    """Weights to measure (see `weights_file.weights_of_state`); `line` is that of the scores when they were taken."""

    scores: Scores
    weights: Mapping[str, Tensor]
    settings: Settings
    batch: int
    epoch: int
    line: int
    rests: Callable[[], bool]  # whether the run rests, so that measuring costs it nothing
    own: OwnNetworks | None = None
    at_a_desk: bool = False  # such runs share the time of measuring


class _Closed(Exception):
    """The evaluator was told to end during work that takes minutes."""


class Evaluator:
    """See the module. Its thread starts with the first request."""

    def __init__(self) -> None:
        self._requests: dict[Scores, EvaluationRequest] = {}
        self._folders: dict[Scores, Path] = {}  # runs whose epochs are all to be measured
        self._ready: WeakKeyDictionary[Scores, float] = (
            WeakKeyDictionary()
        )  # the time from which a run may be measured again
        self._desks_ready = 0.0  # the same of all runs of desks
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False

    def submit(self, request: EvaluationRequest) -> None:
        """Submit weights, which replace any that wait of the same run. Returns at once."""
        with self._news:
            if self._requests.pop(request.scores, None):
                request.scores.progress = replace(request.scores.progress, complete=False)
            self._requests[request.scores] = request
            self._wake()

    def measure_all(self, scores: Scores, folder: Path) -> None:
        """Measure all kept epochs of a run without a score; `scores.progress` reports the progress."""
        with self._news:
            self._folders.setdefault(scores, folder)
            self._wake()

    def close(self, *, finish: bool = False) -> None:
        """End the thread after its current work; with `finish`, after everything submitted."""
        with self._news:
            self._closing = True
            self._folders.clear()
            if not finish:
                self._requests.clear()
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    # --- the thread --------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._main, name="evaluator", daemon=True)
            self._thread.start()
        self._news.notify()

    def _main(self) -> None:
        device.use_one_thread()
        device.give_way(5)
        while (task := self._next()) is not None:
            try:
                task()
            except _Closed:
                return
            except Exception:
                log.exception("Images could not be measured")

    def _next(self) -> Callable[[], None] | None:
        """Wait for the next task; None once the evaluator ends."""
        with self._news:
            while True:
                for scores, request in self._requests.items():
                    if self._closing or request.rests() or time.monotonic() >= self._ready_at(request):
                        del self._requests[scores]
                        return lambda: self._live(request)
                if self._closing:
                    return None
                if self._folders:
                    scores, folder = next(iter(self._folders.items()))
                    return lambda: self._one_of_all(scores, folder)
                self._news.wait(0.1 if self._requests else None)

    def _live(self, request: EvaluationRequest) -> None:
        if not self._prepare(request.scores, request.settings):
            return
        began = time.thread_time()
        self._evaluate(request)
        cost, now = time.thread_time() - began, time.monotonic()
        self._ready[request.scores] = now + cost / SHARE
        if request.at_a_desk:
            self._desks_ready = now + cost / DESKS_SHARE

    def _ready_at(self, request: EvaluationRequest) -> float:
        own = self._ready.get(request.scores, 0.0)
        return max(own, self._desks_ready) if request.at_a_desk else own

    def _one_of_all(self, scores: Scores, folder: Path) -> None:
        """Measure the next epoch of a run whose epochs are all to be measured."""
        done = {score.epoch for score in scores.all}
        left = [epoch for epoch in epochs.numbers(folder) if epoch not in done]
        start = scores.progress if scores.progress.of else Progress(0, len(left))
        if not left or not self._evaluate_epoch(scores, folder, left[0]):
            self._folders.pop(scores, None)
            scores.progress = Progress(note=scores.progress.note, complete=not left)
            return
        scores.progress = Progress(start.done + 1, max(start.of, start.done + len(left)))

    def _evaluate_epoch(self, scores: Scores, folder: Path, epoch: int) -> bool:
        """Measure one kept epoch; returns whether further epochs can be measured."""
        line = scores.line
        try:
            weights, settings, batch = epochs.read(folder, epoch)
            own = networks_file.of_run(folder)
        except DamagedRun as error:
            scores.progress = Progress(note=f"Epoch {epoch} cannot be measured: {error}")
            return False
        return self._evaluate(EvaluationRequest(scores, weights, settings, batch, epoch, line, lambda: True, own))

    def _prepare(self, scores: Scores, settings: Settings) -> bool:
        """Prepare the reference of an image set and import slow modules; returns whether images can be measured."""
        import torchmetrics.image.fid  # noqa: F401

        before = scores.progress
        try:
            reference(settings, lambda share, sentence: self._tell(scores, share, sentence))
        except LiveGANError as error:
            scores.progress = replace(before, note=str(error))
            return False
        scores.progress = before
        return True

    def _evaluate(self, request: EvaluationRequest) -> bool:
        """Measure weights and note their score, or the reason why that is impossible."""
        scores, settings = request.scores, request.settings
        if not self._prepare(scores, settings):
            return False
        try:
            real = reference(settings)
            labels = labels_to_measure(settings, real, LIVE_COUNT, SEED)
            images = samples(generator_of(request.weights, settings, request.own), settings, LIVE_COUNT, SEED, labels)
            quality = measure(images, real, SEED, labels=labels)
        except LiveGANError as error:
            scores.progress = replace(scores.progress, note=str(error))
            return False
        scores.progress = replace(scores.progress, note="")
        scores.add(Score(request.batch, request.epoch, is_averaged(request.weights), quality), request.line)
        return True

    def _tell(self, scores: Scores, share: float, sentence: str) -> None:
        if self._closing:
            raise _Closed
        scores.progress = Progress(note=f"{sentence} {share:.0%}")
