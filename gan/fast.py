"""The step of `train.py` with the backward pass written out, for the fully connected pair of `models.py`.

It computes what `train_step` computes (the tests compare the two, dropout and all), without autograd's graph and with
real and fake images in one matrix product. The large arrays are used again in every batch: fresh ones cost a page fault
for every 4 kB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from gan.models import BatchNorm, Discriminator, Generator, dropout_mask
from gan.train import LOSSES, BatchFigures, Loss

# The derivatives of `train.LOSSES` by the logits, times N: of the discriminator's loss on real logits (with the real
# label) and on fake logits, and of the generator's loss on fake logits.
LogitGradient = Callable[[Tensor, float], Tensor]
GRADIENTS: dict[str, tuple[LogitGradient, LogitGradient, LogitGradient]] = {
    "non-saturating": (
        lambda real, label: torch.sigmoid(real).sub_(label).mul_(0.5),
        lambda fake, _: torch.sigmoid(fake).mul_(0.5),
        lambda fake, _: torch.sigmoid(fake).sub_(1),
    ),
    "minimax": (
        lambda real, label: torch.sigmoid(real).sub_(label).mul_(0.5),
        lambda fake, _: torch.sigmoid(fake).mul_(0.5),
        lambda fake, _: torch.sigmoid(fake).neg_(),
    ),
    "least-squares": (
        lambda real, label: real - label,
        lambda fake, _: fake.clone(),
        lambda fake, _: fake - 1,
    ),
    "wasserstein": (
        lambda real, _: torch.full_like(real, -1),
        lambda fake, _: torch.ones_like(fake),
        lambda fake, _: torch.full_like(fake, -1),
    ),
}


class Pass:
    """One forward pass through the hidden layers, with what the backward pass needs of it."""

    def __init__(self, network: Generator | Discriminator, x: Tensor, out: Tensor | None = None) -> None:
        self.network = network
        self.inputs = [x]
        self.before_activation: list[Tensor] = []
        self.normed: list[Normed | None] = []
        self.masks: list[Tensor | None] = []
        *hidden, last = _layers(network)
        for index, layer in enumerate(hidden):
            before = F.linear(self.inputs[-1], layer.weight, layer.bias)
            self.normed.append(Normed(cast("BatchNorm", network.norms[index]), before) if network.norms else None)
            if (normed := self.normed[-1]) is not None:
                before = normed.output
            mask = dropout_mask(before, network.dropout.p, network.dropout.rng)
            active = F.leaky_relu(before, network.leaky_slope)
            self.before_activation.append(before)
            self.masks.append(mask)
            self.inputs.append(active if mask is None else active.mul_(mask))
        self.output = torch.addmm(last.bias, self.inputs[-1], last.weight.T, out=out)

    def backward(self, grad: Tensor) -> None:
        """Leave the parameters' gradients in `.grad`, from that of the output."""
        layers = _layers(self.network)
        for index in reversed(range(len(layers))):
            layer = layers[index]
            layer.weight.grad = torch.mm(grad.T, self.inputs[index], out=layer.weight.grad)
            if layer.bias is not None:
                layer.bias.grad = grad.sum(0)
            if index > 0:
                grad = self._through(index, grad)

    def backward_to_input(self, grad: Tensor, out: Tensor) -> Tensor:
        """The gradient of the pass's input (into `out`) from that of the output; the parameters' are not computed."""
        for index in reversed(range(1, len(self.network.linears))):
            grad = self._through(index, grad)
        return torch.mm(grad, _layers(self.network)[0].weight, out=out)

    def _through(self, index: int, grad: Tensor) -> Tensor:
        """Back through linear layer `index` and the dropout, activation and normalisation before it."""
        grad = grad @ _layers(self.network)[index].weight
        mask = self.masks[index - 1]
        if mask is not None:
            grad.mul_(mask)
        before, slope = self.before_activation[index - 1], self.network.leaky_slope
        grad = torch.ops.aten.leaky_relu_backward(grad, before, slope, False)
        normed = self.normed[index - 1]
        return grad if normed is None else normed.backward(grad)


class Normed:
    """One forward pass through a batch normalisation."""

    def __init__(self, norm: BatchNorm, x: Tensor) -> None:
        self.norm = norm
        self.x = x
        self.by_batch = norm.by_batch(x)
        self.output, self.mean, self.inverse_std = torch.ops.aten.native_batch_norm(
            x, norm.weight, norm.bias, norm.running_mean, norm.running_var, self.by_batch, norm.MOMENTUM, norm.EPSILON
        )

    def backward(self, grad: Tensor) -> Tensor:
        """The gradient of the input; the parameters' are left in `.grad`."""
        norm = self.norm
        grad, norm.weight.grad, norm.bias.grad = torch.ops.aten.native_batch_norm_backward(
            grad, self.x, norm.weight, norm.running_mean, norm.running_var, self.mean, self.inverse_std, self.by_batch,
            norm.EPSILON, [True, True, True],
        )  # fmt: skip
        return grad


def _layers(network: Generator | Discriminator) -> list[nn.Linear]:
    return cast("list[nn.Linear]", list(network.linears))


@dataclass(frozen=True)
class Buffers:
    """Room for the images of a batch (real ones, then fake ones) and for the gradient of the fake ones."""

    images: Tensor
    grad: Tensor

    @classmethod
    def of(cls, batch_size: int, pixels: int, device: torch.device) -> Buffers:
        images = torch.empty(2 * batch_size, pixels, device=device)
        return cls(images, torch.empty(batch_size, pixels, device=device))


def fast_step(
    generator: Generator,
    discriminator: Discriminator,
    optimizer_g: Optimizer,
    optimizer_d: Optimizer,
    real: Tensor,
    z: Tensor,
    buffers: Buffers,
    *,
    loss: str = "non-saturating",
    real_label: float = 1.0,
    weight_clip: float | None = None,
    d_noise: Sequence[Tensor] = (),
    g_noise: Sequence[Tensor] = (),
    only: Literal["d", "g"] | None = None,
) -> BatchFigures:
    """`train.train_step` for this pair of networks; `loss` is a name in `train.LOSSES`, `real` may be N x pixels."""
    n = len(real)
    images, grad = buffers.images[: 2 * n], buffers.grad[:n]
    fake = images[n:]
    with torch.no_grad():
        images[:n].copy_(real.flatten(1))
        for extra in d_noise:
            _make(generator, extra, fake)
            _step_discriminator(discriminator, optimizer_d, images, loss, real_label, weight_clip)

        # 1. fake images from noise, beside the real ones; the pass is kept for step 3
        made = _make(generator, z, fake)

        # 2. the discriminator learns to tell real from fake
        if only == "g":
            d_logits = Pass(discriminator, images).output.flatten()
        else:
            d_logits = _step_discriminator(discriminator, optimizer_d, images, loss, real_label, weight_clip)

        # 3. the generator learns to fool the discriminator that has just learned
        if only == "d":
            g_logits = Pass(discriminator, fake).output.flatten()
        else:
            g_logits = _step_generator(discriminator, optimizer_g, made, grad, loss)

        for extra in g_noise:
            _step_generator(discriminator, optimizer_g, _make(generator, extra, fake), grad, loss)

        # 4. the figures to log
        return _figures(LOSSES[loss], d_logits[:n], d_logits[n:], g_logits, real_label)


def _make(generator: Generator, z: Tensor, out: Tensor) -> Pass:
    """Fake images of noise, into `out` (N x pixels); tanh by way of the sigmoid, 4 times faster in torch."""
    made = Pass(generator, z, out)
    if generator.output == "tanh":
        torch.sigmoid_(out.mul_(2)).mul_(2).sub_(1)
    else:
        torch.sigmoid_(out)
    return made


def _step_discriminator(
    discriminator: Discriminator,
    optimizer: Optimizer,
    images: Tensor,
    loss: str,
    real_label: float,
    weight_clip: float | None,
) -> Tensor:
    """One step on N real and N fake images; returns their 2 N logits."""
    n = len(images) // 2
    seen = Pass(discriminator, images)
    logits = seen.output.flatten()
    of_real, of_fake, _ = GRADIENTS[loss]
    grad = torch.cat([of_real(logits[:n], real_label), of_fake(logits[n:], 0.0)]).div_(n)
    seen.backward(grad[:, None])
    _update(optimizer)
    if weight_clip is not None:
        for parameter in discriminator.parameters():
            parameter.clamp_(-weight_clip, weight_clip)
    return logits


def _step_generator(
    discriminator: Discriminator, optimizer: Optimizer, made: Pass, buffer: Tensor, loss: str
) -> Tensor:
    """One step through the discriminator, whose own gradients nobody needs; returns the logits of the fake images."""
    fake = made.output
    seen = Pass(discriminator, fake)
    logits = seen.output.flatten()
    of_logits = GRADIENTS[loss][2](logits, 0.0).div_(len(fake))
    grad = seen.backward_to_input(of_logits[:, None], buffer)
    aten = torch.ops.aten
    if cast("Generator", made.network).output == "tanh":
        aten.tanh_backward(grad, fake, grad_input=grad)
    else:
        aten.sigmoid_backward(grad, fake, grad_input=grad)
    made.backward(grad)
    _update(optimizer)
    return logits


def _update(optimizer: Optimizer) -> None:
    """`optimizer.step()`; for fused Adam without its bookkeeping, which takes half as long as the arithmetic."""
    group = optimizer.param_groups[0]
    states = [optimizer.state[parameter] for parameter in group["params"]]
    if not group.get("fused") or not all(states):  # the first step makes the moments
        optimizer.step()
        return
    steps = [state["step"] for state in states]
    torch._foreach_add_(steps, 1)
    torch._fused_adam_(
        group["params"],
        [parameter.grad for parameter in group["params"]],
        [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states],
        [],
        steps,
        lr=group["lr"],
        beta1=group["betas"][0],
        beta2=group["betas"][1],
        weight_decay=0.0,
        eps=group["eps"],
        amsgrad=False,
        maximize=False,
    )


def _figures(loss: Loss, real: Tensor, fake: Tensor, g_fake: Tensor, real_label: float) -> BatchFigures:
    d_real_acc = (real > loss.boundary).float().mean().mul_(100)
    d_fake_acc = (g_fake <= loss.boundary).float().mean().mul_(100)
    d_loss, g_loss = loss.discriminator(real, fake, real_label), loss.generator(g_fake)
    return BatchFigures(*torch.stack([d_loss, g_loss, d_real_acc, d_fake_acc]).tolist())
