"""Penalties on the discriminator's gradient by the pixels, in closed form, for `fast_step.py`.

Between the bends of its LeakyReLUs the fully connected discriminator is linear. For the signs and dropout masks of a
forward pass, the gradient of a logit by its image is

    g = u_1 W_1,   u_l = s_l * (u_{l+1} W_{l+1}),   u_L = 1,

where s_l holds the slope times the mask of each unit of hidden layer l. A penalty's derivative by g, e_0, goes back
through these products, from the first layer to the last:

    e_l = s_l * (e_{l-1} W_l^T),   and the gradient of W_l is u_l^T e_{l-1}.

The biases do not occur in g. These are two more products a layer than a plain backward pass has, u_1 W_1 among them,
and no second graph. The loss itself needs the same u_l: the gradient of W_l is u_l^T (d * x_{l-1}), with d the
derivative of the loss by the logits and x the inputs of the layers. So both are one product, u_l^T (e_{l-1} + d *
x_{l-1}).
"""

from __future__ import annotations

import torch
from torch import Tensor

from gan.training.networks import Discriminator
from gan.training.passes import NetworkPass


class PenaltyPass:
    """The backward pass of a discriminator's loss together with a penalty, after a forward pass of `network`.

    Args:
        pixels: the number of inputs that are pixels; labels may stand behind them.
    """

    def __init__(self, network: NetworkPass, n: int, pixels: int) -> None:
        self.network = network
        hidden = [layer.output for layer in network.linears[:-1]]
        self._input_grads = torch.empty(n, network.linears[0].weight.shape[1], device=hidden[0].device)
        self._pixel_grads, self._label_grads = self._input_grads[:, :pixels], self._input_grads[:, pixels:]
        self._grads = [torch.empty_like(output) for output in hidden]

    def to_pixels(self) -> Tensor:
        """The gradients of the logits by the pixels of their images, n x pixels.

        The caller replaces them by the derivative of its penalty before `backward`.
        """
        self.network.linears[-1].output_grad.fill_(1.0)
        self.network.backward_to_input(self._input_grads)
        self._label_grads.zero_()  # no penalty counts them
        return self._pixel_grads

    def backward(self, logit_grads: Tensor | None = None) -> None:
        """Compute the gradients of all parameters.

        Args:
            logit_grads: n x 1, the derivatives of the loss by the logits; None for the penalty alone.
        """
        grad = self._input_grads
        for index, layer in enumerate(self.network.linears):
            after = grad
            if index < len(self._grads):
                after = torch.mm(grad, layer.weight_t, out=self._grads[index])
                self.network.activations[index].backward(after, self.network.inputs[index + 1])
            if logit_grads is not None:
                grad.addcmul_(self.network.inputs[index], logit_grads)
            torch.mm(layer.output_grad_t, grad, out=layer.weight_grad)
            if layer.bias_grad is not None:
                if logit_grads is None:
                    layer.bias_grad.zero_()
                else:
                    torch.mv(layer.output_grad_t, logit_grads[:, 0], out=layer.bias_grad)
            grad = after


class GradientPenaltyPass:
    """The gradient penalty (WGAN-GP; Gulrajani et al. 2017) of images between fake and real ones."""

    def __init__(self, discriminator: Discriminator, rows: Tensor, pixels: int, weight: float) -> None:
        n = len(rows)
        self.weight, self.rows = weight, torch.empty_like(rows)
        self.network = NetworkPass(discriminator, rows.new_empty(n, 1), rows.new_empty(n, 1), own_grads=True)
        self.penalty = PenaltyPass(self.network, n, pixels)
        self.grads = self.network.grads

    def run(self, fake_rows: Tensor, real_rows: Tensor, shares: Tensor) -> None:
        """Compute the gradients of the discriminator's parameters; `shares`: n x 1, those of the real images."""
        self.network.forward(torch.lerp(fake_rows, real_rows, shares, out=self.rows))
        gradients = self.penalty.to_pixels()
        norms = gradients.norm(dim=1, keepdim=True).clamp_(min=1e-30)  # a gradient of 0 stays 0
        gradients.mul_((1 - 1 / norms) * (2 * self.weight / len(norms)))
        self.penalty.backward()
