"""A convolutional pair for images of 1 x 28 x 28, after DCGAN (Radford, Metz and Chintala 2016, section 3).

    python -m gan train --networks examples/convolutional.py --dropout 0 --epochs 5 --name convolutional

The paper's guidelines, all followed here: strided convolutions instead of pooling, batch normalisation in both
networks but not at the generator's output and the discriminator's input, no hidden fully connected layers, ReLU in the
generator with tanh at its end, LeakyReLU of slope 0.2 in the discriminator, weights from a normal distribution with a
standard deviation of 0.02, Adam with learning rate 0.0002 and beta 1 = 0.5 (both are LiveGAN's defaults). The paper's
images have 64 x 64 pixels; 28 x 28 take two strides less, and a quarter of its channels are enough for digits.
"""

from torch import Tensor, nn

WIDTH = 32  # channels of the layer with the largest images; the paper's is 128


class Generator(nn.Module):
    """Noise N x latent -> images N x 1 x 28 x 28 in [-1, 1]."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Unflatten(1, (latent_dim, 1, 1)),
            # "project and reshape": 1 x 1 -> 7 x 7
            nn.ConvTranspose2d(latent_dim, 2 * WIDTH, kernel_size=7, bias=False),
            nn.BatchNorm2d(2 * WIDTH),
            nn.ReLU(),
            # a stride of 1/2 instead of upsampling: 7 x 7 -> 14 x 14
            nn.ConvTranspose2d(2 * WIDTH, WIDTH, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(),
            # -> 28 x 28; no batch normalisation at the output, which would make training oscillate
            nn.ConvTranspose2d(WIDTH, 1, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )
        self.apply(initialise)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """Images N x 1 x 28 x 28 -> N logits, before the sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            # a stride of 2 instead of pooling: 28 x 28 -> 14 x 14; no batch normalisation at the input
            nn.Conv2d(1, WIDTH, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            # -> 7 x 7
            nn.Conv2d(WIDTH, 2 * WIDTH, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * WIDTH),
            nn.LeakyReLU(0.2),
            # -> one number
            nn.Conv2d(2 * WIDTH, 1, kernel_size=7),
            nn.Flatten(0),
        )
        self.apply(initialise)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


def initialise(module: nn.Module) -> None:
    """Weights as the paper draws them; those of batch normalisation around 1."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
