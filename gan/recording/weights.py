"""The weights of a run on disk and networks that run them, for the pages, for sampling and for exports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from gan.recording import checkpoint, epochs, networks_file, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import read_run_file
from gan.settings import Settings
from gan.training.own_networks import OwnNetworks, build_pair_of_kept_weights
from gan.training.state_checks import check_weights


def newest(folder: Path) -> tuple[dict[str, Tensor], Settings, int]:
    """The newest weights of a run on disk, with their settings and batch.

    They are folded into linear layers; see `weights_file`.

    Raises:
        DamagedRun: they are damaged or do not fit the settings, or there are none yet.
        NetworksError: the run's networks of its own cannot be built.
    """
    run_file = read_run_file(folder)
    own = networks_file.read(folder, run_file)
    if run_file.newest is not None:
        weights = weights_file.weights_of_state(checkpoint.read_state(folder, run_file.newest), own)
        settings, batch = run_file.settings, run_file.batch
    else:
        numbers = epochs.numbers(folder)
        if not numbers:
            raise DamagedRun("it has no weights yet.")
        weights, settings, batch = epochs.read(folder, numbers[-1])
    try:
        check_weights(settings, weights, own)
    except ValueError as error:
        raise DamagedRun(str(error)) from None
    return weights, settings, batch


def newest_generator(folder: Path, *, raw: bool = False) -> tuple[nn.Module, Settings]:
    """The generator of a run with its newest weights, in evaluation mode on the CPU, and the run's settings.

    See `newest` and `generator_of`.
    """
    weights, settings, _ = newest(folder)
    return generator_of(weights, settings, networks_file.of_run(folder), raw=raw), settings


def is_averaged(weights: Mapping[str, Tensor]) -> bool:
    """Whether these weights include an averaged generator."""
    return any(name.startswith("averaged.") for name in weights)


def generator_of(
    weights: Mapping[str, Tensor], settings: Settings, own: OwnNetworks | None = None, *, raw: bool = False
) -> nn.Module:
    """The generator with these weights, in evaluation mode: the averaged one if there is one.

    Args:
        own: the run's networks of its own, if it has such.
        raw: take the generator that was trained, even if there is an averaged one.

    Raises:
        DamagedRun: these weights are not kept, or do not fit the settings.
        NetworksError: the networks of one's own cannot be built.
    """
    side = "averaged" if is_averaged(weights) and not raw else "generator"
    generator, _ = build_pair_of_kept_weights(settings, own)
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
    `averaged.linears...`. Those of networks of one's own have the names of their modules. Raises `DamagedRun`.
    """
    weights, settings, batch = newest(folder)
    packed = weights_file.pack(weights, settings, batch, 0, read_run_file(folder).networks)
    return weights_file.without_discriminator(packed)
