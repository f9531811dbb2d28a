"""The forward and the backward pass of the networks in `networks.py`, written out: what autograd would compute.

A pass is made once, for N rows, with the memory for its outputs and gradients, and then used in every batch: fresh
arrays would cost a page fault for every 4 kB. It keeps views of the parameters, so it has to be made anew when a
parameter is replaced; the numbers in a parameter may change in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan.training.layers import BatchNorm, MinibatchStd
from gan.training.networks import Discriminator, Generator

# named with their overload, which torch would look for at each call
native_batch_norm = torch.ops.aten.native_batch_norm.out
native_batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default
leaky_relu_backward = torch.ops.aten.leaky_relu_backward.grad_input


class LinearPass:
    """A linear layer for N rows.

    Args:
        output: N x out_features, memory for the output.
        output_grad: N x out_features, memory for the gradient of the output.
        own_grads: keep the parameters' gradients in memory of this pass, and not in their `.grad`.
    """

    def __init__(self, linear: nn.Linear, output: Tensor, output_grad: Tensor, own_grads: bool = False) -> None:
        bias: nn.Parameter | None = linear.bias
        self.weight, self.bias = linear.weight.detach(), bias
        self.weight_t = self.weight.t()
        self.output = output
        self.output_grad = output_grad
        self.output_grad_t = output_grad.t()
        self.weight_grad = _grad_buffer(linear.weight, own_grads)
        self.bias_grad = None if bias is None else _grad_buffer(bias, own_grads)

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.mm(x, self.weight_t, out=self.output)
        return torch.addmm(self.bias, x, self.weight_t, out=self.output)

    def backward(self, x: Tensor) -> None:
        """Compute the gradients of weight and bias from `output_grad` and the input `x`."""
        torch.mm(self.output_grad_t, x, out=self.weight_grad)
        if self.bias_grad is not None:
            torch.sum(self.output_grad, 0, out=self.bias_grad)

    def backward_to_input(self, input_grad: Tensor) -> Tensor:
        """Compute the gradient of the input into `input_grad` (N x in_features)."""
        return torch.mm(self.output_grad, self.weight, out=input_grad)


class HiddenActivation:
    """What stands between two linear layers: batch normalisation, leaky ReLU and dropout, all in place."""

    def __init__(self, network: Generator | Discriminator, index: int, x: Tensor) -> None:
        self.slope = network.leaky_slope
        self.batch_norm = BatchNormPass(cast("BatchNorm", network.norms[index]), x) if network.norms else None
        self.mask: Tensor | None = None  # of dropout, for the next forward pass and its backward pass

    def forward(self, x: Tensor) -> Tensor:
        if self.batch_norm is not None:
            x = self.batch_norm.forward()
        x = leaky_relu(x, self.slope, inplace=True)
        return x if self.mask is None else x.mul_(self.mask)

    def backward(self, grad: Tensor, output: Tensor) -> None:
        """Turn the gradient of the output into that of the input, in place."""
        if self.mask is not None:
            grad.mul_(self.mask)
        # the output has its input's sign, or is 0 where the mask has made the gradient 0
        leaky_relu_backward(grad, output, self.slope, True, grad_input=grad)
        if self.batch_norm is not None:
            grad.copy_(self.batch_norm.backward(grad))


class BatchNormPass:
    """A batch normalisation of `x`; each forward pass moves the running averages."""

    def __init__(self, norm: BatchNorm, x: Tensor) -> None:
        self.norm = norm
        self.x, self.by_batch = x, norm.by_batch(x)
        self.output = torch.empty_like(x)
        self.mean, self.inverse_std = (x.new_empty(x.shape[1] if self.by_batch else 0) for _ in range(2))

    def forward(self) -> Tensor:
        norm = self.norm
        native_batch_norm(
            self.x, norm.weight, norm.bias, norm.running_mean, norm.running_var, self.by_batch, norm.MOMENTUM,
            norm.EPSILON, out=self.output, save_mean=self.mean, save_invstd=self.inverse_std,
        )  # fmt: skip
        return self.output

    def backward(self, grad: Tensor) -> Tensor:
        """The gradient of the input; those of the parameters are left in their `.grad`."""
        norm = self.norm
        grad, norm.weight.grad, norm.bias.grad = native_batch_norm_backward(
            grad, self.x, norm.weight, norm.running_mean, norm.running_var, self.mean, self.inverse_std, self.by_batch,
            norm.EPSILON, [True, True, True],
        )  # fmt: skip
        return grad


class MinibatchStdPass:
    """A minibatch standard deviation behind n x width activations, forward and back, as autograd rounds it."""

    def __init__(self, layer: MinibatchStd, n: int, width: int, device: torch.device) -> None:
        self.layer, self.n, self.width = layer, n, width
        self.output, self.output_grad = (torch.empty(n, width + 1, device=device) for _ in range(2))
        self.std, self.spread = torch.empty(width, device=device), torch.empty((), device=device)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the number, append it and move its running average."""
        self.x = x
        torch.var(x, 0, correction=0, out=self.std).add_(self.layer.EPSILON).sqrt_()
        torch.mean(self.std, 0, out=self.spread)
        self.layer.update(self.spread, self.n)
        return torch.cat((x, self.spread.expand(self.n, 1)), 1, out=self.output)

    def backward(self, grad: Tensor) -> None:
        """Compute the gradient of the activations into `grad`: their own, and what reaches them through the number."""
        by_variance = self.output_grad[:, -1:].sum() / self.width / (2 * self.std)
        torch.mul(self.x - self.x.mean(0), 2 / self.n * by_variance, out=grad).add_(self.output_grad[:, :-1])


class NetworkPass:
    """N rows through a whole network, forward and back, without the generator's output function.

    Args:
        output: N x outputs, memory for the output.
        output_grad: N x outputs, memory for its gradient; the caller fills it before a backward pass.
        own_grads: see `LinearPass`.
    """

    def __init__(
        self, network: Generator | Discriminator, output: Tensor, output_grad: Tensor, own_grads: bool = False
    ) -> None:
        *hidden, last = cast("list[nn.Linear]", list(network.linears))
        # each in memory of its own, as torch aligns it: the last bits of some products depend on where a matrix begins
        self.linears = [LinearPass(each, _rows_of(output, each), _rows_of(output, each), own_grads) for each in hidden]
        self.linears.append(LinearPass(last, output, output_grad, own_grads))
        layer: MinibatchStd | None = getattr(network, "minibatch_std", None)
        self.minibatch_std = (
            None if layer is None else MinibatchStdPass(layer, len(output), hidden[-1].out_features, output.device)
        )
        self.activations = [
            HiddenActivation(network, index, linear.output) for index, linear in enumerate(self.linears[:-1])
        ]
        self.dropout = network.dropout
        self.inputs: list[Tensor] = []  # of each linear layer, in the last forward pass

    @property
    def grads(self) -> list[Tensor]:
        """The gradients of the linear layers' parameters, in the order of the parameters."""
        return [grad for each in self.linears for grad in (each.weight_grad, each.bias_grad) if grad is not None]

    def set_dropout_masks(self, masks: Iterator[Tensor | None]) -> None:
        """Take a mask for each hidden layer; they hold for the next forward pass and its backward pass."""
        for activation in self.activations:
            activation.mask = next(masks)

    def forward(self, x: Tensor) -> None:
        self.inputs = [x]
        for linear, activation in zip(self.linears, self.activations, strict=False):
            self.inputs.append(activation.forward(linear.forward(self.inputs[-1])))
        if self.minibatch_std is not None:
            self.inputs[-1] = self.minibatch_std.forward(self.inputs[-1])
        self.linears[-1].forward(self.inputs[-1])

    def backward(self) -> None:
        """Compute the gradients of all parameters from that of the output."""
        for index in reversed(range(len(self.linears))):
            self.linears[index].backward(self.inputs[index])
            if index > 0:
                self._backward_through(index)

    def backward_to_input(self, input_grad: Tensor) -> None:
        """Compute the gradient of the input into `input_grad`; those of the parameters are not computed."""
        for index in reversed(range(1, len(self.linears))):
            self._backward_through(index)
        self.linears[0].backward_to_input(input_grad)

    def _backward_through(self, index: int) -> None:
        """Carry the gradient back through linear layer `index` and the activation before it."""
        grad, output = self.linears[index - 1].output_grad, self.inputs[index]
        if self.minibatch_std is not None and index == len(self.linears) - 1:
            self.linears[index].backward_to_input(self.minibatch_std.output_grad)
            self.minibatch_std.backward(grad)
            output = self.minibatch_std.x
        else:
            self.linears[index].backward_to_input(grad)
        self.activations[index - 1].backward(grad, output)


def _rows_of(like: Tensor, linear: nn.Linear) -> Tensor:
    """Memory for the output of a linear layer, for as many rows as `like` has."""
    return torch.empty(len(like), linear.out_features, device=like.device)


def _grad_buffer(parameter: Tensor, own: bool) -> Tensor:
    """Memory for the gradient of a parameter: of its own, or the parameter's `.grad`."""
    if own:
        return torch.empty_like(parameter)
    if parameter.grad is None:
        parameter.grad = torch.empty_like(parameter)
    return parameter.grad
