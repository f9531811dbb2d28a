"""The generator's weights at the last checkpoint, as safetensors."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save

from gan import checkpoint


def generator(folder: Path) -> bytes:
    """Tensors `generator.linears.<layer>.weight` and `.bias`, with the settings and the batch in the metadata.

    Raises:
        DamagedRun: also if there are no weights yet.
    """
    run_file = checkpoint.read(folder)
    tensors = checkpoint.read_state(folder, run_file)
    kept = {name: value for name, value in tensors.items() if name.startswith("generator.")}
    return save(kept, {"settings": run_file.settings.model_dump_json(), "batch": str(run_file.batch)})
