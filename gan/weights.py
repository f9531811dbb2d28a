"""The weights of a run's networks at some epoch, for the page, for sampling and for export."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from gan import checkpoint, epochs
from gan.files import DamagedRun
from gan.settings import Settings
from gan.trainer import check_weights


def newest(folder: Path) -> tuple[dict[str, Tensor], Settings, int]:
    """The newest weights on disk of a run's networks, the settings and the batch that they are of.

    Raises:
        DamagedRun: also if there are none yet, or if they do not fit the settings.
    """
    run_file = checkpoint.read(folder)
    if run_file.newest is not None:
        weights = epochs.weights_of(checkpoint.read_state(folder, run_file.newest))
        settings, batch = run_file.settings, run_file.batch
    else:
        numbers = epochs.numbers(folder)
        if not numbers:
            raise DamagedRun("it has no weights yet.")
        weights, settings, batch = epochs.read(folder, numbers[-1])
    try:
        check_weights(settings, weights)
    except ValueError as error:
        raise DamagedRun(str(error)) from None
    return weights, settings, batch


def generator(folder: Path) -> bytes:
    """The generator alone: tensors `generator.linears.<layer>.weight` and `.bias`, settings and batch in the metadata.

    Raises `DamagedRun`.
    """
    weights, settings, batch = newest(folder)
    tensors = {name: value for name, value in weights.items() if name.startswith("generator.")}
    return save(tensors, {"settings": settings.model_dump_json(), "batch": str(batch)})
