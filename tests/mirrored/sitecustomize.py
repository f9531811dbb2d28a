"""For an app that a test starts: torchvision takes FashionMNIST from the server that MIRROR names, with its sums."""

import json
import os

import torchvision.datasets

told = json.loads(os.environ["MIRROR"])
torchvision.datasets.FashionMNIST.mirrors = [told["address"]]
torchvision.datasets.FashionMNIST.resources = [tuple(pair) for pair in told["resources"]]
