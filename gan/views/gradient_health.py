"""How gradients and updates compare with the weights, measured on copies of the networks with a batch of its own.

The batch, its noise and its dropout are drawn from random numbers of their own, so the run is not touched. The two
steps that are measured are those of `reference_step.py`, with the run's settings and, where they are kept, its moments.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from gan.data import image_sets
from gan.settings import Settings
from gan.training import reference_step
from gan.training.build import build_networks, build_optimizer
from gan.training.networks import Discriminator, Generator
from gan.training.sampling import draw_noise
from gan.training.state_checks import with_prefix
from gan.training.step_inputs import BatchInputs, Objective
from gan.views.architecture import linear_layers
from gan.views.figures import Figures, missing
from gan.views.health_history import HealthPoint, LayerSizes
from gan.views.memorised import Memory, memory_of
from gan.views.moment import Moment

Side = Literal["g", "d"]
MOST_IMAGES = 256  # of the batch that is measured: larger ones take longer and change the sizes little


@dataclass(frozen=True)
class LayerHealth:
    """A layer's weight matrix, and the step that it takes. All sizes are Euclidean norms over the whole matrix.

    Attributes:
        weights: the norm of the weights.
        gradient: the norm of the gradient of the loss.
        update: the norm of the change that the optimiser makes; None where its moments are not kept.
    """

    weights: float
    gradient: float
    update: float | None

    @property
    def ratio(self) -> float | None:
        """Update to weights; about 1/1000 is a usual guide (Karpathy, "makemore", part 3)."""
        return None if self.update is None or self.weights == 0 else self.update / self.weights


@dataclass(frozen=True)
class Health:
    """The sizes of gradients and updates at one moment.

    Attributes:
        layers: of the generator ("g") and the discriminator ("d"), first to last.
        image_gradient: how strongly the generator's loss pulls at each of its images, through the discriminator: the
            mean norm, over the images, of the gradient of an image's own loss by its pixels.
    """

    layers: Mapping[Side, list[LayerHealth]]
    image_gradient: float


def health_of(settings: Settings, tensors: Mapping[str, Tensor], seed: int) -> Health:
    """Measure one batch's two steps on copies.

    Args:
        tensors: a trainer's state; or the weights of both networks alone, and then no update can be told.
        seed: draws the batch, its noise and its dropout.

    Raises:
        DataError: the run's data set is not on this computer.
    """
    rng = torch.Generator().manual_seed(seed)
    state = "fixed_noise" in tensors
    made = settings if state else settings.changed(g_norm="none", minibatch_std="off")
    generator, discriminator = build_networks(made, torch.Generator())  # which the weights below replace
    generator.load_state_dict(with_prefix("generator.", tensors))
    discriminator.load_state_dict(with_prefix("discriminator.", tensors))
    generator.dropout.rng = discriminator.dropout.rng = rng
    networks: dict[Side, Generator | Discriminator] = {"g": generator, "d": discriminator}
    optimizers = {side: _optimizer(settings, side, network, tensors) for side, network in networks.items()}
    before = {side: _matrices(network) for side, network in networks.items()}
    image_gradients = _watch_images(generator)
    real, inputs = _batch(settings, rng)
    reference_step.train_step(
        generator, discriminator, optimizers["g"], optimizers["d"], real, inputs, Objective.of(settings)
    )
    layers = {side: _layers(network, before[side], with_updates=state) for side, network in networks.items()}
    return Health(layers, float(image_gradients[0].flatten(1).norm(dim=1).mean() * len(real)))


def _optimizer(settings: Settings, side: Side, network: nn.Module, tensors: Mapping[str, Tensor]) -> Optimizer:
    """The optimiser of a network, with copies of the moments that are kept."""
    optimizer = build_optimizer(settings, side, network)
    for name, parameter in network.named_parameters():
        moments = with_prefix(f"optimizer_{side}.{name}.", tensors)
        optimizer.state[parameter] = {key: value.clone() for key, value in moments.items()}
    return optimizer


def _matrices(network: Generator | Discriminator) -> list[Tensor]:
    return [linear.weight.detach().clone() for linear in linear_layers(network)]


def _watch_images(generator: Generator) -> list[Tensor]:
    """A list that the gradient by the generator's images comes into, in a backward pass."""
    found: list[Tensor] = []

    def watch(_module: nn.Module, _inputs: tuple[Tensor, ...], images: Tensor) -> None:
        if images.requires_grad:
            images.register_hook(lambda gradient: found.append(gradient.detach().clone()))

    generator.register_forward_hook(watch)
    return found


def _batch(settings: Settings, rng: torch.Generator) -> tuple[Tensor, BatchInputs]:
    """Real images of the run's data set, chosen at random, and as much noise."""
    known = image_sets.load(settings.dataset, settings.split, settings.digits)
    count = min(settings.batch_size, MOST_IMAGES)
    chosen = torch.randint(len(known), (count,), generator=rng)
    real = image_sets.scaled(known.images[chosen], settings.scaling)
    labels = known.labels[chosen].long() if settings.conditional == "on" else None
    z = draw_noise(count, settings.latent_dim, settings.noise, rng)
    penalised = Objective.of(settings).gradient_penalty > 0
    shares = (torch.rand(count, 1, generator=rng),) if penalised else ()
    return real, BatchInputs(z, labels=labels, shares=shares)


def _layers(network: Generator | Discriminator, before: list[Tensor], *, with_updates: bool) -> list[LayerHealth]:
    found = []
    for linear, old in zip(linear_layers(network), before, strict=True):
        gradient = 0.0 if linear.weight.grad is None else float(linear.weight.grad.norm())
        update = float((linear.weight.detach() - old).norm()) if with_updates else None
        found.append(LayerHealth(float(old.norm()), gradient, update))
    return found


# --- kept with a run -----------------------------------------------------------------------------------------------


def measured(moment: Moment) -> HealthPoint | None:
    """What is kept of a moment that has the optimisers' moments; None if something is no longer a finite number.

    Raises `DataError`.
    """
    if moment.state is None or not moment.has_moments or moment.discriminator is None:
        return None
    health = health_of(moment.settings, moment.state, seed=moment.batch)
    memory = memory_of(moment.settings, moment.played_dots, moment.discriminator)
    sides = {side: tuple(_sizes(layer) for layer in layers) for side, layers in health.layers.items()}
    outputs = memory.training, memory.held_out, memory.generated
    shares = memory.share_training, memory.share_held_out, memory.share_generated
    numbers = [*itertools.chain(*sides["g"], *sides["d"]), health.image_gradient, *outputs, *shares]
    if not all(number is None or math.isfinite(number) for number in numbers):
        return None
    return HealthPoint(
        moment.batch, sides["g"], sides["d"], _short(health.image_gradient),
        (_short(outputs[0]), None if outputs[1] is None else _short(outputs[1]), _short(outputs[2])),
        (_short(shares[0]), None if shares[1] is None else _short(shares[1]), _short(shares[2])),
    )  # fmt: skip


def _sizes(layer: LayerHealth) -> LayerSizes:
    return LayerSizes(_short(layer.weights), _short(layer.gradient), _short(layer.update or 0.0))


def _short(number: float) -> float:
    """Four digits, so that the file of a run stays small."""
    return float(f"{number:.4g}")


# --- what the page shows -----------------------------------------------------------------------------------------

MOST_SENT = 200  # points of the way, in one message


def health(moment: Moment) -> Figures:
    """The sizes by layer and what the discriminator knows by heart, now and on the way.

    The batch that is measured follows from the moment. What cannot be measured any more, as it was not kept, is taken
    from the last point on the way. Raises `DataError`.
    """
    point = moment.history[-1] if moment.history else None
    told, why = (None, "") if _is_of(point, moment) else _now(moment)
    if told is None and point is None:
        return missing(why)
    figures: dict[str, Any] = {"recorded": None}
    if told is None and point is not None:
        told, figures = _told(*_as_measured(point)), {"recorded": point.batch}
    figures |= {"loss": moment.settings.loss, "way": _way(moment.history)}
    return Figures(_finite(figures | (told or {})), _arrays(moment.history))


def _is_of(point: HealthPoint | None, moment: Moment) -> bool:
    """Whether this point holds all of a moment whose optimisers are no longer known."""
    return point is not None and point.batch == moment.batch and not moment.has_moments


def _now(moment: Moment) -> tuple[dict[str, Any] | None, str]:
    """The figures measured at a moment, or why there are none."""
    if moment.discriminator is None:
        return None, moment.without_discriminator
    known = moment.state if moment.has_moments else None
    tensors = moment.weights if known is None else known
    if not any(name.startswith("generator.") for name in tensors):
        return None, f"Of epoch {moment.epoch} only the averaged generator was kept, which does not learn."
    if known is None and moment.settings.g_norm == "batch":
        return None, f"Epoch {moment.epoch} does not keep the batch normalisation, which the gradients depend on."
    if known is None and moment.settings.minibatch_std == "on":
        return None, f"Epoch {moment.epoch} does not keep how batches are compared, which the gradients depend on."
    found = health_of(moment.settings, tensors, seed=moment.batch)
    return _told(found, memory_of(moment.settings, moment.played_dots, moment.discriminator)), ""


def _as_measured(point: HealthPoint) -> tuple[Health, Memory]:
    sides: dict[Side, tuple[LayerSizes, ...]] = {"g": point.g, "d": point.d}
    layers = {side: [LayerHealth(*sizes) for sizes in layers] for side, layers in sides.items()}
    return Health(layers, point.pull), Memory(*point.outputs, *point.shares)


def _told(found: Health, known: Memory) -> dict[str, Any]:
    layers = {side: [asdict(each) | {"ratio": each.ratio} for each in each_side]
              for side, each_side in found.layers.items()}  # fmt: skip
    memory = asdict(known) | {"r_v": known.r_v, "r_t": known.r_t}
    return {"layers": layers, "image_gradient": found.image_gradient, "memory": memory}


def _way(history: Sequence[HealthPoint]) -> dict[str, int] | None:
    """How the arrays of the way are laid out: the layers of each network."""
    return {"g": len(history[0].g), "d": len(history[0].d)} if history else None


def _arrays(history: Sequence[HealthPoint]) -> dict[str, NDArray[Any]]:
    """The way, of many points some: `batches` (n), and by point in `sizes` a gradient and a ratio for each layer, the
    pull on the images, and three shares (-1: there are no such images)."""
    stride = -(-len(history) // MOST_SENT) or 1
    chosen = history[::-1][::stride][::-1]
    rows = [
        [*itertools.chain(*((one.gradient, one.update / one.weights if one.weights else 0.0)
                            for one in (*point.g, *point.d))),
         point.pull, *(-1.0 if share is None else share for share in point.shares)]
        for point in chosen
    ]  # fmt: skip
    return (
        {
            "batches": np.array([point.batch for point in chosen], np.float64),
            "sizes": np.array(rows, np.float32).reshape(-1),
        }
        if chosen
        else {}
    )


def _finite(value: Any) -> Any:
    """The same JSON value with None in place of numbers that are not finite."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
