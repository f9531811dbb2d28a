"""The networks of a run at one moment, for views to compute with.

`capture` is all that the training thread does for them: it copies weights between two batches and draws no random
number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from gan.recording import checkpoint, epochs, networks_file, weights, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand, settings_after
from gan.recording.run_file import read_run_file
from gan.settings import Settings
from gan.training.losses import LOSSES, Loss
from gan.training.networks import Discriminator, Generator
from gan.training.own_networks import OwnNetworks, build_pair_of_kept_weights
from gan.training.random_streams import make_streams
from gan.training.sampling import GRID_IMAGES, draw_noise
from gan.training.trainer import Trainer
from gan.training.trainer_state import moments_of
from gan.views import images
from gan.views.health_history import HealthPoint

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Moment:
    """The networks of a run after some batch. All tensors are on the CPU and nobody else writes them.

    Attributes:
        weights: named as in a weights file, batch normalisation folded into the linear layers; some may not be kept.
        fixed_noise: what the 64 images of the grid are made of, 64 x latent.
        state: the networks' own tensors with the moments of their optimisers, named as in a trainer's state; None at an
            epoch, which keeps weights alone.
        has_moments: whether the moments of the optimisers are in `state`.
        history: how the health of the gradients was on the way, if the run kept it, oldest first.
        own: the run's networks of its own, if it has such. The networks below are then those and no fully connected
            ones; the catalogue keeps views that look into layers away from them.
    """

    settings: Settings
    batch: int
    epoch: int
    weights: Mapping[str, Tensor]
    fixed_noise: Tensor
    state: Mapping[str, Tensor] | None = None
    has_moments: bool = False
    history: tuple[HealthPoint, ...] = ()
    own: OwnNetworks | None = None

    @cached_property
    def generator(self) -> Generator:
        """The generator whose images the page shows: the averaged one if there is one. In evaluation mode."""
        side = "averaged" if weights.is_averaged(self.weights) else "generator"
        return self._network(side, self._built[0])

    @cached_property
    def opponent(self) -> Generator:
        """The generator that plays against the discriminator: never the averaged one, unless only that is kept."""
        kept = any(name.startswith("generator.") for name in self.weights)
        return self._network("generator" if kept else "averaged", self._built[0])

    @cached_property
    def discriminator(self) -> Discriminator | None:
        """In evaluation mode; None if it is not kept."""
        if not any(name.startswith("discriminator.") for name in self.weights):
            return None
        return self._network("discriminator", self._built[1])

    @cached_property
    def dots(self) -> Tensor:
        """The images that views follow, of the generator whose images the page shows (see `images.generated`)."""
        return images.generated(self.generator, self.settings)

    @cached_property
    def played_dots(self) -> Tensor:
        """The same, of the generator that plays against the discriminator."""
        averaged = weights.is_averaged(self.weights)
        return images.generated(self.opponent, self.settings) if averaged else self.dots

    @property
    def loss(self) -> Loss:
        return LOSSES[self.settings.loss]

    @property
    def without_discriminator(self) -> str:
        """Why `discriminator` is None, for the user."""
        return f"The discriminator of epoch {self.epoch} was not kept, only the generator."

    @property
    def _built(self) -> tuple[Generator, Discriminator]:
        with torch.device("meta"):  # no weights are drawn that would be replaced at once
            return cast("tuple[Generator, Discriminator]", build_pair_of_kept_weights(self.settings, self.own))

    def _network(self, side: str, network: N) -> N:
        try:
            its = {name: self.weights[f"{side}.{name}"] for name in network.state_dict()}
            network.load_state_dict(its, assign=True)
        except (KeyError, RuntimeError):
            raise DamagedRun("its weights do not fit its settings.") from None
        return network.eval().requires_grad_(False)


# --- of a run that trains ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Captured:
    """What `capture` copied: the networks' own tensors, not yet folded, and perhaps the optimisers' moments."""

    settings: Settings
    batch: int
    epoch: int
    tensors: dict[str, Tensor]
    moments: bool
    own: OwnNetworks | None = None


def capture(trainer: Trainer, *, moments: bool = False) -> Captured:
    """Copy the weights; called by the training thread.

    Args:
        moments: copy those of the optimisers too, which are twice as large.
    """
    networks = {"generator": trainer.generator, "discriminator": trainer.discriminator}
    if trainer.ema is not None:
        networks["averaged"] = trainer.ema.generator
    tensors = {f"{side}.{name}": x for side, network in networks.items() for name, x in network.state_dict().items()}
    tensors["fixed_noise"] = trainer.fixed_noise
    tensors |= moments_of(trainer) if moments else {}
    copied = {name: value.detach().to("cpu", copy=True) for name, value in tensors.items()}
    return Captured(trainer.settings, trainer.batch, trainer.epoch, copied, moments, trainer.own)


def of_captured(captured: Captured) -> Moment:
    c = captured
    kept = weights_file.weights_of_state(c.tensors, c.own)
    noise = c.tensors["fixed_noise"]
    return Moment(c.settings, c.batch, c.epoch, kept, noise, c.tensors, has_moments=c.moments, own=c.own)


# --- of a run's files --------------------------------------------------------------------------------------------


def of_epoch(folder: Path, epoch: int, initial: Settings, commands: Sequence[RecordedCommand]) -> Moment:
    """The last kept epoch up to `epoch`.

    Args:
        initial: the settings that the run began with, and `commands` that it obeyed since.

    Raises:
        DamagedRun: none is kept.
    """
    kept = [number for number in epochs.numbers(folder) if number <= epoch]
    if not kept:
        raise DamagedRun(f"no weights are kept of epoch {epoch} or before.")
    tensors, settings, batch = epochs.read(folder, kept[-1])
    noise = fixed_noise(initial, [command for command in commands if command.batch < batch])
    return Moment(settings, batch, kept[-1], tensors, noise, own=networks_file.of_run(folder))


def newest(folder: Path, initial: Settings, commands: Sequence[RecordedCommand]) -> Moment:
    """The newest weights on disk: of the last checkpoint, or of the last kept epoch. Raises `DamagedRun`."""
    run_file = read_run_file(folder)
    if run_file.newest is None:
        return of_epoch(folder, run_file.epoch, initial, commands)
    state = checkpoint.read_state(folder, run_file.newest)
    own = networks_file.read(folder, run_file)
    return of_captured(Captured(run_file.settings, run_file.batch, run_file.epoch, state, True, own))


def fixed_noise(initial: Settings, commands: Sequence[RecordedCommand]) -> Tensor:
    """The noise of the grid after these commands, as the trainer drew it: 64 x latent."""
    rng = make_streams(initial.seed, torch.device("cpu"))["fixed"]
    noise = draw_noise(GRID_IMAGES, initial.latent_dim, initial.noise, rng)
    now = initial
    for command in commands:
        before, now = now, settings_after(now, [command])
        if now.latent_dim != before.latent_dim:  # as in Trainer._resize_latent
            kept = min(now.latent_dim, before.latent_dim)
            fresh = draw_noise(GRID_IMAGES, now.latent_dim - kept, initial.noise, rng)
            noise = torch.cat([noise[:, :kept], fresh], dim=1)
    return noise
