"""The random numbers of a run: one generator for each purpose, all seeded from the run's own seed.

With a stream for each purpose, a longer draw for one of them (a larger latent size, one more step) leaves the others as
they are. Nothing draws from torch's global generator, so other runs and other threads change no bit of this one.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

STREAMS = ("weights", "order", "noise", "dropout", "fixed")  # the place of a name in this list is part of its seed
ON_DEVICE = ("noise", "dropout")  # their numbers are drawn on the run's device, those of the others on the CPU
LONGEST_STATE = 16_384  # bytes; a state of torch's CPU generator takes 5,056


def make_streams(seed: int, device: torch.device) -> dict[str, torch.Generator]:
    """The generators of a run with this seed, by name."""
    return {
        name: torch.Generator(device if name in ON_DEVICE else "cpu").manual_seed(stream_seed(seed, index))
        for index, name in enumerate(STREAMS)
    }


def stream_seed(seed: int, index: int) -> int:
    """The seed of stream `index` (in the order of `STREAMS`) of a run with this seed."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0])


def is_stream_state(name: str, value: Tensor) -> bool:
    """Whether the stream `name` can continue from this state.

    A state of a stream on the device need not be one of the CPU's generator: a run may come from another machine.
    """
    if value.dtype != torch.uint8 or value.dim() != 1 or len(value) > LONGEST_STATE or value.is_meta:
        return False
    try:
        rng = torch.Generator().set_state(value)
    except RuntimeError:
        return name in ON_DEVICE
    # torch draws normal numbers in pairs, and a state keeps the second one of each: that has to be finite, too
    spare = torch.empty(1, dtype=torch.float64).normal_(generator=rng), torch.empty(1).normal_(generator=rng)
    return all(bool(drawn.isfinite()) for drawn in spare)
