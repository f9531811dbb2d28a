"""Everything that one run trains with, one batch at a time: networks, optimisers, data order and random numbers.

A `Trainer` belongs to one thread. It knows nothing of commands or files; if a core is free, a second thread prepares
the next batch while this one is in the middle of the last, which changes no bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from gan.data import image_sets
from gan.settings import Settings
from gan.training import device, noise
from gan.training.ema import GeneratorEMA
from gan.training.fast_step import FastStep, PreparedBatch
from gan.training.networks import Discriminator, Generator, uniform_bound
from gan.training.reference_step import BatchFigures

LONGEST_RNG_STATE = 16_384  # bytes; torch's takes 5,056 on the CPU
GRID_IMAGES = 64
IMAGE_SHAPE = (1, 28, 28)  # of every data set that the settings offer
STREAMS = ("weights", "order", "noise", "dropout", "fixed")
DRAWN = ("order", "noise", "dropout")  # in each batch
ON_DEVICE = ("noise", "dropout")  # these are drawn where they are used, the others on the CPU


class Diverged(Exception):
    """A loss is no longer a finite number."""


class NextBatch(NamedTuple):
    """A batch as it was prepared, and what the random streams and the order of the data were before."""

    fast: FastStep
    buffers: PreparedBatch
    before: dict[str, Tensor]
    order: tuple[Tensor | None, Tensor]


class Trainer:
    """The training state of a run; `step` trains one batch, `change` turns knobs between two batches.

    Raises:
        DataError, DeviceError: the data set or the device is not there; the text is for the user.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.device = device.pick(settings.device)
        self.images = image_sets.load(settings.dataset, settings.split, settings.digits).images.to(self.device)
        self.batch = 0
        self.batches_per_epoch = math.ceil(len(self.images) / settings.batch_size)
        self._streams = {name: self._stream(index, name) for index, name in enumerate(STREAMS)}
        self._order: Tensor | None = None
        self._order_state = self._streams["order"].get_state()
        self._build_networks()
        self.optimizer_g = self._optimizer(self.generator, "g")
        self.optimizer_d = self._optimizer(self.discriminator, "d")
        self.ema = GeneratorEMA(self.generator) if settings.ema_decay else None
        self.fixed_noise = self._draw_noise(GRID_IMAGES, "fixed")
        self._fast: dict[int, FastStep] = {}  # by the size of the batch: the last one of an epoch is smaller
        self._ahead: Future[NextBatch] | None = None  # the next batch, which another thread prepares

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self.batch // self.batches_per_epoch

    @property
    def finished(self) -> bool:
        return self.epoch >= self.settings.epochs

    def step(self, only: Literal["d", "g"] | None = None) -> BatchFigures:
        """Train on the next batch, one network `only` if so wanted: the other then takes no step of its own.

        Raises:
            Diverged: a loss is not finite (the weights are then of no use).
        """
        batch = self._take(only)
        batch.fast.discriminate(batch.buffers, only)
        if self.device.type == "cpu":
            self._ahead = device.on_a_spare_core(self._prepare, self.batch + 1)
        figures = batch.fast.generate(batch.buffers, only)
        if not (math.isfinite(figures.d_loss) and math.isfinite(figures.g_loss)):
            raise Diverged
        if self.ema is not None:
            self.ema.update(self.settings.ema_decay)
        self.batch += 1
        return figures

    def change(self, settings: Settings) -> None:
        """Turn the live knobs to the values in `settings`; they act on the next batch."""
        self._forget()
        self._fast.clear()
        if settings.latent_dim != self.settings.latent_dim:
            self._resize_latent(settings.latent_dim)
        if not settings.ema_decay:
            self.ema = None
        elif self.ema is None:
            self.ema = GeneratorEMA(self.generator)
        self.settings = settings
        self.generator.dropout.p = settings.g_dropout
        self.discriminator.dropout.p = settings.dropout
        for optimizer, side in ((self.optimizer_g, "g"), (self.optimizer_d, "d")):
            optimizer.param_groups[0].update(self._optimizer_knobs(side))

    def sample(self, z: Tensor | None = None) -> Tensor:
        """Images of noise (N x latent; default: the fixed 64), in evaluation mode; draws no random number.

        The averaged generator makes them, if there is one.
        """
        generator = self.generator if self.ema is None else self.ema.generator
        generator.eval()
        with torch.no_grad():
            images: Tensor = generator(self.fixed_noise if z is None else z.to(self.device))
        self.generator.train()
        return images.cpu()

    # --- the state, as named tensors ---------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """All that training goes on from, as tensors on the CPU that share no memory with the live ones."""
        self._forget()
        tensors = {f"generator.{name}": value for name, value in self.generator.state_dict().items()}
        tensors |= {f"discriminator.{name}": value for name, value in self.discriminator.state_dict().items()}
        for side, optimizer, network in self._pairs():
            for name, parameter in network.named_parameters():
                for key, value in optimizer.state.get(parameter, {}).items():
                    if value is not None:
                        tensors[f"optimizer_{side}.{name}.{key}"] = value
        if self.ema is not None:
            tensors |= {f"averaged.{name}": value for name, value in self.ema.generator.state_dict().items()}
            tensors["averaged_batches"] = self.ema.batches
        tensors["fixed_noise"] = self.fixed_noise
        for name, stream in self._streams.items():
            tensors[f"rng.{name}"] = stream.get_state()
        if self._order is not None:  # in the middle of an epoch: its order is drawn again from here
            tensors["rng.order"] = self._order_state
        return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in tensors.items()}

    def restore(self, batch: int, tensors: Mapping[str, Tensor]) -> None:
        """Go back to a `state()` taken after `batch` batches under the present settings.

        Raises:
            ValueError: the tensors do not fit these settings.
        """
        check_fit(self.settings, tensors)
        self._forget()
        self._fast.clear()
        self.batch = batch
        self.generator.load_state_dict(_under("generator.", tensors))
        self.discriminator.load_state_dict(_under("discriminator.", tensors))
        for side, optimizer, network in self._pairs():
            for name, parameter in network.named_parameters():
                moments = _under(f"optimizer_{side}.{name}.", tensors)
                optimizer.state[parameter] = {key: value.to(self.device, copy=True) for key, value in moments.items()}
        self.ema = None
        if self.settings.ema_decay:
            self.ema = GeneratorEMA(self.generator)
            self.ema.generator.load_state_dict(_under("averaged.", tensors))
            self.ema.batches = tensors["averaged_batches"].clone()
        self.fixed_noise = tensors["fixed_noise"].to(self.device)
        for name, stream in self._streams.items():
            try:
                stream.set_state(tensors[f"rng.{name}"])
            except RuntimeError:  # torch's words on a state of another size or another kind of device
                raise ValueError(f"its state of the random generator {name!r} is not one of this device.") from None
        self._order = None
        if batch % self.batches_per_epoch:
            self._draw_order()

    # --- the next batch, prepared ahead -------------------------------------------------------------------------

    def _prepare(self, batch: int, only: Literal["d", "g"] | None = None) -> NextBatch:
        """Draw what the batch after `batch` batches needs, and run the discriminator on its real images."""
        s = self.settings
        d_steps, g_steps = 1 if only == "g" else s.d_steps, 1 if only == "d" else s.g_steps
        before = {name: self._streams[name].get_state() for name in DRAWN}
        order = (self._order, self._order_state)
        picked = self._pick(batch)
        n = len(picked)
        fast = self._fast.get(n) or self._new_step(n)
        buffers = fast.buffers()
        image_sets.scaled(self.images.index_select(0, picked).flatten(1), s.scaling, out=buffers.real)
        z, *d_noise = [self._draw_noise(n, "noise") for _ in range(d_steps)]
        g_noise = [self._draw_noise(n, "noise") for _ in range(g_steps - 1)]
        fast.prepare(buffers, z, d_noise=d_noise, g_noise=g_noise)
        return NextBatch(fast, buffers, before, order)

    def _take(self, only: Literal["d", "g"] | None) -> NextBatch:
        """The next batch; prepared here if the other thread has not begun with it, for want of a free core."""
        if only is not None:  # it takes other numbers of steps, which could not be known
            self._forget()
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.cancel():
            return self._prepare(self.batch, only)
        return ahead.result()

    def _forget(self) -> None:
        """Be as if nothing had been prepared ahead: it is not of the present state, and may not fit the next one."""
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.cancel():
            return
        _, _, before, (self._order, self._order_state) = ahead.result()
        for name, state in before.items():
            self._streams[name].set_state(state)

    # --- parts -------------------------------------------------------------------------------------------------

    def _stream(self, index: int, name: str) -> torch.Generator:
        """One of the run's own random generators."""
        where = self.device if name in ON_DEVICE else "cpu"
        return torch.Generator(where).manual_seed(stream_seed(self.settings.seed, index))

    def _build_networks(self) -> None:
        generator, discriminator = build_networks(self.settings, self._streams["weights"])
        self.generator = generator.to(self.device)
        self.discriminator = discriminator.to(self.device)
        for network in (self.generator, self.discriminator):
            network.dropout.rng = self._streams["dropout"]

    def _optimizer(self, network: nn.Module, side: str) -> torch.optim.Optimizer:
        knobs = self._optimizer_knobs(side)
        if getattr(self.settings, f"optimizer_{side}") == "adam":
            return torch.optim.Adam(network.parameters(), fused=self.device.type != "mps", **knobs)
        return torch.optim.SGD(network.parameters(), **knobs)

    def _optimizer_knobs(self, side: str) -> dict[str, Any]:
        s = self.settings.model_dump()
        if s[f"optimizer_{side}"] == "adam":
            return {"lr": s[f"lr_{side}"], "betas": (s[f"beta1_{side}"], s[f"beta2_{side}"])}
        return {"lr": s[f"lr_{side}"], "momentum": s[f"momentum_{side}"]}

    def _pairs(self) -> list[tuple[str, torch.optim.Optimizer, nn.Module]]:
        return [("g", self.optimizer_g, self.generator), ("d", self.optimizer_d, self.discriminator)]

    def _draw_noise(self, count: int, stream: str, columns: int | None = None) -> Tensor:
        rng = self._streams[stream]
        size = columns if columns is not None else self.settings.latent_dim
        return noise.draw(count, size, self.settings.noise, rng).to(self.device)

    def _draw_order(self) -> Tensor:
        self._order_state = self._streams["order"].get_state()
        self._order = torch.randperm(len(self.images), generator=self._streams["order"]).to(self.device)
        return self._order

    def _pick(self, batch: int) -> Tensor:
        """Which images are the real ones of the batch after `batch` batches."""
        position = batch % self.batches_per_epoch
        if position == 0 or self._order is None:
            self._draw_order()
        assert self._order is not None
        size = self.settings.batch_size
        picked = self._order[position * size : (position + 1) * size]
        if position == self.batches_per_epoch - 1:
            self._order = None
        return picked

    def _new_step(self, n: int) -> FastStep:
        s = self.settings
        self._fast[n] = FastStep(
            self.generator, self.discriminator, self.optimizer_g, self.optimizer_d, n, loss=s.loss,
            real_label=1.0 - s.label_smoothing, weight_clip=s.weight_clip if s.loss == "wasserstein" else None,
        )  # fmt: skip
        return self._fast[n]

    def _resize_latent(self, latent_dim: int) -> None:
        """Let the generator's first layer take more or fewer numbers; what stays keeps its weights and moments."""
        layer = cast("nn.Linear", self.generator.linears[0])
        old = layer.weight
        kept = min(latent_dim, old.shape[1])
        bound = uniform_bound(latent_dim)
        fresh = torch.empty(old.shape[0], latent_dim)
        nn.init.uniform_(fresh, -bound, bound, generator=self._streams["weights"])
        fresh = fresh.to(self.device)
        if self.ema is not None:
            averaged = cast("nn.Linear", self.ema.generator.linears[0])
            averaged.weight = nn.Parameter(_columns(averaged.weight.detach(), fresh, kept), requires_grad=False)
        weight = nn.Parameter(_columns(old.detach(), fresh, kept))
        layer.weight = weight
        if self.ema is not None:
            self.ema.rebind(self.generator)
        layer.in_features = self.generator.latent_dim = latent_dim
        moments = self.optimizer_g.state.pop(old, {})
        zeros = torch.zeros_like(weight)
        self.optimizer_g.state[weight] = {
            key: _columns(value, zeros, kept) if isinstance(value, Tensor) and value.dim() == 2 else value
            for key, value in moments.items()
        }
        self.optimizer_g.param_groups[0]["params"][0] = weight
        more = self._draw_noise(GRID_IMAGES, "fixed", max(0, latent_dim - kept))
        self.fixed_noise = torch.cat([self.fixed_noise[:, :kept], more], dim=1)


def stream_seed(seed: int, index: int) -> int:
    """The seed of stream `index` (in the order of `STREAMS`) of a run with this seed."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0])


def build_networks(settings: Settings, rng: torch.Generator | None = None) -> tuple[Generator, Discriminator]:
    """The generator and discriminator that these settings describe, freshly initialised on the CPU."""
    s = settings
    output: Literal["tanh", "sigmoid"] = "tanh" if s.scaling == "-1..1" else "sigmoid"
    generator = Generator(s.latent_dim, IMAGE_SHAPE, s.g_hidden, s.g_dropout, output, s.leaky_slope, rng, s.g_norm)
    return generator, Discriminator(IMAGE_SHAPE, s.d_hidden, s.dropout, s.leaky_slope, rng)


def build_with_batchnorm_folded(settings: Settings) -> tuple[Generator, Discriminator]:
    """The networks that take the weights which are kept of an epoch: without normalisation (see `models.folded`)."""
    return build_networks(settings.changed(g_norm="none"))


def check_fit(settings: Settings, tensors: Mapping[str, Tensor]) -> None:
    """Raise `ValueError` unless a `Trainer.state()` can belong to these settings; needs no data set."""
    with torch.device("meta"):  # the shapes alone: an upload may claim the largest networks
        generator, discriminator = build_networks(settings)
    shapes = {"fixed_noise": torch.Size((GRID_IMAGES, settings.latent_dim))}
    for side, network in (("generator", generator), ("discriminator", discriminator)):
        shapes |= _shapes(f"{side}.", network)
        for name, parameter in network.named_parameters():
            shapes |= _moment_shapes(settings, side[0], name, parameter.shape, tensors)
    if settings.ema_decay:
        shapes |= _shapes("averaged.", generator) | {"averaged_batches": torch.Size(())}
    rngs = {f"rng.{name}" for name in STREAMS}
    if tensors.keys() != shapes.keys() | rngs:
        odd = sorted(tensors.keys() ^ (shapes.keys() | rngs))[0]
        raise ValueError(f"its state does not fit its settings ({odd[:80]}).")
    for name, value in tensors.items():
        if name in rngs:
            fits = _is_rng_state(value, anywhere=name.removeprefix("rng.") in ON_DEVICE)
        else:
            fits = value.dtype == torch.float32 and value.shape == shapes[name]
        if not fits:
            raise ValueError(f"its state does not fit its settings ({name[:80]}).")


def check_weights(settings: Settings, weights: Mapping[str, Tensor]) -> None:
    """Raise `ValueError` unless these are weights that can be kept of an epoch under these settings.

    They are of the generator, of the averaged one, or of both, with or without those of the discriminator.
    """
    with torch.device("meta"):
        generator, discriminator = build_with_batchnorm_folded(settings)
    networks = {"generator": generator, "averaged": generator, "discriminator": discriminator}
    words = {"averaged": "averaged generator"}
    if not any(name.startswith(("generator.", "averaged.")) for name in weights):
        raise ValueError("it holds no generator's weights.")
    for side, network in networks.items():
        kept = _under(f"{side}.", weights)
        if kept and {name: value.shape for name, value in kept.items()} != _shapes("", network):
            raise ValueError(f"its {words.get(side, side)}'s weights do not fit its settings.")
        if any(value.dtype != torch.float32 for value in kept.values()):
            raise ValueError(f"its {words.get(side, side)}'s weights are not float32.")


def _shapes(prefix: str, network: nn.Module) -> dict[str, torch.Size]:
    return {prefix + name: value.shape for name, value in network.state_dict().items()}


def _is_rng_state(value: Tensor, *, anywhere: bool) -> bool:
    """Whether a generator can go on from this; `anywhere`: it may be one of another kind of device."""
    if value.dtype != torch.uint8 or value.dim() != 1 or len(value) > LONGEST_RNG_STATE or value.is_meta:
        return False
    try:
        rng = torch.Generator().set_state(value)
    except RuntimeError:
        return anywhere
    held_back = torch.empty(1, dtype=torch.float64).normal_(generator=rng), torch.empty(1).normal_(generator=rng)
    return all(bool(drawn.isfinite()) for drawn in held_back)  # a state keeps the second of two normal numbers


def _moment_shapes(
    settings: Settings, side: str, name: str, shape: torch.Size, tensors: Mapping[str, Tensor]
) -> dict[str, torch.Size]:
    """What an optimiser remembers of a parameter: all of its kind, or nothing before its first step."""
    prefix = f"optimizer_{side}.{name}."
    if getattr(settings, f"optimizer_{side}") == "adam":
        moments = {"step": torch.Size(()), "exp_avg": shape, "exp_avg_sq": shape}
    else:
        moments = {"momentum_buffer": shape}
    return {prefix + key: size for key, size in moments.items()} if _under(prefix, tensors) else {}


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether a `Trainer.state()` holds nothing but finite numbers."""
    return all(bool(value.isfinite().all()) for value in tensors.values())


def _columns(old: Tensor, new: Tensor, kept: int) -> Tensor:
    """`new` with its first columns taken from `old`."""
    return torch.cat([old[:, :kept], new[:, kept:]], dim=1).contiguous()


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
