"""The discriminator on a batch of images: its logits, and the gradients of its loss and of penalties."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.training.losses import Loss
from gan.training.networks import Discriminator
from gan.training.passes import NetworkPass
from gan.training.penalty_pass import PenaltyPass


class DiscriminatorPass:
    """The discriminator on n images, and the loss of its n x 1 logits.

    Args:
        label: of the images.
        weight: of the mean of this loss in the network's whole loss; see `Loss`.
        own_grads: see `LinearPass`.
        penalised_pixels: the number of inputs that are pixels if `backward` may add a penalty, which takes memory of
            its own; else None.
    """

    def __init__(
        self, discriminator: Discriminator, n: int, loss: Loss, label: float, weight: float, *,
        own_grads: bool = False, penalised_pixels: int | None = None,
    ) -> None:  # fmt: skip
        device = next(discriminator.parameters()).device
        self.loss = loss
        self.logits, self.derivatives, self.logit_grads, self.labels, self.divisors = (
            torch.empty(n, 1, device=device) for _ in range(5)
        )
        self.labels.fill_(label)
        self.divisors.copy_(n / torch.tensor(weight))
        self.network = NetworkPass(discriminator, self.logits, self.logit_grads, own_grads)
        self.penalty = PenaltyPass(self.network, n, penalised_pixels) if penalised_pixels else None

    def forward(self, images: Tensor) -> None:
        """Compute the logits of n x pixels images."""
        self.network.forward(images)

    def differentiate(self, others: Tensor | None = None) -> None:
        """Compute the gradient of the loss by the logits; `others`: the logits that these are paired with."""
        logits = self.logits if others is None else self.logits - others
        derivatives = self.loss.criterion.derivative(logits, self.labels, self.derivatives)
        torch.div(derivatives, self.divisors, out=self.logit_grads)

    def backward(self, gamma: float = 0.0) -> None:
        """Compute the gradients of the discriminator's parameters from that of the logits.

        Args:
            gamma: the loss also has gamma / 2 times the mean squared norm of the gradient of a logit by its image (R1
                for real images, R2 for fake ones; Mescheder et al. 2018).
        """
        if gamma == 0.0 or self.penalty is None:
            self.network.backward()
            return
        self.derivatives.copy_(self.logit_grads)  # whose memory the penalty needs
        self.penalty.to_pixels().mul_(gamma / len(self.logits))
        self.penalty.backward(self.derivatives)

    def backward_to_images(self, image_grad: Tensor) -> None:
        """Compute the gradient of the images into `image_grad`; the discriminator's own are not computed."""
        self.network.backward_to_input(image_grad)
