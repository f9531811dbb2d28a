"""Small networks of one's own for the tests: batch normalisation, dropout of both kinds, and a count in a buffer."""

from __future__ import annotations

from gan.training.own_networks import OwnNetworks

SOURCE = """\
import torch
from torch import nn

from gan.training.layers import Dropout


class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, 4 * 49), nn.Unflatten(1, (4, 7, 7)), nn.BatchNorm2d(4), nn.ReLU(),
            nn.ConvTranspose2d(4, 1, 4, stride=4), nn.Tanh(),
        )

    def forward(self, z):
        return self.layers(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.conv = nn.Conv2d(1, 4, 4, stride=4)
        self.dropout, self.knob = nn.Dropout(0.3), Dropout(0.5)
        self.last = nn.Linear(4 * 49, 1)

    def forward(self, images):
        if self.training:
            self.calls += 1
        x = self.dropout(torch.relu(self.conv(images))).flatten(1)
        return self.last(self.knob(x + 0.1 * torch.randn_like(x))).flatten()
"""
OWN = OwnNetworks("mine.py", SOURCE.encode())

LINEAR = """\
import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.linear = nn.Linear(latent_dim, 784)

    def forward(self, z):
        return torch.tanh(self.linear(z)).view(-1, 1, 28, 28)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 1)

    def forward(self, images):
        return self.linear(images.flatten(1)).flatten()
"""


def linear_with(old: str, new: str) -> OwnNetworks:
    """The smallest such networks with one part of the file replaced."""
    assert old in LINEAR
    return OwnNetworks("mine.py", LINEAR.replace(old, new, 1).encode())
