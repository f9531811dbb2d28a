"""The step of `reference_step.py` with the backward pass written out, for the fully connected pair of `networks.py`.

It computes what `train_step` computes (the tests compare the two, dropout and all), without autograd's graph. Besides
the matrix products a step consists of many small operations, so it has as few of them as possible: every array is
allocated once and overwritten in each batch, and constants are tensors (torch makes one from a Python number at each
call). On the processor these operations are captured once and then replayed without Python (`captured_batch.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor, nn

from gan.training.batch_masks import BatchMasks
from gan.training.captured_batch import CapturedBatch
from gan.training.discriminator_pass import DiscriminatorPass
from gan.training.losses import FAKE, FAKE_FOR_G, LOSSES, REAL
from gan.training.networks import CLASSES, Discriminator, Generator, one_hot
from gan.training.optimizer_step import OptimizerStep
from gan.training.passes import NetworkPass
from gan.training.penalty_pass import GradientPenaltyPass
from gan.training.reference_step import BatchMetrics
from gan.training.step_inputs import MOST_AT_ONCE, BatchInputs, BatchKind, Draw, Objective, Pair

# named with their overload, which torch would look for at each call
tanh_backward = torch.ops.aten.tanh_backward.grad_input
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
# batches: a capture takes as long as 2 or 3 of them and holds until a knob moves, so nothing is captured while a slider
# is dragged
WORTH_CAPTURING = 20
TWO, MINUS_ONE = torch.tensor(2.0), torch.tensor(-1.0)


class FastStep:
    """`reference_step.train_step` for this pair of networks, this objective and batches of `n` images.

    Make a new FastStep when a setting changes or a parameter is replaced; the numbers in a parameter may change in
    place.

    Args:
        after_batch: is called after each batch, and captured with it: it reads and writes tensors that stay where they
            are.
    """

    def __init__(
        self, pair: Pair, objective: Objective, n: int, after_batch: Callable[[], object] = lambda: None
    ) -> None:
        generator, discriminator = cast("Generator", pair.generator), cast("Discriminator", pair.discriminator)
        pixels = math.prod(generator.image_shape)
        device = next(generator.parameters()).device
        self.loss = LOSSES[objective.loss]
        self.boundary = torch.tensor(self.loss.boundary)
        self.objective, self.discriminator = objective, discriminator
        self.tanh = generator.output == "tanh"
        self.update_g, self.update_d = OptimizerStep(pair.optimizer_g), OptimizerStep(pair.optimizer_d)
        self.after_batch, self.captures = after_batch, device.type == "cpu"

        self.real, self.fake, self.image_grad = (torch.empty(n, pixels, device=device) for _ in range(3))
        # the discriminator's inputs: the images, and behind them their digits if it takes any
        self.real_rows, self.fake_rows, self.row_grad = self.real, self.fake, self.image_grad
        self.one_hot: Tensor | None = None
        if discriminator.conditional:
            self.real_rows, self.fake_rows, self.row_grad = (
                torch.empty(n, pixels + CLASSES, device=device) for _ in range(3)
            )
            self.real, self.one_hot = self.real_rows[:, :pixels], self.real_rows[:, pixels:]
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
        self.real_pass = discriminator_pass(REAL, objective.r1_gamma)
        self.fake_pass = discriminator_pass(FAKE, objective.r2_gamma)
        self.fake_pass_for_g = discriminator_pass(FAKE_FOR_G)
        weight = objective.gradient_penalty
        self.between = GradientPenaltyPass(discriminator, self.fake_rows, pixels, weight) if weight > 0 else None
        self.real_pass_for_g = discriminator_pass(REAL) if self.loss.pairs else None
        real_network_for_g = [self.real_pass_for_g.network] if self.real_pass_for_g else []
        self.networks_for_g = [*real_network_for_g, self.fake_pass_for_g.network]  # in the order of their masks
        self.d_grads, self.real_grads = self.fake_pass.network.grads, self.real_pass.network.grads

        # for the metrics: the logits and labels of REAL, FAKE and FAKE_FOR_G, their losses, and what is read right
        self.logits, self.per_image = torch.empty(3, n, 1, device=device), torch.empty(2, 3, n, device=device)
        self.labels = torch.tensor(labels, device=device)[:, None].repeat(1, n)
        self.losses, self.hits_d, self.hits_g = self.per_image[0], self.per_image[1, :2], self.per_image[1, 2]
        self.rows = self.logits[..., 0]
        self.rows_d, self.rows_g = self.rows[:2], self.rows[2]
        self.means = torch.empty(2, 3, device=device)  # of `per_image`

        # of all batches of a call, and the place of the next batch among them
        self.indices = torch.zeros(MOST_AT_ONCE, n, dtype=torch.int64, device=device)
        self.history = torch.empty(MOST_AT_ONCE, 2, 3, device=device)  # of `means`
        self.place = torch.zeros(1, dtype=torch.int64, device=device)
        self._masks: dict[BatchKind, BatchMasks] = {}
        self._captured: dict[BatchKind, CapturedBatch] = {}
        self._uncaptured = 0  # how many batches have run that were not captured

    def train(self, indices: Tensor, kind: BatchKind, draw: Draw) -> list[BatchMetrics]:
        """Train on batches; see `TrainingStep`.

        Args:
            draw: is captured, so the tensors and random streams that it uses are the same ones at each call.
        """
        count = len(indices)
        self.indices[:count].copy_(indices)
        self.place.zero_()
        while (done := int(self.place)) < count:
            captured = self._captured.get(kind)
            if captured is not None and not captured.outdated:
                captured.replay(count - done)
            elif self._worth_capturing(kind):
                self._captured[kind] = CapturedBatch(lambda: self._train(kind, draw))
            else:
                with torch.no_grad():
                    self._train(kind, draw)
                self._uncaptured += 1
        return [self._metrics(*means) for means in self.history[:count].tolist()]

    def _metrics(self, losses: list[float], hits: list[float]) -> BatchMetrics:
        (real, fake, fake_for_g), (d_real, _, d_fake), weights = losses, hits, self.loss.weights
        return BatchMetrics(real * weights[0] + fake * weights[1], fake_for_g * weights[2], 100 * d_real, 100 * d_fake)

    def _worth_capturing(self, kind: BatchKind) -> bool:
        """In the first batches of a run the optimisers set themselves up in Python, and nothing is captured."""
        return (
            self.captures and self._uncaptured >= WORTH_CAPTURING and kind in self._masks
            and self.update_d.written_out and self.update_g.written_out
        )  # fmt: skip

    # --- operations on memory that stays where it is, the same ones for each batch of a kind -----------------------

    def _train(self, kind: BatchKind, draw: Draw) -> None:
        self._draw(kind, draw)
        self._step_discriminator()
        self._step_generator()
        self.after_batch()
        self.history.index_copy_(0, self.place, self.means[None])
        self.place.add_(1)

    def _draw(self, kind: BatchKind, draw: Draw) -> None:
        """Gather and draw what is new in a batch."""
        self.inputs = inputs = draw(self.indices.index_select(0, self.place)[0], self.real, kind)
        if self.one_hot is not None and inputs.labels is not None:
            self.one_hot.copy_(one_hot(inputs.labels))
        self.masks = self._masks[kind] = self._masks.get(kind) or self._new_masks(inputs)
        self.masks.draw(self.generator_pass.dropout.rng)

    def _new_masks(self, inputs: BatchInputs) -> BatchMasks:
        of_d_steps = [self._networks_of_d_step(inputs)] * (1 + len(inputs.d_noise))
        more_g_steps = [[self.generator_pass, *self.networks_for_g]] * len(inputs.g_noise)
        return BatchMasks(of_d_steps, [self.networks_for_g, *more_g_steps])

    def _step_discriminator(self) -> None:
        """Let the discriminator learn to tell real from fake, unless only the generator learns."""
        inputs = self.inputs
        for number, z in enumerate((*inputs.d_noise, inputs.z)):
            masks = iter(self.masks.of_d_steps[number])
            for network in self._networks_of_d_step(inputs):
                network.set_dropout_masks(masks)
            self._generate(z)
            self.real_pass.forward(self.real_rows)
            self.fake_pass.forward(self.fake_rows)
            if inputs.only != "g":
                self._update_discriminator(number)

    def _step_generator(self) -> None:
        """Let the generator learn to fool the discriminator that has just learned, unless only that one learns."""
        self.generator_pass.set_dropout_masks(iter(self.masks.of_d_steps[-1]))  # as it was when it made these images
        self._judge_for_generator(iter(self.masks.of_g_steps[0]))
        if self.inputs.only != "d":
            self._update_generator()
        self._compute_metrics()
        for z, step_masks in zip(self.inputs.g_noise, self.masks.of_g_steps[1:], strict=True):
            masks = iter(step_masks)
            self.generator_pass.set_dropout_masks(masks)
            self._generate(z)
            self._judge_for_generator(masks)
            self._update_generator()

    def _networks_of_d_step(self, inputs: BatchInputs) -> list[NetworkPass]:
        """What runs in a step of the discriminator, in the order of the masks."""
        networks = [self.generator_pass, self.real_pass.network, self.fake_pass.network]
        return [*networks, self.between.network] if self.between and inputs.only != "g" else networks

    def _generate(self, z: Tensor) -> None:
        """Make fake images of noise, and of the batch's labels if it has any.

        The tanh is computed from the sigmoid, which torch does faster: tanh(x) = 2 sigmoid(2 x) - 1.
        """
        self.noise.copy_(z)
        if self.one_hot is not None:
            self.noise_labels.copy_(self.one_hot)
        self.generator_pass.forward(self.noise_rows)
        if self.tanh:
            torch.add(MINUS_ONE, self.fake.mul_(TWO).sigmoid_(), alpha=2, out=self.fake)
        else:
            self.fake.sigmoid_()
        if self.one_hot is not None:
            torch.cat((self.fake, self.one_hot), 1, out=self.fake_rows)

    def _judge_for_generator(self, masks: Iterator[Tensor | None]) -> None:
        """Run the discriminator on the fake images for the generator's loss, and on the real ones if it is of pairs."""
        for network in self.networks_for_g:
            network.set_dropout_masks(masks)
        if self.real_pass_for_g is not None:
            self.real_pass_for_g.forward(self.real_rows)
        self.fake_pass_for_g.forward(self.fake_rows)

    def _update_discriminator(self, step: int) -> None:
        """Update the discriminator with the gradients of both its passes, and clip its weights (WGAN)."""
        if self.loss.pairs:
            self.real_pass.differentiate(self.fake_pass.logits)
            torch.neg(self.real_pass.logit_grads, out=self.fake_pass.logit_grads)
        else:
            self.real_pass.differentiate()
            self.fake_pass.differentiate()
        self.real_pass.backward(self.objective.r1_gamma * self.inputs.penalty_factor)
        self.fake_pass.backward(self.objective.r2_gamma * self.inputs.penalty_factor)
        torch._foreach_add_(self.d_grads, self.real_grads)
        if self.between is not None:
            self.between.run(self.fake_rows, self.real_rows, self.inputs.shares[step])
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

    def _compute_metrics(self) -> None:
        """Compute the losses and accuracies from the logits of the three passes."""
        torch.stack((self.real_pass.logits, self.fake_pass.logits, self.fake_pass_for_g.logits), out=self.logits)
        if self.real_pass_for_g is not None:
            self.logits[REAL].sub_(self.fake_pass.logits)
            self.logits[FAKE_FOR_G].sub_(self.real_pass_for_g.logits)
        self.losses.copy_(self.loss.criterion.value(self.rows, self.labels, "none"))
        torch.gt(self.rows_d, self.boundary, out=self.hits_d)
        torch.le(self.rows_g, self.boundary, out=self.hits_g)
        torch.mean(self.per_image, -1, out=self.means)
