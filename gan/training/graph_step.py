"""Trains on a GPU without waiting for it: the reference step, captured once as a CUDA graph and replayed every batch.

The reference step is about a hundred small kernels. Launched from Python, one after another, they took 5.5 ms a batch
on an H200, and the GPU idled for most of it; as one graph they take 0.4 ms. Everything of a batch is in the graph: it
gathers the images, draws the noise, trains both networks and moves the average. Live knobs are scalars on the device
(`live_knobs`); a change of anything else captures again. The metrics stay in a ring on the device, and one fetch brings
those of many batches.

Elsewhere than on CUDA the same function runs uncaptured, which is how most tests run it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Hashable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from gan.data.image_sets import scaled
from gan.settings import Settings
from gan.training.capturable_optimizer import CapturableOptimizer
from gan.training.ema import GeneratorEMA
from gan.training.live_knobs import LiveKnobs, structure
from gan.training.own_networks import dropouts
from gan.training.reference_step import BatchMetrics, train_step
from gan.training.sampling import draw_inputs
from gan.training.step_inputs import Only, Pair

log = logging.getLogger(__name__)

RING = 1024  # metrics of as many batches have room on the device
WARM_UP = 3  # times that a step runs before it is captured, as torch advises: libraries set themselves up meanwhile

_capturing = threading.Lock()  # torch captures one graph at a time in a process


class Kind(NamedTuple):
    """What tells one graph of a run from another: batches of the same kind are replays of the same graph."""

    n: int
    penalty_due: bool
    only: Only


class Images(NamedTuple):
    """The images of a run on its device, uint8; `labels` only if it is conditional."""

    images: Tensor
    labels: Tensor | None


class _Captured(NamedTuple):
    graph: torch.cuda.CUDAGraph | None  # None: the step runs uncaptured
    indices: Tensor  # which images form the batch


class GraphStep:
    """See the module. Make a new one when a parameter, a moment or the average is replaced.

    Args:
        noise, dropout: the random streams that the step draws from, on the device.

    Attributes:
        captures: how many graphs have been captured.
    """

    def __init__(
        self,
        settings: Settings,
        pair: Pair,
        ema: GeneratorEMA | None,
        known: Images,
        noise: torch.Generator,
        dropout: torch.Generator,
    ) -> None:
        self.settings, self.pair, self.ema, self.known = settings, pair, ema, known
        self.streams = (noise, dropout)
        self.device = known.images.device
        self.captures = 0
        self._knobs = LiveKnobs(settings, self.device)
        for layer in [*dropouts(pair.generator), *dropouts(pair.discriminator)]:
            layer.live = self._knobs.dropout
        if ema is not None:
            ema.batches = ema.batches.to(self.device)
        self._metrics = torch.zeros(len(BatchMetrics._fields), device=self.device)  # of the batch just trained
        self._ring = torch.zeros(RING, len(BatchMetrics._fields), device=self.device)
        self._waiting = 0  # how many rows of the ring have yet to be fetched
        self._stream = torch.cuda.Stream(self.device) if self.device.type == "cuda" else None
        self._structure: Hashable = None
        self._graphs: dict[Kind, _Captured] = {}
        self.turn(settings)

    def turn(self, settings: Settings) -> None:
        """Take the live knobs of these settings; they act on the next batch."""
        self.settings = settings
        self._knobs.turn(settings)
        now = structure(settings)
        if now != self._structure:
            self._structure = now
            self._graphs.clear()
            self._objective = self._knobs.objective(settings)
            lr, momentum = self._knobs.lr, self._knobs.momentum
            self._optimizers = [
                CapturableOptimizer(self.pair.optimizer_g, lr["g"], momentum["g"]),
                CapturableOptimizer(self.pair.optimizer_d, lr["d"], momentum["d"]),
            ]

    def train(self, indices: Tensor, batch: int, only: Only) -> None:
        """Train on the images with these indices, after `batch` batches; the metrics wait for `fetch`."""
        every = self.settings.penalty_every
        kind = Kind(len(indices), self._objective.penalised and batch % every == 0, only)
        captured = self._graphs.get(kind) or self._capture(kind, indices)
        captured.indices.copy_(indices)
        if captured.graph is None:
            self._train(kind, captured.indices)
        else:
            captured.graph.replay()
        self._ring[self._waiting].copy_(self._metrics)
        self._waiting += 1

    def fetch(self) -> list[BatchMetrics]:
        """The metrics of the batches since the last fetch, at most `RING` of them; waits until they are trained."""
        rows = self._ring[: self._waiting].cpu()
        self._waiting = 0
        return [BatchMetrics(*row) for row in rows.tolist()]

    # --- one batch as a function of tensors that stay where they are --------------------------------------------

    def _train(self, kind: Kind, indices: Tensor) -> None:
        s = self.settings
        optimizer_g, optimizer_d = (cast("Optimizer", each) for each in self._optimizers)
        images, labels = self.known
        real = scaled(images.index_select(0, indices), s.scaling)
        labels = None if labels is None else labels.index_select(0, indices)
        inputs = draw_inputs(s, kind.n, self.streams[0], labels, int(kind.penalty_due), kind.only)
        generator, discriminator = self.pair.generator, self.pair.discriminator
        train_step(generator, discriminator, optimizer_g, optimizer_d, real, inputs, self._objective, self._keep)
        if self.ema is not None:
            self.ema.update(self._knobs.ema_decay)

    def _keep(self, metrics: Tensor) -> Sequence[float]:
        """Leave the metrics on the device; what `train_step` makes of this is not used."""
        self._metrics.copy_(metrics)
        return (0.0, 0.0, 0.0, 0.0)

    # --- capture -------------------------------------------------------------------------------------------------

    def _capture(self, kind: Kind, indices: Tensor) -> _Captured:
        """Capture a kind of batch; leaves everything as it was."""
        mine = indices.clone()
        captured = _Captured(None if self._stream is None else self._captured_graph(kind, mine, self._stream), mine)
        self._graphs[kind] = captured
        self.captures += 1
        return captured

    def _captured_graph(self, kind: Kind, indices: Tensor, stream: torch.cuda.Stream) -> torch.cuda.CUDAGraph | None:
        """The graph, or None if it cannot be captured; the step then runs uncaptured, slower and with the same bits."""
        graph = torch.cuda.CUDAGraph()
        for rng in self.streams:
            graph.register_generator_state(rng)
        with _capturing, torch.cuda.device(self.device):
            self._warm_up(kind, indices, stream)
            try:
                with (
                    torch.cuda.stream(torch.cuda.current_stream()),  # which a failed capture would not return to
                    # other threads use the GPU meanwhile, so only what this thread does may break the capture
                    torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"),
                ):
                    self._train(kind, indices)
            except RuntimeError:
                log.warning("A training step could not be captured as a CUDA graph; it runs uncaptured.", exc_info=True)
                return None
            finally:
                for optimizer in self._optimizers:  # the gradients lie in the graph's own memory
                    optimizer.zero_grad()
        return graph

    def _warm_up(self, kind: Kind, indices: Tensor, stream: torch.cuda.Stream) -> None:
        """Run the step a few times on the stream on which it will be captured, and undo all that it changes."""
        tensors = self._changing()
        before = [tensor.detach().clone() for tensor in tensors]
        states = [rng.get_state() for rng in self.streams]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._train(kind, indices)
        torch.cuda.current_stream().wait_stream(stream)
        with torch.no_grad():
            for tensor, value in zip(tensors, before, strict=True):
                tensor.copy_(value)
        for rng, state in zip(self.streams, states, strict=True):
            rng.set_state(state)

    def _changing(self) -> list[Tensor]:
        """All tensors that a step changes."""
        networks = [self.pair.generator, self.pair.discriminator]
        tensors: list[Tensor] = [self._metrics]
        for network in networks:
            tensors += [*network.parameters(), *network.buffers()]
        for optimizer in self._optimizers:
            tensors += optimizer.tensors()
        if self.ema is not None:
            tensors += [*self.ema.generator.parameters(), *self.ema.generator.buffers(), self.ema.batches]
        return tensors
