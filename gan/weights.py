"""A generator's weights as safetensors, for the page and for export."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from gan import checkpoint
from gan.settings import Settings


def generator(folder: Path) -> bytes:
    """Tensors `generator.linears.<layer>.weight` and `.bias`, with the settings and the batch in the metadata.

    Raises:
        DamagedRun: also if there are no weights yet.
    """
    run_file = checkpoint.read(folder)
    tensors = checkpoint.read_state(folder, run_file)
    kept = {name: value for name, value in tensors.items() if name.startswith("generator.")}
    return packed(kept, run_file.settings, run_file.batch)


def packed(tensors: dict[str, Tensor], settings: Settings, batch: int) -> bytes:
    """Weights as safetensors, with what a reader needs to run them in the metadata."""
    return save(tensors, {"settings": settings.model_dump_json(), "batch": str(batch)})
