"""Whether a generator makes the same image of the same noise when it is asked for images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

CLOSE = 1e-3  # of a pixel: the rows of one matrix product may be rounded differently


def repeats(sample: Callable[[Tensor], Tensor], noise: Tensor) -> bool:
    """Whether two copies of one row of `noise` (N x latent) in one batch give the same image.

    Networks of one's own may add noise or dropout that also acts in evaluation mode. Both copies are in one batch, as
    such networks draw the same random numbers in every call.
    """
    one, other = sample(noise[:1].expand(2, -1).contiguous())
    return torch.allclose(one, other, atol=CLOSE)
