"""Measures the health of gradients of runs that train: one thread for all, on copies, for a small share of the time."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from gan.errors import LiveGANError
from gan.training import device
from gan.training.trainer import Trainer
from gan.views import moment
from gan.views.gradient_health import measured
from gan.views.health_history import HealthHistory, is_due
from gan.views.moment import Captured

# Of the time, how much all measuring together may take. A measurement takes 15 to 60 ms; on a machine on which that is
# too much for ten an epoch there are fewer of them.
SHARE = 0.02

log = logging.getLogger(__name__)


class HealthMeter:
    """See the module. Its thread starts with the first measurement."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "health", _initialize)
        self._pending: Future[None] | None = None
        self._lock = threading.Lock()
        self._ready = 0.0  # the time from which it may measure again

    def look(self, trainer: Trainer, history: HealthHistory, rests: Callable[[], bool]) -> None:
        """Called by a run's thread after each batch: copies the networks if they are to be measured now.

        Networks of one's own are not measured.

        Args:
            rests: whether the run rests.
        """
        if trainer.own is not None or not is_due(trainer.batch, trainer.batches_per_epoch):
            return
        with self._lock:
            if time.monotonic() < self._ready or (self._pending is not None and not self._pending.done()):
                return
            captured = moment.capture(trainer, moments=True)
            with contextlib.suppress(RuntimeError):  # it is being closed
                self._pending = self._pool.submit(
                    self._measure, captured, history, history.line, trainer.batches_per_epoch, rests
                )

    def close(self) -> None:
        """End the thread after the measurement that is under way."""
        self._pool.shutdown(wait=True)

    def _measure(
        self, captured: Captured, history: HealthHistory, line: int, batches_per_epoch: int, rests: Callable[[], bool]
    ) -> None:
        began = time.thread_time()
        try:
            point = measured(moment.of_captured(captured))
            if point is not None:
                history.add(point, line, batches_per_epoch, rests=rests())
        except LiveGANError as error:  # its images are not here
            log.info("The health of the gradients was not measured: %s", error)
        except Exception:
            log.exception("The health of the gradients could not be measured")
        self._ready = time.monotonic() + (time.thread_time() - began) / SHARE


def _initialize() -> None:
    device.use_one_thread()
    device.give_way(5)
