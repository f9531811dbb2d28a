"""The trial of networks of one's own: whatever is wrong with the file is told in one sentence, with its line."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import SMALL
from own import LINEAR, OWN, linear_with

from gan.settings import Settings
from gan.training import own_trial
from gan.training.own_networks import NetworksError, OwnNetworks
from gan.training.own_trial import Facts, try_out


def sentence(own: OwnNetworks, last: int = 100, **knobs: Any) -> str:
    with pytest.raises(NetworksError) as caught:
        try_out(own, SMALL.changed(**knobs), last)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_good_networks_are_described() -> None:
    assert try_out(linear_with("", ""), Settings(), 96) == Facts(784 * 101, 785, dropout=False)
    assert try_out(OWN, SMALL, 1).dropout


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("class Generator", "klass Generator", "mine.py, line 5: it cannot be executed (SyntaxError: invalid syntax)."),
        ("import torch\n", "import torhc\n",
         "mine.py, line 1: it cannot be executed (ModuleNotFoundError: No module named 'torhc')."),
        ("import torch\n", "raise SystemExit\n", "mine.py, line 1: it cannot be executed (SystemExit)."),
        ("class Discriminator", "class Critic",
         "mine.py has no class Discriminator; it must have the classes Generator and Discriminator."),
        ("class Generator(nn.Module)", "class Generator",
         "mine.py: Generator is no torch module; write `class Generator(torch.nn.Module):`."),
        ("self, latent_dim", "self", "mine.py, line 10: Generator(8) fails (TypeError: Generator.__init__() takes 1 "
         "positional argument but 2 were given)."),
        ("nn.Linear(784, 1)", "nn.Linear(784, width)",
         "mine.py, line 17: Discriminator() fails (NameError: name 'width' is not defined)."),
        ("self.linear(z)", "self.linear(z[:, :3])", "mine.py, line 11: Generator's forward fails (RuntimeError: mat1 "
         "and mat2 shapes cannot be multiplied (5x3 and 8x784))."),
        (".view(-1, 1, 28, 28)", "", "mine.py, line 10: Generator turns 5 x 8 into 5 x 784; it must return "
         "5 x 1 x 28 x 28 numbers (float32)."),
        ("(images.flatten(1)).flatten()", "(images.flatten(1))", "mine.py, line 19: Discriminator turns "
         "5 x 1 x 28 x 28 into 5 x 1; it must return 5 numbers (float32); end it with `.flatten()`."),
        ("torch.tanh(self.linear(z))", "(z @ torch.ones(8, 784)).tanh()", None),
        ("nn.Linear(784, 1)", "nn.Flatten(0)",
         "mine.py, line 19: Discriminator has no parameters, so there is nothing to train."),
        ("nn.Linear(latent_dim, 784)", "nn.Linear(latent_dim, 784).requires_grad_(False)",
         "mine.py, line 10: the parameter linear.weight of Generator does not learn (requires_grad is False); register "
         "it as a buffer instead."),
        ("nn.Linear(784, 1)", "nn.Linear(784, 1).double()", "mine.py, line 19: linear.weight of Discriminator is "
         "float64 with 2 dimensions; a run keeps float32 and int64 with at most 4."),
        ("torch.tanh(self.linear(z))", "torch.tanh(self.linear(z) / 0 * 0)",
         "mine.py, line 10: Generator returns numbers that are not finite."),
        ("self.linear(images.flatten(1))", "self.linear(images.flatten(1)).detach()",
         "mine.py: the backward pass fails (RuntimeError: element 0 of tensors does not require grad and does not "
         "have a grad_fn)."),
        ("self.linear(images.flatten(1))", "self.linear(images.detach().flatten(1))",
         "mine.py, line 10: no gradient reaches the parameters of Generator."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_one_sentence_with_its_line(old: str, new: str, expected: str | None) -> None:
    if expected is None:  # a parameter that nothing uses
        expected = "mine.py, line 10: no gradient reaches the parameters of Generator."
    assert sentence(linear_with(old, new)) == expected


def test_bytes_that_are_no_python_are_refused() -> None:
    assert sentence(OwnNetworks("mine.py", b"\x00\xff")).startswith("mine.py")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.linear(images.flatten(1))", "(self.linear(images.flatten(1)) + __import__('random').random())"),
        ("self.linear(images.flatten(1))", "(self.linear(images.flatten(1)) * self.grown())"),
    ],
    ids=["other random numbers than torch's", "numbers that no state holds"],
)
def test_networks_that_could_not_be_resumed_are_refused(old: str, new: str) -> None:
    grown = "\n\n    def grown(self):\n        self.n = getattr(self, 'n', 0) + 1\n        return self.n\n"
    own = OwnNetworks("mine.py", (LINEAR.replace(old, new) + grown).encode())
    assert sentence(own).startswith("The networks of mine.py compute other numbers from the same state and noise.")


def test_a_last_batch_that_is_too_small_is_named() -> None:
    own = linear_with("self.linear = nn.Linear(784, 1)", "self.linear = nn.Sequential(nn.BatchNorm1d(784), "
                      "nn.Linear(784, 1))")  # fmt: skip
    try_out(own, SMALL, 2)
    assert sentence(own, last=1).endswith("The last batch of an epoch has 1 image; choose another batch size.")


def test_networks_too_large_to_be_kept_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_trial, "MAX_STATE", 100_000)  # 7,056 and 785 parameters, their moments, and an average
    assert sentence(linear_with("", "")) == (
        "The networks of mine.py are too large: a full state takes 119 kB in 4 tensors; 97 kB can be kept."
    )


def test_the_fast_step_is_refused() -> None:
    assert sentence(OWN, step="fast") == (
        "The fast step trains the fully connected networks alone, so it cannot train those of mine.py; choose the step "
        "auto or reference."
    )


def test_labels_are_refused() -> None:
    assert sentence(OWN, conditional="on") == (
        "A conditional run gives its networks labels, which those of mine.py do not take."
    )
