"""Trains one run, one batch after another.

A `Trainer` belongs to one thread and knows nothing of commands or files. Several batches are trained in one call where
that is faster, which changes no bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from gan.data import image_sets
from gan.settings import Settings
from gan.training.build import build_optimizer, optimizer_options
from gan.training.device_choice import device_of
from gan.training.ema import GeneratorEMA
from gan.training.epoch_order import EpochOrder
from gan.training.graph_step import RING, GraphStep, Images
from gan.training.latent_resize import resize_latent
from gan.training.networks import Generator, apply
from gan.training.own_networks import NetworksError, OwnNetworks, build_pair, set_dropout, use_stream
from gan.training.random_streams import make_streams
from gan.training.reference_step import BatchMetrics
from gan.training.sampling import GRID_IMAGES, draw_inputs, draw_noise, labels_in_turn
from gan.training.step_inputs import MOST_AT_ONCE, BatchInputs, BatchKind, Only, Pair
from gan.training.steps import TrainingStep, choose_step, make_step

AT_ONCE = 0.05  # seconds of training on a GPU between two looks at the metrics, and at commands
# images times parameters of both networks: this many take some 40 ms on one core, and commands wait so long. A batch of
# the lecture's has 27 million and takes 2 ms.
AT_ONCE_HERE = 450_000_000


class Diverged(Exception):
    """A loss is no longer a finite number.

    Args:
        before: the metrics of the batches that the same call trained before that.
    """

    def __init__(self, before: Sequence[BatchMetrics] = ()) -> None:
        super().__init__()
        self.before = before


class Trainer:
    """Networks, optimisers, data order and random streams of one run.

    `step` trains one batch, `change` turns knobs between two batches; `trainer_state` captures all of it as tensors.

    Args:
        own: networks of one's own, which take the place of those of the settings.
        trained_on: where the run was trained before (see `device.processor`), for it keeps its device.

    Raises:
        DataError, DeviceError, NetworksError: the data set or the device is missing, or these networks cannot be built;
            the text is for the user.
    """

    def __init__(self, settings: Settings, own: OwnNetworks | None = None, trained_on: str = "") -> None:
        self.settings, self.own = settings, own
        self.device = device_of(settings, own=own is not None, trained_on=trained_on)
        known = image_sets.load(settings.dataset, settings.split, settings.digits)
        self.images = known.images.to(self.device)
        self.labels = known.labels.long().to(self.device) if settings.conditional == "on" else None
        self.batch = 0
        self.streams = make_streams(settings.seed, self.device)
        self.order = EpochOrder(len(self.images), settings.batch_size, self.streams["order"], self.device)
        self.batches_per_epoch = self.order.batches_per_epoch
        generator, discriminator = build_pair(settings, own, self.streams["weights"])
        self.generator, self.discriminator = generator.to(self.device), discriminator.to(self.device)
        for network in (self.generator, self.discriminator):
            use_stream(network, self.streams["dropout"])
        self._set_dropout(settings)
        self.optimizer_g = build_optimizer(settings, "g", self.generator)
        self.optimizer_d = build_optimizer(settings, "d", self.discriminator)
        self.ema = GeneratorEMA(self.generator) if settings.ema_decay else None
        self.fixed_noise = self._draw_noise(GRID_IMAGES, "fixed", settings.latent_dim)
        self.fixed_labels = labels_in_turn(settings, GRID_IMAGES)
        self._steps: dict[int, TrainingStep] = {}  # by the size of the batch: the last one of an epoch is smaller
        self._ema_decay = torch.tensor(settings.ema_decay, dtype=torch.float64)
        self._parameters = sum(each.numel() for network in (generator, discriminator) for each in network.parameters())
        self._choice = self._choose_step()
        self._graph_step: GraphStep | None = None
        self._at_once = 8  # batches until the next look at the metrics; how many take `AT_ONCE` shows in training

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self.batch // self.batches_per_epoch

    @property
    def finished(self) -> bool:
        return self.epoch >= self.settings.epochs

    def sides(self) -> Iterator[tuple[Literal["g", "d"], nn.Module, torch.optim.Optimizer]]:
        """Both networks, each with its optimiser."""
        yield "g", self.generator, self.optimizer_g
        yield "d", self.discriminator, self.optimizer_d

    def step(self, only: Only = None) -> BatchMetrics:
        """Train on the next batch.

        Args:
            only: the one network that learns; the other then takes no step of its own.

        Raises:
            Diverged: a loss is not finite (the weights are then of no use).
        """
        return self._train(1, only)[0]

    def train(self, most: int, only: Only = None) -> list[BatchMetrics]:
        """Train on up to `most` batches, not beyond the end of the epoch, and return the metrics of each.

        Through the fast step that is `MOST_AT_ONCE`, or fewer if they take long. With a CUDA graph it is as many as
        take about `AT_ONCE`. How many changes no bit.

        Raises:
            Diverged: a loss is not finite. `batch` is then the number of the batches before.
        """
        if self._choice != "graph":
            return self._train(min(most, self._count_at_once()), only)
        left = self.batches_per_epoch - self.batch % self.batches_per_epoch
        count = min(most, left, self._at_once)
        began, captured = time.monotonic(), self._captures
        metrics = self._train(count, only)
        if self._captures == captured:
            within = round(AT_ONCE * count / max(time.monotonic() - began, 1e-6))
            self._at_once = max(1, min(within, 2 * count if count == self._at_once else self._at_once, RING))
        return metrics

    def change(self, settings: Settings) -> None:
        """Turn the live knobs to the values in `settings`; they act on the next batch."""
        graph_step = self._graph_step
        self.discard_steps()
        ema = self.ema
        if settings.latent_dim != self.settings.latent_dim:
            self._resize_latent(settings.latent_dim)
            graph_step = None
        if not settings.ema_decay:
            self.ema = None
        elif self.ema is None:
            self.ema = GeneratorEMA(self.generator)
        self.settings = settings
        self._ema_decay.fill_(settings.ema_decay)
        self._choice = self._choose_step()
        self._set_dropout(settings)
        for side, _, optimizer in self.sides():
            optimizer.param_groups[0].update(optimizer_options(settings, side))
        if graph_step is not None and self.ema is ema:  # what is captured stays true, since no tensor was replaced
            graph_step.turn(settings)
            self._graph_step = graph_step

    def sample(self, z: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Images of noise (N x latent; default: the fixed 64), in evaluation mode; draws no random number.

        The averaged generator makes them, if there is one.

        Args:
            labels: of a conditional run, one for each row of `z`.
        """
        z, labels = (self.fixed_noise, self.fixed_labels) if z is None else (z, labels)
        generator = self.generator if self.ema is None else self.ema.generator
        generator.eval()
        with torch.no_grad():
            images = apply(generator, z.to(self.device), None if labels is None else labels.to(self.device))
        self.generator.train()
        return images.cpu()

    def discard_steps(self) -> None:
        """Discard the steps, which hold on to settings, parameters and moments."""
        self._steps.clear()
        self._graph_step = None

    # --- batches -------------------------------------------------------------------------------------------------

    def _choose_step(self) -> Literal["reference", "fast", "graph"]:
        return choose_step(self.settings, own=self.own is not None, device=self.device.type).step

    def _train(self, count: int, only: Only) -> list[BatchMetrics]:
        train = self._launch if self._choice == "graph" else self._train_here
        metrics = train(count, only)
        finite = [math.isfinite(each.d_loss) and math.isfinite(each.g_loss) for each in metrics]
        good = count if all(finite) else finite.index(False)
        self.batch += good
        if good < count:
            raise Diverged(metrics[:good])
        return metrics

    def _count_at_once(self) -> int:
        """How many batches the fast step is given in one call: all of the same size and kind."""
        if self._choice != "fast":
            return 1
        quick = AT_ONCE_HERE // (self.settings.batch_size * self._parameters)
        every = self.settings.penalty_every
        alike = -self.batch % every or 1 if every > 1 else MOST_AT_ONCE
        return max(1, min(MOST_AT_ONCE, quick, alike, self.order.count_alike(self.batch)))

    def _train_here(self, count: int, only: Only) -> list[BatchMetrics]:
        indices = self.order.indices(self.batch, count)
        n, every = indices.shape[1], self.settings.penalty_every
        step = self._steps.get(n) or self._new_step(n)
        return step.train(indices, BatchKind(only, 0 if self.batch % every else every), self._draw)

    def _draw(self, indices: Tensor, real: Tensor, kind: BatchKind) -> BatchInputs:
        """See `Draw`."""
        image_sets.scaled(self.images.index_select(0, indices).flatten(1), self.settings.scaling, out=real)
        labels = None if self.labels is None else self.labels.index_select(0, indices)
        return draw_inputs(self.settings, len(indices), self.streams["noise"], labels, kind.penalty_factor, kind.only)

    def _new_step(self, n: int) -> TrainingStep:
        pair = Pair(self.generator, self.discriminator, self.optimizer_g, self.optimizer_d)
        self._steps[n] = step = make_step(self.settings, pair, n, self._update_average)
        return step

    def _update_average(self) -> None:
        if self.ema is not None:
            self.ema.update(self._ema_decay)

    # --- without waiting for the GPU ----------------------------------------------------------------------------

    @property
    def _captures(self) -> int:
        return 0 if self._graph_step is None else self._graph_step.captures

    def _launch(self, count: int, only: Only) -> list[BatchMetrics]:
        """Train `count` batches by graph, one after another, and fetch their metrics at the end."""
        step = self._graph_step = self._graph_step or self._new_graph_step()
        for batch in range(self.batch, self.batch + count):
            step.train(self.order.indices(batch)[0], batch, only)
        return step.fetch()

    def _new_graph_step(self) -> GraphStep:
        pair = Pair(self.generator, self.discriminator, self.optimizer_g, self.optimizer_d)
        known = Images(self.images, self.labels)
        return GraphStep(self.settings, pair, self.ema, known, self.streams["noise"], self.streams["dropout"])

    def _draw_noise(self, count: int, stream: str, latent_dim: int) -> Tensor:
        return draw_noise(count, latent_dim, self.settings.noise, self.streams[stream]).to(self.device)

    def _set_dropout(self, settings: Settings) -> None:
        set_dropout(self.generator, settings.g_dropout)
        set_dropout(self.discriminator, settings.dropout)

    def _resize_latent(self, latent_dim: int) -> None:
        if not isinstance(self.generator, Generator):
            raise NetworksError("The latent size of networks of one's own is fixed.")
        kept = min(latent_dim, self.settings.latent_dim)
        resize_latent(self.generator, self.optimizer_g, self.ema, latent_dim, self.streams["weights"])
        fresh = self._draw_noise(GRID_IMAGES, "fixed", latent_dim - kept)
        self.fixed_noise = torch.cat([self.fixed_noise[:, :kept], fresh], dim=1)
