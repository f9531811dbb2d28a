"""The step of `reference_step.py` with the backward pass written out, for the fully connected pair of `networks.py`.

It computes what `train_step` computes (the tests compare the two, dropout and all), without autograd's graph. Besides
the matrix products a step consists of many small operations, so it has as few of them as possible: every array is
allocated once and overwritten in each batch, and constants are tensors (torch makes one from a Python number at each
call).

A step has three parts. `prepare` does all that does not wait for the generator: random numbers, real images, and the
discriminator's forward and backward pass over them. It needs the discriminator as the previous batch left it, which is
settled once that batch's `step_discriminator` is done. So another thread can prepare a batch while this one is in
`step_generator` with the previous one (`trainer.py` does that). Either way the bits are the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor

from gan.training.discriminator_pass import DiscriminatorPass
from gan.training.layers import DropoutMasks
from gan.training.losses import FAKE, FAKE_FOR_G, LOSSES, REAL
from gan.training.networks import CLASSES, Discriminator, Generator, one_hot
from gan.training.optimizer_step import OptimizerStep
from gan.training.passes import NetworkPass
from gan.training.penalty_pass import GradientPenaltyPass
from gan.training.reference_step import BatchMetrics
from gan.training.step_inputs import BatchInputs, Objective, Pair

# named with their overload, which torch would look for at each call
tanh_backward = torch.ops.aten.tanh_backward.grad_input
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
TWO, MINUS_ONE = torch.tensor(2.0), torch.tensor(-1.0)


class PreparedBatch:
    """The part of a batch that does not depend on the generator; see `FastStep.prepare`.

    Attributes:
        rows: n x inputs of the discriminator: the real images, and their labels behind them if it takes any.
        real: n x pixels, the real images in these rows.
        real_pass: the discriminator's pass over them, with gradients in memory of its own.
        inputs: of the batch.
        one_hot: n x classes, the labels as numbers; None without labels.
        masks: of dropout, for all passes of the batch in their order (None where nothing is dropped).
        unused_masks: those of them that no pass has taken yet.
    """

    def __init__(self, rows: Tensor, pixels: int, real_pass: DiscriminatorPass) -> None:
        self.rows, self.real = rows, rows[:, :pixels]
        self.real_pass = real_pass
        self.real_grads = real_pass.network.grads
        self.inputs = BatchInputs(rows)
        self.one_hot: Tensor | None = None
        self.masks: list[Tensor | None] = []
        self.unused_masks: Iterator[Tensor | None] = iter(())
        # by the networks in a step of the discriminator, and the numbers of steps of both networks
        self.dropout_masks: dict[tuple[int, int, int], DropoutMasks] = {}

    def run_real(self, r1_gamma: float) -> None:
        """Run the discriminator on the real images, forward and back; in pairs the way back waits for fake ones."""
        self.real_pass.forward(self.rows)
        if self.real_pass.loss.pairs:
            return
        self.real_pass.differentiate()
        self.real_pass.backward(r1_gamma * self.inputs.penalty_factor)


class FastStep:
    """`reference_step.train_step` for this pair of networks, this objective and batches of `n` images.

    A batch takes `prepare`, `step_discriminator` and `step_generator`, in this order. Make a new FastStep when a
    setting changes or a parameter is replaced; the numbers in a parameter may change in place.
    """

    prefetches = True

    def __init__(self, pair: Pair, objective: Objective, n: int) -> None:
        generator, discriminator = cast("Generator", pair.generator), cast("Discriminator", pair.discriminator)
        pixels = math.prod(generator.image_shape)
        device = next(generator.parameters()).device
        self.loss = LOSSES[objective.loss]
        self.boundary = torch.tensor(self.loss.boundary)
        self.objective, self.discriminator = objective, discriminator
        self.tanh = generator.output == "tanh"
        self.update_g, self.update_d = OptimizerStep(pair.optimizer_g), OptimizerStep(pair.optimizer_d)

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

    def next_batch(self) -> PreparedBatch:
        """Memory for the next batch; the caller fills its `real` with the real images."""
        self._batches.reverse()
        return self._batches[0]

    def prepare(self, batch: PreparedBatch, inputs: BatchInputs) -> None:
        """Draw the dropout masks, and run the discriminator on the real images."""
        with torch.no_grad():
            batch.inputs = inputs
            if inputs.labels is not None:
                batch.one_hot = batch.rows[:, batch.real.shape[1] :].copy_(one_hot(inputs.labels))
            batch.masks = self._draw_masks(batch)
            batch.real_pass.network.set_dropout_masks(iter(batch.masks[len(self.generator_pass.activations) :]))
            batch.run_real(self.objective.r1_gamma)

    def step_discriminator(self, batch: PreparedBatch) -> None:
        """Let the discriminator learn to tell real from fake, unless only the generator learns."""
        with torch.no_grad():
            masks = batch.unused_masks = iter(batch.masks)
            for number, z in enumerate((*batch.inputs.d_noise, batch.inputs.z)):
                for network in self._networks_of_d_step(batch):
                    network.set_dropout_masks(masks)
                self._generate(z, batch)
                if number > 0:  # the discriminator has changed since the batch was prepared
                    batch.run_real(self.objective.r1_gamma)
                self.fake_pass.forward(self.fake_rows)
                batch.real_pass.network.update_averages()
                self.fake_pass.network.update_averages()
                if batch.inputs.only != "g":
                    self._update_discriminator(batch, number)

    def step_generator(self, batch: PreparedBatch) -> BatchMetrics:
        """Let the generator learn to fool the discriminator that has just learned, unless only that one learns.

        Returns the metrics to log.
        """
        with torch.no_grad():
            self._judge_for_generator(batch)
            if batch.inputs.only != "d":
                self._update_generator()
            metrics = self._metrics(batch)
            for z in batch.inputs.g_noise:
                self.generator_pass.set_dropout_masks(batch.unused_masks)
                self._generate(z, batch)
                self._judge_for_generator(batch)
                self._update_generator()
            return metrics

    def _draw_masks(self, batch: PreparedBatch) -> list[Tensor | None]:
        """The dropout masks for all passes of a batch, in their order; both networks draw from one stream."""
        d_steps, more_g_steps = 1 + len(batch.inputs.d_noise), len(batch.inputs.g_noise)
        networks = self._networks_of_d_step(batch)
        sizes = len(networks), d_steps, more_g_steps
        if sizes not in batch.dropout_masks:
            passes = [
                *networks * d_steps,
                *self.networks_for_g,
                *[self.generator_pass, *self.networks_for_g] * more_g_steps,
            ]
            batch.dropout_masks[sizes] = DropoutMasks(
                [(linear.output, network.dropout.p) for network in passes for linear in network.linears[:-1]]
            )
        return batch.dropout_masks[sizes].draw(self.generator_pass.dropout.rng)

    def _networks_of_d_step(self, batch: PreparedBatch) -> list[NetworkPass]:
        """What runs in a step of the discriminator, in the order of the masks."""
        networks = [self.generator_pass, batch.real_pass.network, self.fake_pass.network]
        return [*networks, self.between.network] if self.between and batch.inputs.only != "g" else networks

    def _generate(self, z: Tensor, batch: PreparedBatch) -> None:
        """Make fake images of noise, and of the batch's labels if it has any.

        The tanh is computed from the sigmoid, which torch does faster: tanh(x) = 2 sigmoid(2 x) - 1.
        """
        self.generator_pass.forward(z if batch.one_hot is None else torch.cat((z, batch.one_hot), 1))
        if self.tanh:
            torch.add(MINUS_ONE, self.fake.mul_(TWO).sigmoid_(), alpha=2, out=self.fake)
        else:
            self.fake.sigmoid_()
        if batch.one_hot is not None:
            torch.cat((self.fake, batch.one_hot), 1, out=self.fake_rows)

    def _judge_for_generator(self, batch: PreparedBatch) -> None:
        """Run the discriminator on the fake images for the generator's loss, and on the real ones if it is of pairs."""
        for network in self.networks_for_g:
            network.set_dropout_masks(batch.unused_masks)
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
            batch.real_pass.backward(self.objective.r1_gamma * batch.inputs.penalty_factor)
        else:
            self.fake_pass.differentiate()
        self.fake_pass.backward(self.objective.r2_gamma * batch.inputs.penalty_factor)
        torch._foreach_add_(self.d_grads, batch.real_grads)
        if self.between is not None:
            self.between.run(self.fake_rows, batch.rows, batch.inputs.shares[step])
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

    def _metrics(self, batch: PreparedBatch) -> BatchMetrics:
        """The losses and accuracies from the logits of the three passes, fetched from the device in one go."""
        torch.stack((batch.real_pass.logits, self.fake_pass.logits, self.fake_pass_for_g.logits), out=self.logits)
        if self.real_pass_for_g is not None:
            self.logits[REAL].sub_(self.fake_pass.logits)
            self.logits[FAKE_FOR_G].sub_(self.real_pass_for_g.logits)
        self.losses.copy_(self.loss.criterion.value(self.rows, self.labels, "none"))
        torch.gt(self.rows_d, self.boundary, out=self.hits_d)
        torch.le(self.rows_g, self.boundary, out=self.hits_g)
        (real, fake, fake_for_g), (d_real, _, d_fake) = self.per_image.mean(-1).tolist()
        weights = self.loss.weights
        return BatchMetrics(real * weights[0] + fake * weights[1], fake_for_g * weights[2], 100 * d_real, 100 * d_fake)
