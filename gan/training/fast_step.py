"""The step of `reference_step.py` with the backward pass written out, for the fully connected pair of `networks.py`.

It computes what `train_step` computes (the tests compare the two, dropout and all), without autograd's graph. Besides
the matrix products a step consists of many small operations, so it has as few of them as possible: every array is
allocated once and overwritten in each batch, and constants are tensors (torch makes one from a Python number at each
call). On the processor these operations are captured once and then replayed without Python (`cpu_graph.py`).

A step has three parts. `prepare` does all that does not wait for the generator: random numbers, real images, and the
discriminator's forward and backward pass over them. It needs the discriminator as the previous batch left it, which is
settled once that batch's `step_discriminator` is done. So another thread can prepare a batch while this one is in
`step_generator` with the previous one (`trainer.py` does that). Either way the bits are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor, nn

from gan.training.cpu_graph import CPUGraph
from gan.training.discriminator_pass import DiscriminatorPass
from gan.training.losses import FAKE, FAKE_FOR_G, LOSSES, REAL
from gan.training.networks import CLASSES, Discriminator, Generator, one_hot
from gan.training.optimizer_step import OptimizerStep
from gan.training.passes import NetworkPass
from gan.training.penalty_pass import GradientPenaltyPass
from gan.training.prepared_batch import BatchMemory, PreparedBatch
from gan.training.reference_step import BatchMetrics
from gan.training.step_inputs import BatchInputs, BatchKind, Objective, Pair

# named with their overload, which torch would look for at each call
tanh_backward = torch.ops.aten.tanh_backward.grad_input
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
# batches, in each of the two memories: a capture takes as long as 2 or 3 batches and holds until a knob moves, so
# nothing is captured while a slider is dragged
WORTH_CAPTURING = 10
TWO, MINUS_ONE = torch.tensor(2.0), torch.tensor(-1.0)


class FastStep:
    """`reference_step.train_step` for this pair of networks, this objective and batches of `n` images.

    A batch takes `prepare`, `step_discriminator` and `step_generator`, in this order, or `train`, which is all three.
    Make a new FastStep when a setting changes or a parameter is replaced; the numbers in a parameter may change in
    place.
    """

    def __init__(self, pair: Pair, objective: Objective, n: int) -> None:
        generator, discriminator = cast("Generator", pair.generator), cast("Discriminator", pair.discriminator)
        pixels = math.prod(generator.image_shape)
        device = next(generator.parameters()).device
        self.loss = LOSSES[objective.loss]
        self.boundary = torch.tensor(self.loss.boundary)
        self.objective, self.discriminator = objective, discriminator
        self.tanh = generator.output == "tanh"
        self.update_g, self.update_d = OptimizerStep(pair.optimizer_g), OptimizerStep(pair.optimizer_d)
        self.captures = device.type == "cpu"

        self.fake, self.image_grad = torch.empty(n, pixels, device=device), torch.empty(n, pixels, device=device)
        # the discriminator's inputs: the images, and behind them their digits if it takes any
        self.fake_rows, self.row_grad = self.fake, self.image_grad
        if discriminator.conditional:
            self.fake_rows, self.row_grad = (torch.empty(n, pixels + CLASSES, device=device) for _ in range(2))
        labels = (objective.real_label, *self.loss.labels)

        def discriminator_pass(images: int, gamma: float = 0.0) -> DiscriminatorPass:
            return DiscriminatorPass(
                discriminator, n, self.loss, labels[images], self.loss.weights[images], own_grads=images == REAL,
                penalised_pixels=pixels if gamma > 0.0 else None,
            )  # fmt: skip

        self.generator_pass = NetworkPass(generator, self.fake, self.image_grad)
        # the generator's inputs: noise, and behind it the digits to draw if it takes any
        in_features = cast("nn.Linear", generator.linears[0]).in_features
        self.noise_rows = torch.empty(n, in_features, device=device)
        latent_dim = in_features - CLASSES * discriminator.conditional
        self.noise, self.noise_labels = self.noise_rows[:, :latent_dim], self.noise_rows[:, latent_dim:]
        self.fake_pass = discriminator_pass(FAKE, objective.r2_gamma)
        self.fake_pass_for_g = discriminator_pass(FAKE_FOR_G)
        weight = objective.gradient_penalty
        self.between = GradientPenaltyPass(discriminator, self.fake_rows, pixels, weight) if weight > 0 else None
        self.real_pass_for_g = discriminator_pass(REAL) if self.loss.pairs else None
        real_network_for_g = [self.real_pass_for_g.network] if self.real_pass_for_g else []
        self.networks_for_g = [*real_network_for_g, self.fake_pass_for_g.network]  # in the order of their masks
        # two: one batch is prepared while the previous one trains in the other
        self._batches = [
            PreparedBatch(torch.empty_like(self.fake_rows), pixels, discriminator_pass(REAL, objective.r1_gamma))
            for _ in range(2)
        ]
        self.d_grads = self.fake_pass.network.grads

        # for the metrics: the logits and labels of REAL, FAKE and FAKE_FOR_G, their losses, and what is read right
        self.logits, self.per_image = torch.empty(3, n, 1, device=device), torch.empty(2, 3, n, device=device)
        self.labels = torch.tensor(labels, device=device)[:, None].repeat(1, n)
        self.losses, self.hits_d, self.hits_g = self.per_image[0], self.per_image[1, :2], self.per_image[1, 2]
        self.rows = self.logits[..., 0]
        self.rows_d, self.rows_g = self.rows[:2], self.rows[2]
        self.means = torch.empty(2, 3, device=device)  # of `per_image`

    def next_batch(self) -> PreparedBatch:
        """Memory for the next batch; the caller fills its `indices`."""
        self._batches.reverse()
        return self._batches[0]

    def train(self, batch: PreparedBatch, kind: BatchKind, draw: Callable[[], BatchInputs]) -> BatchMetrics:
        """Train on a batch; see `prepare`. Its operations are one graph, which takes the interpreter lock once."""
        if kind not in batch.memories:
            self.prepare(batch, kind, draw)
            self.step_discriminator(batch)
            return self.step_generator(batch)

        def whole(batch: PreparedBatch) -> None:
            self._prepare(batch, draw())
            self._step_discriminator(batch)
            self._step_generator(batch)

        batch.memory = batch.memories[kind]
        self._set_masks(batch)
        self._run("whole", whole, batch)
        return self._fetch_metrics()

    def prepare(self, batch: PreparedBatch, kind: BatchKind, draw: Callable[[], BatchInputs]) -> None:
        """Gather and draw what is new in a batch, and run the discriminator on the real images.

        Args:
            draw: fills `batch.real` and draws the other inputs; it is captured, so the tensors and random streams that
                it uses are the same ones in each batch of this kind.
        """
        if kind in batch.memories:
            batch.memory = batch.memories[kind]
            self._set_masks(batch)
            self._run("prepare", lambda batch: self._prepare(batch, draw()), batch)
            return
        with torch.no_grad():
            inputs = draw()
            batch.memory = batch.memories[kind] = self._new_memory(batch, inputs)
            self._set_masks(batch)
            self._prepare(batch, inputs)

    def step_discriminator(self, batch: PreparedBatch) -> None:
        """Let the discriminator learn to tell real from fake, unless only the generator learns."""
        self._run("discriminator", self._step_discriminator, batch)

    def step_generator(self, batch: PreparedBatch) -> BatchMetrics:
        """Let the generator learn to fool the discriminator that has just learned, unless only that one learns.

        Returns the metrics to log.
        """
        self._run("generator", self._step_generator, batch)
        return self._fetch_metrics()

    def _fetch_metrics(self) -> BatchMetrics:
        (real, fake, fake_for_g), (d_real, _, d_fake) = self.means.tolist()
        weights = self.loss.weights
        return BatchMetrics(real * weights[0] + fake * weights[1], fake_for_g * weights[2], 100 * d_real, 100 * d_fake)

    def _run(self, name: str, part: Callable[[PreparedBatch], None], batch: PreparedBatch) -> None:
        """Run a part of the step: replay its graph, or capture one.

        In the first batches of a run the optimisers set themselves up in Python, and nothing is captured.
        """
        memory = batch.memory
        if name in memory.graphs:
            memory.graphs[name].replay()
        elif self.captures and memory.uncaptured >= WORTH_CAPTURING and self._optimizers_are_set_up:
            memory.graphs[name] = CPUGraph(lambda: part(batch))
        else:
            with torch.no_grad():
                part(batch)

    @property
    def _optimizers_are_set_up(self) -> bool:
        return self.update_d.written_out and self.update_g.written_out

    # --- the parts: operations on memory that stays where it is, the same ones for each batch of a kind -----------

    def _prepare(self, batch: PreparedBatch, inputs: BatchInputs) -> None:
        batch.memory.keep(inputs)
        if batch.one_hot is not None and inputs.labels is not None:
            batch.one_hot.copy_(one_hot(inputs.labels))
        batch.memory.dropout.draw(self.generator_pass.dropout.rng)
        batch.run_real(self.objective.r1_gamma)

    def _step_discriminator(self, batch: PreparedBatch) -> None:
        inputs = batch.memory.inputs
        for number, z in enumerate((*inputs.d_noise, inputs.z)):
            masks = iter(batch.memory.d_masks[number])
            for network in self._networks_of_d_step(batch, inputs):
                network.set_dropout_masks(masks)
            self._generate(z, batch)
            if number > 0:  # the discriminator has changed since the batch was prepared
                batch.run_real(self.objective.r1_gamma)
            self.fake_pass.forward(self.fake_rows)
            batch.real_pass.network.update_averages()
            self.fake_pass.network.update_averages()
            if inputs.only != "g":
                self._update_discriminator(batch, number)

    def _step_generator(self, batch: PreparedBatch) -> None:
        memory = batch.memory
        self.generator_pass.set_dropout_masks(iter(memory.d_masks[-1]))  # as it was when it made these images
        self._judge_for_generator(batch, iter(memory.g_masks[0]))
        if memory.inputs.only != "d":
            self._update_generator()
        self._compute_metrics(batch)
        for z, step_masks in zip(memory.inputs.g_noise, memory.g_masks[1:], strict=True):
            masks = iter(step_masks)
            self.generator_pass.set_dropout_masks(masks)
            self._generate(z, batch)
            self._judge_for_generator(batch, masks)
            self._update_generator()

    def _new_memory(self, batch: PreparedBatch, inputs: BatchInputs) -> BatchMemory:
        of_g_steps = [self.networks_for_g, *[[self.generator_pass, *self.networks_for_g]] * len(inputs.g_noise)]
        return BatchMemory(inputs, self._networks_of_d_step(batch, inputs), of_g_steps)

    def _set_masks(self, batch: PreparedBatch) -> None:
        """Give the discriminator its masks for the real images; those of the generator come before them."""
        masks = batch.memory.d_masks[0][len(self.generator_pass.activations) :]
        batch.real_pass.network.set_dropout_masks(iter(masks))

    def _networks_of_d_step(self, batch: PreparedBatch, inputs: BatchInputs) -> list[NetworkPass]:
        """What runs in a step of the discriminator, in the order of the masks."""
        networks = [self.generator_pass, batch.real_pass.network, self.fake_pass.network]
        return [*networks, self.between.network] if self.between and inputs.only != "g" else networks

    def _generate(self, z: Tensor, batch: PreparedBatch) -> None:
        """Make fake images of noise, and of the batch's labels if it has any.

        The tanh is computed from the sigmoid, which torch does faster: tanh(x) = 2 sigmoid(2 x) - 1.
        """
        self.noise.copy_(z)
        if batch.one_hot is not None:
            self.noise_labels.copy_(batch.one_hot)
        self.generator_pass.forward(self.noise_rows)
        if self.tanh:
            torch.add(MINUS_ONE, self.fake.mul_(TWO).sigmoid_(), alpha=2, out=self.fake)
        else:
            self.fake.sigmoid_()
        if batch.one_hot is not None:
            torch.cat((self.fake, batch.one_hot), 1, out=self.fake_rows)

    def _judge_for_generator(self, batch: PreparedBatch, masks: Iterator[Tensor | None]) -> None:
        """Run the discriminator on the fake images for the generator's loss, and on the real ones if it is of pairs."""
        for network in self.networks_for_g:
            network.set_dropout_masks(masks)
        if self.real_pass_for_g is not None:
            self.real_pass_for_g.forward(batch.rows)
            self.real_pass_for_g.network.update_averages()
        self.fake_pass_for_g.forward(self.fake_rows)
        self.fake_pass_for_g.network.update_averages()

    def _update_discriminator(self, batch: PreparedBatch, step: int) -> None:
        """Update the discriminator with the gradients of both its passes, and clip its weights (WGAN)."""
        if self.loss.pairs:
            batch.real_pass.differentiate(self.fake_pass.logits)
            torch.neg(batch.real_pass.logit_grads, out=self.fake_pass.logit_grads)
            batch.real_pass.backward(self.objective.r1_gamma * batch.memory.inputs.penalty_factor)
        else:
            self.fake_pass.differentiate()
        self.fake_pass.backward(self.objective.r2_gamma * batch.memory.inputs.penalty_factor)
        torch._foreach_add_(self.d_grads, batch.real_grads)
        if self.between is not None:
            self.between.run(self.fake_rows, batch.rows, batch.memory.inputs.shares[step])
            torch._foreach_add_(self.d_grads, self.between.grads)
        self.update_d()
        clip = self.objective.weight_clip
        if clip is not None:
            for parameter in self.discriminator.parameters():
                parameter.clamp_(-clip, clip)

    def _update_generator(self) -> None:
        """Update the generator with the gradient of its loss, carried back through the discriminator.

        The gradients of the discriminator's own parameters are not used here, so they are not computed.
        """
        self.fake_pass_for_g.differentiate(None if self.real_pass_for_g is None else self.real_pass_for_g.logits)
        self.fake_pass_for_g.backward_to_images(self.row_grad)
        if self.row_grad is not self.image_grad:
            self.image_grad.copy_(self.row_grad[:, : self.fake.shape[1]])
        backward = tanh_backward if self.tanh else sigmoid_backward
        backward(self.image_grad, self.fake, grad_input=self.image_grad)
        self.generator_pass.backward()
        self.update_g()

    def _compute_metrics(self, batch: PreparedBatch) -> None:
        """Compute the losses and accuracies from the logits of the three passes."""
        torch.stack((batch.real_pass.logits, self.fake_pass.logits, self.fake_pass_for_g.logits), out=self.logits)
        if self.real_pass_for_g is not None:
            self.logits[REAL].sub_(self.fake_pass.logits)
            self.logits[FAKE_FOR_G].sub_(self.real_pass_for_g.logits)
        self.losses.copy_(self.loss.criterion.value(self.rows, self.labels, "none"))
        torch.gt(self.rows_d, self.boundary, out=self.hits_d)
        torch.le(self.rows_g, self.boundary, out=self.hits_g)
        torch.mean(self.per_image, -1, out=self.means)
