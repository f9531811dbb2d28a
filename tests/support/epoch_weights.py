"""The weights of a small trainer after one batch, as an epoch keeps them."""

from __future__ import annotations

import functools

from helpers import SMALL
from torch import Tensor

from gan.recording import weights_file
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state


@functools.cache
def state() -> dict[str, Tensor]:
    trainer = Trainer(SMALL)
    trainer.step()
    return capture_state(trainer)


@functools.cache
def weights() -> dict[str, Tensor]:
    return weights_file.weights_of_state(state())


@functools.cache
def packed() -> bytes:
    return weights_file.pack(weights(), SMALL, 39, 3)
