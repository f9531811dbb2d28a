"""The step of `train.py` with the backward pass written out, for the fully connected pair of `models.py`.

It computes what `train_step` computes (the tests compare the two, dropout and all), without autograd's graph and with
real and fake images in one matrix product. What is left beside the products is many small operations, so there are as
few of them as can be: every array is made once and written again in each batch (fresh ones cost a page fault for every
4 kB), numbers are tensors (a Python number is made one at each call), and the three sets of logits share one column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu, mse_loss
from torch.optim import Optimizer

from gan.models import BatchNorm, Discriminator, DropoutMasks, Generator
from gan.train import LOSSES, BatchFigures

# named with their overload, which torch would look for at each call
native_batch_norm = torch.ops.aten.native_batch_norm.default
native_batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default
leaky_relu_backward = torch.ops.aten.leaky_relu_backward.grad_input
tanh_backward = torch.ops.aten.tanh_backward.grad_input
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
ONE, TWO, MINUS_ONE = torch.tensor(1.0), torch.tensor(2.0), torch.tensor(-1.0)


@dataclass(frozen=True)
class Criterion:
    """One of `train.LOSSES`, on real logits, fake logits and the generator's fake logits at once.

    `value(logits, targets)` and its derivative `slope(logits, targets, out)` work element by element; the losses are
    the sums of the means over the real, fake and generator's logits, each times its weight.
    """

    value: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor, Tensor], Tensor]
    targets: tuple[float, float]  # of the fake logits and of the generator's; that of the real ones is a setting
    weights: tuple[float, float, float]


def _bce(logits: Tensor, targets: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(logits, targets, reduction="none")


def _bce_slope(logits: Tensor, targets: Tensor, out: Tensor) -> Tensor:
    return torch.sigmoid(logits, out=out).sub_(targets)


CRITERIA = {
    "non-saturating": Criterion(_bce, _bce_slope, (0.0, 1.0), (0.5, 0.5, 1.0)),
    "minimax": Criterion(_bce, _bce_slope, (0.0, 0.0), (0.5, 0.5, -1.0)),
    "least-squares": Criterion(
        lambda logits, targets: mse_loss(logits, targets, reduction="none"),
        lambda logits, targets, out: torch.sub(logits, targets, out=out).mul_(2.0),
        (0.0, 1.0),
        (0.5, 0.5, 0.5),
    ),
    "wasserstein": Criterion(
        lambda logits, _: logits, lambda logits, _, out: out.fill_(1.0), (0.0, 0.0), (-1.0, 1.0, -1.0)
    ),
}


class Layer:
    """A linear layer for N rows: where its output and the gradients go, and views that need not be made each time."""

    def __init__(self, linear: nn.Linear, output: Tensor, grad: Tensor) -> None:
        bias: nn.Parameter | None = linear.bias
        self.weight, self.bias = linear.weight.detach(), bias
        self.weight_t = self.weight.t()
        self.output = output
        self.grad = grad  # of the output
        self.grad_t = grad.t()
        self.weight_grad = _grad_of(linear.weight)
        self.bias_grad = None if bias is None else _grad_of(bias)

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.mm(x, self.weight_t, out=self.output)
        return torch.addmm(self.bias, x, self.weight_t, out=self.output)

    def backward(self, x: Tensor) -> None:
        """The gradients of weight and bias, into the parameters' `.grad`."""
        torch.mm(self.grad_t, x, out=self.weight_grad)
        if self.bias_grad is not None:
            torch.sum(self.grad, 0, out=self.bias_grad)

    def backward_to_input(self, grad: Tensor) -> Tensor:
        """The gradient of the input, into `grad`."""
        return torch.mm(self.grad, self.weight, out=grad)


class Hidden:
    """What stands between two linear layers: normalisation, activation and dropout, in the place of their input."""

    def __init__(self, network: Generator | Discriminator, index: int) -> None:
        self.slope = network.leaky_slope
        self.normed = Normed(cast("BatchNorm", network.norms[index])) if network.norms else None
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


class Normed:
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


class Pass:
    """N rows through a network, forward and back."""

    def __init__(self, network: Generator | Discriminator, output: Tensor, grad: Tensor) -> None:
        """`output` and `grad`: N x outputs, where the output goes and where its gradient will stand."""
        *hidden, last = cast("list[nn.Linear]", list(network.linears))
        # each in memory of its own, as torch aligns it: the last bits of some products depend on where a matrix begins
        self.layers = [Layer(linear, _rows(output, linear), _rows(output, linear)) for linear in hidden]
        self.layers.append(Layer(last, output, grad))
        self.between = [Hidden(network, index) for index in range(len(hidden))]
        self.dropout = network.dropout
        self.inputs: list[Tensor] = []

    def forward(self, x: Tensor) -> None:
        self.inputs = [x]
        for layer, between in zip(self.layers, self.between, strict=False):
            self.inputs.append(between.forward(layer.forward(self.inputs[-1])))
        self.layers[-1].forward(self.inputs[-1])

    def backward(self) -> None:
        """Leave the parameters' gradients in `.grad`."""
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


def _grad_of(parameter: Tensor) -> Tensor:
    """The `.grad` of a parameter, which every pass through it writes."""
    if parameter.grad is None:
        parameter.grad = torch.empty_like(parameter)
    return parameter.grad


class Update:
    """`optimizer.step()` without its bookkeeping, which takes half as long as the arithmetic.

    Both kinds are known: Adam in one piece (`fused`) and SGD with momentum; another one takes its own step.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.group = optimizer.param_groups[0]
        self.parameters: list[Tensor] = self.group["params"]
        self.moments: dict[str, list[Tensor]] = {}

    def __call__(self) -> None:
        if not self.moments and not self._know_moments():
            self.optimizer.step()
            return
        grads = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if "momentum_buffer" in self.moments:
            self._sgd(grads, **self.moments)
        else:
            self._adam(grads, **self.moments)

    def _sgd(self, grads: list[Tensor], momentum_buffer: list[Tensor]) -> None:
        torch._foreach_mul_(momentum_buffer, self.group["momentum"])
        torch._foreach_add_(momentum_buffer, grads)
        torch._foreach_add_(self.parameters, momentum_buffer, alpha=-self.group["lr"])

    def _adam(self, grads: list[Tensor], exp_avg: list[Tensor], exp_avg_sq: list[Tensor], step: list[Tensor]) -> None:
        step[0].add_(ONE)
        torch._fused_adam_(
            self.parameters, grads, exp_avg, exp_avg_sq, [], step, lr=self.group["lr"],
            beta1=self.group["betas"][0], beta2=self.group["betas"][1], weight_decay=0.0, eps=self.group["eps"],
            amsgrad=False, maximize=False,
        )  # fmt: skip

    def _know_moments(self) -> bool:
        """Whether there are moments to go on from; the first step makes them."""
        states = [self.optimizer.state[parameter] for parameter in self.parameters]
        if self.group.get("fused"):
            names = ["exp_avg", "exp_avg_sq", "step"]
        elif self.group.get("momentum"):
            names = ["momentum_buffer"]
        else:
            return False
        if not all(state.get(name) is not None for state in states for name in names):
            return False
        if "step" in names:  # one count for all of them: it is the same
            for state in states:
                state["step"] = states[0]["step"]
        self.moments = {name: [state[name] for state in states] for name in names}
        return True


class FastStep:
    """`train.train_step` for this pair of networks, these settings and batches of `n` images.

    Make a new one when a setting or a parameter is another; the weights may change in their place.
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

        # each in one piece: real images and fake ones; the logits of real images, of fake ones, of fake ones once more
        self.images, self.image_grad = torch.empty(2 * n, pixels, device=device), torch.empty(n, pixels, device=device)
        self.real, self.fake = self.images[:n], self.images[n:]
        logits, grads = torch.empty(2, 3 * n, 1, device=device)
        self.logits, self.logit_grads = logits.view(3, n), grads.view(3, n)
        self.targets = torch.tensor([real_label, *self.criterion.targets], device=device)[:, None].repeat(1, n)
        self.divisors = n / torch.tensor(self.criterion.weights, device=device)[:, None].repeat(1, n)
        # Three rows apart: torch rounds otherwise at the end of a row than within, and here as in `train_step`.
        self.slopes = torch.empty(3, n + 1, device=device)[:, :n]
        self.figures = torch.empty(2, 3, n, device=device)
        self.values, self.right, self.right_g = self.figures[0], self.figures[1, :2], self.figures[1, 2]
        self.logits_d, self.logits_g = self.logits[:2], self.logits[2]

        self.making = Pass(generator, self.fake, self.image_grad)
        self.judging = Pass(discriminator, logits[: 2 * n], grads[: 2 * n])
        self.fooling = Pass(discriminator, logits[2 * n :], grads[2 * n :])
        columns = (self.logits, self.targets, self.slopes, self.divisors, self.logit_grads)
        self._masks: dict[tuple[Pass, ...], DropoutMasks] = {}
        self.of_d, self.of_g = (tuple(rows[part] for rows in columns) for part in (slice(2), slice(2, 3)))

    def __call__(
        self,
        z: Tensor,
        *,
        d_noise: Sequence[Tensor] = (),
        g_noise: Sequence[Tensor] = (),
        only: Literal["d", "g"] | None = None,
    ) -> BatchFigures:
        """One step on the real images in `self.real` (n x pixels), and the noise `z` (n x latent)."""
        with torch.no_grad():
            for extra in d_noise:
                self._draw_masks(self.making, self.judging)
                self._make(extra)
                self._step_discriminator()

            # 1. fake images from noise, beside the real ones; the pass is kept for step 3
            self._draw_masks(self.making, self.judging, self.fooling)
            self._make(z)

            # 2. the discriminator learns to tell real from fake
            self._step_discriminator(learns=only != "g")

            # 3. the generator learns to fool the discriminator that has just learned
            self._step_generator(learns=only != "d")

            # 4. the figures to log
            figures = self._figures()

            for extra in g_noise:
                self._draw_masks(self.making, self.fooling)
                self._make(extra)
                self._step_generator()
            return figures

    def _draw_masks(self, *passes: Pass) -> None:
        """Those of dropout, for these passes in the order in which they come."""
        if passes not in self._masks:
            self._masks[passes] = DropoutMasks(
                [(layer.output, each.dropout.p) for each in passes for layer in each.layers[:-1]]
            )
        masks = self._masks[passes].draw(passes[0].dropout.rng)  # both networks draw from one stream
        for hidden, mask in zip((hidden for each in passes for hidden in each.between), masks, strict=True):
            hidden.mask = mask

    def _make(self, z: Tensor) -> None:
        """Fake images of noise; tanh by way of the sigmoid, which torch does faster: tanh(x) is 2 sigmoid(2 x) - 1."""
        self.making.forward(z)
        if self.tanh:
            torch.add(MINUS_ONE, self.fake.mul_(TWO).sigmoid_(), alpha=2, out=self.fake)
        else:
            self.fake.sigmoid_()

    def _step_discriminator(self, *, learns: bool = True) -> None:
        """On the real and the fake images."""
        self.judging.forward(self.images)
        if learns:
            self._slope(*self.of_d)
            self.judging.backward()
            self.update_d()
            if self.weight_clip is not None:
                for parameter in self.discriminator.parameters():
                    parameter.clamp_(-self.weight_clip, self.weight_clip)

    def _step_generator(self, *, learns: bool = True) -> None:
        """Through the discriminator, whose own gradients nobody needs."""
        self.fooling.forward(self.fake)
        if learns:
            self._slope(*self.of_g)
            self.fooling.backward_to_input(self.image_grad)
            backward = tanh_backward if self.tanh else sigmoid_backward
            backward(self.image_grad, self.fake, grad_input=self.image_grad)
            self.making.backward()
            self.update_g()

    def _slope(self, logits: Tensor, targets: Tensor, slopes: Tensor, divisors: Tensor, grads: Tensor) -> None:
        """The gradient of the loss by these logits."""
        torch.div(self.criterion.slope(logits, targets, slopes), divisors, out=grads)

    def _figures(self) -> BatchFigures:
        self.values.copy_(self.criterion.value(self.logits, self.targets))
        torch.gt(self.logits_d, self.boundary, out=self.right)
        torch.le(self.logits_g, self.boundary, out=self.right_g)
        (real, fake, g_fake), (d_real, _, d_fake) = self.figures.mean(-1).tolist()
        weights = self.criterion.weights
        return BatchFigures(real * weights[0] + fake * weights[1], g_fake * weights[2], 100 * d_real, 100 * d_fake)
