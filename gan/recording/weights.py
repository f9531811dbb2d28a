"""The weights of a run on disk and networks that run them, for the pages, for sampling and for exports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from gan.recording import checkpoint, epochs, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import read_run_file
from gan.settings import Settings
from gan.training.build import build_with_batchnorm_folded
from gan.training.networks import Generator
from gan.training.state_checks import check_weights


def newest(folder: Path) -> tuple[dict[str, Tensor], Settings, int]:
    """The newest weights of a run on disk, with their settings and batch.

    They are folded into linear layers; see `weights_file`.

    Raises:
        DamagedRun: they are damaged or do not fit the settings, or there are none yet.
    """
    run_file = read_run_file(folder)
    if run_file.newest is not None:
        weights = weights_file.weights_of_state(checkpoint.read_state(folder, run_file.newest))
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


def newest_generator(folder: Path, *, raw: bool = False) -> tuple[Generator, Settings]:
    """The generator of a run with its newest weights, in evaluation mode on the CPU, and the run's settings.

    See `newest` and `generator_of`.
    """
    weights, settings, _ = newest(folder)
    return generator_of(weights, settings, raw=raw), settings


def is_averaged(weights: Mapping[str, Tensor]) -> bool:
    """Whether these weights include an averaged generator."""
    return any(name.startswith("averaged.") for name in weights)


def generator_of(weights: Mapping[str, Tensor], settings: Settings, *, raw: bool = False) -> Generator:
    """The generator with these weights, in evaluation mode: the averaged one if there is one.

    Args:
        raw: take the generator that was trained, even if there is an averaged one.

    Raises:
        DamagedRun: these weights are not kept, or do not fit the settings.
    """
    side = "averaged" if is_averaged(weights) and not raw else "generator"
    generator, _ = build_with_batchnorm_folded(settings)
    try:
        generator.load_state_dict({name: weights[f"{side}.{name}"] for name in generator.state_dict()})
    except (KeyError, RuntimeError) as error:
        if raw and is_averaged(weights) and isinstance(error, KeyError):
            raise DamagedRun("only its averaged weights are kept, not the raw ones.") from None
        raise DamagedRun("the generator's weights do not fit the run's settings.") from None
    return generator.eval()


def generator_file(folder: Path) -> bytes:
    """The newest generator as a safetensors file, with settings and batch in the metadata.

    The tensors are `generator.linears.<layer>.weight` and `.bias`; if the run keeps an averaged generator, also
    `averaged.linears...`. Raises `DamagedRun`.
    """
    weights, settings, batch = newest(folder)
    tensors = {name: value for name, value in weights.items() if not name.startswith("discriminator.")}
    return save(tensors, {"settings": settings.model_dump_json(), "batch": str(batch)})
