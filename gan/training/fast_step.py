"""The step of `reference_step.py` with the backward pass written out, for the fully connected pair of `networks.py`.

It computes what `train_step` computes (the tests compare the two, dropout and all), without autograd's graph. What is
left beside the matrix products is many small operations, so there are as few of them as can be: every array is made
once and written again in each batch (fresh ones cost a page fault for every 4 kB), and numbers are tensors (a Python
number is made one at each call).

A step has three parts. `prepare` is all that does not wait for the generator: random numbers, real images, and the
discriminator's pass over them, there and back. It needs the discriminator as the batch before has left it, which stands
after that batch's `discriminate`; so another thread can prepare a batch while this one is in `generate` with the last
(`trainer.py` does that). Whoever does it, the bits are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, logsigmoid
from torch.optim import Optimizer

from gan.training.layers import BatchNorm, DropoutMasks
from gan.training.networks import Discriminator, Generator
from gan.training.optimizer_step import Update
from gan.training.reference_step import LOSSES, BatchFigures

# named with their overload, which torch would look for at each call
native_batch_norm = torch.ops.aten.native_batch_norm.default
native_batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default
leaky_relu_backward = torch.ops.aten.leaky_relu_backward.grad_input
tanh_backward = torch.ops.aten.tanh_backward.grad_input
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
ONE, TWO, MINUS_ONE = torch.tensor(1.0), torch.tensor(2.0), torch.tensor(-1.0)


REAL, FAKE, FOOLED = range(3)  # the logits of a batch: of real images, of fake ones, of fake ones for the generator


@dataclass(frozen=True)
class Criterion:
    """One of `train.LOSSES`.

    `value(logits, targets, out)` and its derivative `slope` work element by element; the losses are the sums of the
    means over the three sets of logits, each times its weight.
    """

    value: Callable[[Tensor, Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor, Tensor], Tensor]
    targets: tuple[float, float]  # of FAKE and FOOLED; that of REAL is a setting
    weights: tuple[float, float, float]


def _bce(logits: Tensor, targets: Tensor, out: Tensor) -> Tensor:
    """What `binary_cross_entropy_with_logits` computes, in fewer operations."""
    return torch.sub(ONE, targets, out=out).mul_(logits).sub_(logsigmoid(logits))


def _bce_derivative(logits: Tensor, targets: Tensor, out: Tensor) -> Tensor:
    return torch.sigmoid(logits, out=out).sub_(targets)


CRITERIA = {
    "non-saturating": Criterion(_bce, _bce_derivative, (0.0, 1.0), (0.5, 0.5, 1.0)),
    "minimax": Criterion(_bce, _bce_derivative, (0.0, 0.0), (0.5, 0.5, -1.0)),
    "least-squares": Criterion(
        lambda logits, targets, out: torch.sub(logits, targets, out=out).square_(),
        lambda logits, targets, out: torch.sub(logits, targets, out=out).mul_(2.0),
        (0.0, 1.0),
        (0.5, 0.5, 0.5),
    ),
    "wasserstein": Criterion(
        lambda logits, _, out: out.copy_(logits), lambda logits, _, out: out.fill_(1.0), (0.0, 0.0), (-1.0, 1.0, -1.0)
    ),
}


class Layer:
    """A linear layer for N rows: where its output and the gradients go, and views that need not be made each time.

    The parameters' gradients go into their `.grad`, or into `own` memory.
    """

    def __init__(self, linear: nn.Linear, output: Tensor, grad: Tensor, own: bool = False) -> None:
        bias: nn.Parameter | None = linear.bias
        self.weight, self.bias = linear.weight.detach(), bias
        self.weight_t = self.weight.t()
        self.output = output
        self.grad = grad  # of the output
        self.grad_t = grad.t()
        self.weight_grad = _grad_of(linear.weight, own)
        self.bias_grad = None if bias is None else _grad_of(bias, own)

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.mm(x, self.weight_t, out=self.output)
        return torch.addmm(self.bias, x, self.weight_t, out=self.output)

    def backward(self, x: Tensor) -> None:
        """The gradients of weight and bias."""
        torch.mm(self.grad_t, x, out=self.weight_grad)
        if self.bias_grad is not None:
            torch.sum(self.grad, 0, out=self.bias_grad)

    def backward_to_input(self, grad: Tensor) -> Tensor:
        """The gradient of the input, into `grad`."""
        return torch.mm(self.grad, self.weight, out=grad)


class HiddenActivation:
    """What stands between two linear layers: normalisation, activation and dropout, in the place of their input."""

    def __init__(self, network: Generator | Discriminator, index: int) -> None:
        self.slope = network.leaky_slope
        self.normed = BatchNormPass(cast("BatchNorm", network.norms[index])) if network.norms else None
        self.mask: Tensor | None = None  # of dropout, for the next batch

    def forward(self, x: Tensor) -> Tensor:
        if self.normed is not None:
            x = self.normed.forward(x)
        x = leaky_relu(x, self.slope, inplace=True)
        return x if self.mask is None else x.mul_(self.mask)

    def backward(self, grad: Tensor, output: Tensor) -> None:
        """From the gradient of the output to that of the input, in its place."""
        if self.mask is not None:
            grad.mul_(self.mask)
        # the output has its input's sign, or is 0 where the mask has made the gradient 0
        leaky_relu_backward(grad, output, self.slope, True, grad_input=grad)
        if self.normed is not None:
            grad.copy_(self.normed.backward(grad))


class BatchNormPass:
    """One forward pass through a batch normalisation."""

    def __init__(self, norm: BatchNorm) -> None:
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        norm = self.norm
        self.x, self.by_batch = x, norm.by_batch(x)
        output, self.mean, self.inverse_std = native_batch_norm(
            x, norm.weight, norm.bias, norm.running_mean, norm.running_var, self.by_batch, norm.MOMENTUM, norm.EPSILON
        )
        return cast("Tensor", output)

    def backward(self, grad: Tensor) -> Tensor:
        """The gradient of the input; the parameters' are left in `.grad`."""
        norm = self.norm
        grad, norm.weight.grad, norm.bias.grad = native_batch_norm_backward(
            grad, self.x, norm.weight, norm.running_mean, norm.running_var, self.mean, self.inverse_std, self.by_batch,
            norm.EPSILON, [True, True, True],
        )  # fmt: skip
        return grad


class NetworkPass:
    """N rows through a network, forward and back."""

    def __init__(
        self, network: Generator | Discriminator, output: Tensor, grad: Tensor, own_grads: bool = False
    ) -> None:
        """`output` and `grad`: N x outputs, where the output goes and where its gradient will stand."""
        *hidden, last = cast("list[nn.Linear]", list(network.linears))
        # each in memory of its own, as torch aligns it: the last bits of some products depend on where a matrix begins
        self.layers = [Layer(linear, _rows(output, linear), _rows(output, linear), own_grads) for linear in hidden]
        self.layers.append(Layer(last, output, grad, own_grads))
        self.between = [HiddenActivation(network, index) for index in range(len(hidden))]
        self.dropout = network.dropout
        self.inputs: list[Tensor] = []

    @property
    def grads(self) -> list[Tensor]:
        """Those of the network's parameters, in their order (without normalisation's)."""
        return [grad for layer in self.layers for grad in (layer.weight_grad, layer.bias_grad) if grad is not None]

    def take(self, masks: Iterator[Tensor | None]) -> None:
        """The next masks of dropout."""
        for hidden in self.between:
            hidden.mask = next(masks)

    def forward(self, x: Tensor) -> None:
        self.inputs = [x]
        for layer, between in zip(self.layers, self.between, strict=False):
            self.inputs.append(between.forward(layer.forward(self.inputs[-1])))
        self.layers[-1].forward(self.inputs[-1])

    def backward(self) -> None:
        """The gradients of the parameters."""
        for index in reversed(range(len(self.layers))):
            self.layers[index].backward(self.inputs[index])
            if index > 0:
                self._through(index)

    def backward_to_input(self, grad: Tensor) -> None:
        """The gradient of the pass's input, into `grad`; the parameters' are not computed."""
        for index in reversed(range(1, len(self.layers))):
            self._through(index)
        self.layers[0].backward_to_input(grad)

    def _through(self, index: int) -> None:
        """Back through linear layer `index` and what is before it."""
        grad = self.layers[index].backward_to_input(self.layers[index - 1].grad)
        self.between[index - 1].backward(grad, self.inputs[index])


def _rows(like: Tensor, linear: nn.Linear) -> Tensor:
    """Room for what a layer makes of as many rows."""
    return torch.empty(len(like), linear.out_features, device=like.device)


def _grad_of(parameter: Tensor, own: bool) -> Tensor:
    """Where the gradient of a parameter goes."""
    if own:
        return torch.empty_like(parameter)
    if parameter.grad is None:
        parameter.grad = torch.empty_like(parameter)
    return parameter.grad


class DiscriminatorPass:
    """A pass of the discriminator over n images, and the loss at its end."""

    def __init__(
        self, discriminator: Discriminator, n: int, criterion: Criterion, target: float, weight: float,
        own_grads: bool = False,
    ) -> None:  # fmt: skip
        device = next(discriminator.parameters()).device
        self.criterion = criterion
        self.logits, self.slopes, self.logit_grads, self.targets, self.divisors = (
            torch.empty(n, 1, device=device) for _ in range(5)
        )
        self.targets.fill_(target)
        self.divisors.copy_(n / torch.tensor(weight))
        self.path = NetworkPass(discriminator, self.logits, self.logit_grads, own_grads)

    def forward(self, images: Tensor) -> None:
        self.path.forward(images)

    def backward(self) -> None:
        """The gradients of the discriminator's parameters."""
        self._slope()
        self.path.backward()

    def backward_to_images(self, grad: Tensor) -> None:
        self._slope()
        self.path.backward_to_input(grad)

    def _slope(self) -> None:
        """The gradient of the loss by the logits."""
        torch.div(self.criterion.slope(self.logits, self.targets, self.slopes), self.divisors, out=self.logit_grads)


class PreparedBatch:
    """All of a batch that does not wait for the generator; see `FastStep.prepare`."""

    def __init__(self, real: Tensor, real_pass: DiscriminatorPass) -> None:
        self.real = real  # n x pixels
        self.real_pass = real_pass  # of the real images
        self.grads = real_pass.path.grads
        self.z_for_d: tuple[Tensor, ...] = ()
        self.z_for_g: tuple[Tensor, ...] = ()
        self.masks: list[Tensor | None] = []  # of all passes of the batch
        self.rest: Iterator[Tensor | None] = iter(())  # those that are not used yet
        self.sources: dict[tuple[int, int], DropoutMasks] = {}  # by the steps of both networks

    def forward_real(self) -> None:
        self.real_pass.forward(self.real)
        self.real_pass.backward()


class FastStep:
    """`train.train_step` for this pair of networks, these settings and batches of `n` images.

    A batch takes `prepare`, `discriminate` and `generate`. Make a new FastStep when a setting or a parameter is another
    one; the weights may change in their place.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        optimizer_g: Optimizer,
        optimizer_d: Optimizer,
        n: int,
        *,
        loss: str = "non-saturating",
        real_label: float = 1.0,
        weight_clip: float | None = None,
    ) -> None:
        pixels = math.prod(generator.image_shape)
        device = next(generator.parameters()).device
        self.criterion, self.boundary = CRITERIA[loss], torch.tensor(LOSSES[loss].boundary)
        self.weight_clip, self.discriminator = weight_clip, discriminator
        self.tanh = generator.output == "tanh"
        self.update_g, self.update_d = Update(optimizer_g), Update(optimizer_d)

        self.fake, self.image_grad = torch.empty(n, pixels, device=device), torch.empty(n, pixels, device=device)
        targets = (real_label, *self.criterion.targets)

        def discriminator_pass(of: int, own_grads: bool = False) -> DiscriminatorPass:
            return DiscriminatorPass(
                discriminator, n, self.criterion, targets[of], self.criterion.weights[of], own_grads=own_grads
            )

        self.generator_pass = NetworkPass(generator, self.fake, self.image_grad)
        self.fake_pass, self.fooled_pass = discriminator_pass(FAKE), discriminator_pass(FOOLED)
        # two: one batch is prepared while the batch before trains in the other
        self._buffers = [
            PreparedBatch(torch.empty_like(self.fake), discriminator_pass(REAL, own_grads=True)) for _ in range(2)
        ]
        self.d_grads = self.fake_pass.path.grads

        self.logits, self.figures = torch.empty(3, n, 1, device=device), torch.empty(2, 3, n, device=device)
        self.targets = torch.tensor(targets, device=device)[:, None].repeat(1, n)
        self.values, self.right, self.right_g = self.figures[0], self.figures[1, :2], self.figures[1, 2]
        self.rows = self.logits[..., 0]
        self.rows_d, self.row_g = self.rows[:2], self.rows[2]

    def buffers(self) -> PreparedBatch:
        """Where the next batch is prepared; its `real` is to be filled with the real images."""
        self._buffers.reverse()
        return self._buffers[0]

    def prepare(
        self, buffers: PreparedBatch, z: Tensor, *, d_noise: Sequence[Tensor] = (), g_noise: Sequence[Tensor] = ()
    ) -> None:
        """Draw the masks, and run the discriminator on the real images; the noise is as in `train_step`."""
        with torch.no_grad():
            buffers.z_for_d, buffers.z_for_g = (*d_noise, z), tuple(g_noise)
            buffers.masks = self._masks(buffers)
            buffers.real_pass.path.take(iter(buffers.masks[len(self.generator_pass.between) :]))
            buffers.forward_real()

    def discriminate(self, buffers: PreparedBatch, only: Literal["d", "g"] | None = None) -> None:
        """The discriminator learns to tell real from fake."""
        with torch.no_grad():
            masks = buffers.rest = iter(buffers.masks)
            for number, z in enumerate(buffers.z_for_d):
                for path in (self.generator_pass, buffers.real_pass.path, self.fake_pass.path):
                    path.take(masks)
                self._make(z)
                if number > 0:  # it has changed since it was prepared
                    buffers.forward_real()
                self.fake_pass.forward(self.fake)
                if only != "g":
                    self._step_discriminator(buffers)

    def generate(self, buffers: PreparedBatch, only: Literal["d", "g"] | None = None) -> BatchFigures:
        """The generator learns to fool the discriminator that has just learned; returns the figures to log."""
        with torch.no_grad():
            self.fooled_pass.path.take(buffers.rest)
            self._fool(learns=only != "d")
            figures = self._figures(buffers)
            for z in buffers.z_for_g:
                for path in (self.generator_pass, self.fooled_pass.path):
                    path.take(buffers.rest)
                self._make(z)
                self._fool()
            return figures

    def _masks(self, buffers: PreparedBatch) -> list[Tensor | None]:
        """Those of dropout for all passes of a batch, in their order; both networks draw from one stream."""
        d_steps, more_g_steps = len(buffers.z_for_d), len(buffers.z_for_g)
        if (d_steps, more_g_steps) not in buffers.sources:
            real, fake, fooled = buffers.real_pass.path, self.fake_pass.path, self.fooled_pass.path
            passes = [
                *[self.generator_pass, real, fake] * d_steps,
                fooled,
                *[self.generator_pass, fooled] * more_g_steps,
            ]
            buffers.sources[d_steps, more_g_steps] = DropoutMasks(
                [(layer.output, path.dropout.p) for path in passes for layer in path.layers[:-1]]
            )
        return buffers.sources[d_steps, more_g_steps].draw(self.generator_pass.dropout.rng)

    def _make(self, z: Tensor) -> None:
        """Fake images of noise; tanh by way of the sigmoid, which torch does faster: tanh(x) is 2 sigmoid(2 x) - 1."""
        self.generator_pass.forward(z)
        if self.tanh:
            torch.add(MINUS_ONE, self.fake.mul_(TWO).sigmoid_(), alpha=2, out=self.fake)
        else:
            self.fake.sigmoid_()

    def _step_discriminator(self, buffers: PreparedBatch) -> None:
        """The discriminator's step."""
        self.fake_pass.backward()
        torch._foreach_add_(self.d_grads, buffers.grads)
        self.update_d()
        if self.weight_clip is not None:
            for parameter in self.discriminator.parameters():
                parameter.clamp_(-self.weight_clip, self.weight_clip)

    def _fool(self, *, learns: bool = True) -> None:
        """The generator's step, through the discriminator, whose own gradients nobody needs."""
        self.fooled_pass.forward(self.fake)
        if learns:
            self.fooled_pass.backward_to_images(self.image_grad)
            backward = tanh_backward if self.tanh else sigmoid_backward
            backward(self.image_grad, self.fake, grad_input=self.image_grad)
            self.generator_pass.backward()
            self.update_g()

    def _figures(self, buffers: PreparedBatch) -> BatchFigures:
        torch.stack((buffers.real_pass.logits, self.fake_pass.logits, self.fooled_pass.logits), out=self.logits)
        self.criterion.value(self.rows, self.targets, self.values)
        torch.gt(self.rows_d, self.boundary, out=self.right)
        torch.le(self.row_g, self.boundary, out=self.right_g)
        (real, fake, g_fake), (d_real, _, d_fake) = self.figures.mean(-1).tolist()
        weights = self.criterion.weights
        return BatchFigures(real * weights[0] + fake * weights[1], g_fake * weights[2], 100 * d_real, 100 * d_fake)
