"""Networks of one's own: a Python file with two torch modules, `Generator(latent_dim)` and `Discriminator()`.

The file is a program, so it comes from the local command line alone (`python -m gan train --networks FILE`). A run
keeps a copy of it and records its checksum; `gan.recording.networks_file` hands the copy out only if the checksum is
the recorded one, and nothing else makes an `OwnNetworks` of a file.

Such modules draw from torch's global generator (initial weights, `nn.Dropout`, noise), which all threads share. So they
are built and called with that generator seeded from the run's own random stream, one thread at a time, and it returns
to its state afterwards. Two runs at once therefore draw what each of them would draw alone.
"""

from __future__ import annotations

import functools
import hashlib
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gan.errors import LiveGANError
from gan.limits import MAX_NETWORKS_FILE, in_words
from gan.settings import Settings
from gan.training.build import IMAGE_SHAPE, build_networks, build_with_batchnorm_folded
from gan.training.layers import Dropout

LONGEST_REASON = 200  # characters of another library's message in a sentence of ours
_turn = threading.RLock()  # held while torch's global generator is seeded for one network


class NetworksError(LiveGANError):
    """Networks of one's own cannot be read, built or called; the text names the file and, if known, the line."""


@dataclass(frozen=True)
class OwnNetworks:
    """A file with networks of one's own; making it executes nothing, `build` executes the file once a process.

    Attributes:
        file: what messages call it.
        source: its bytes.
    """

    file: str
    source: bytes

    @classmethod
    def read(cls, path: Path) -> OwnNetworks:
        """The networks in a file that the user names; raises `NetworksError`."""
        try:
            with path.open("rb") as file:
                source = file.read(MAX_NETWORKS_FILE + 1)
        except OSError as error:
            raise NetworksError(f"{str(path)[:200]} cannot be read: {error.strerror}.") from None
        if len(source) > MAX_NETWORKS_FILE:
            raise NetworksError(f"{path.name[:100]} is larger than {in_words(MAX_NETWORKS_FILE)}.")
        return cls(path.name.encode(errors="replace").decode()[:100], source)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.source).hexdigest()

    def build(self, latent_dim: int, rng: torch.Generator | None = None) -> tuple[OwnNetwork, OwnNetwork]:
        """The generator and the discriminator on the CPU, freshly initialised.

        Args:
            rng: draws the seed of torch's global generator while they are built (None: the seed is 0).

        Raises:
            NetworksError: the file cannot be executed, lacks a class, or a class cannot be made.
        """
        with torch.device("cpu"):  # callers that want shapes alone may ask for "meta", which not every module can take
            return self._built(_drawn_seed(rng), latent_dim)

    def _built(self, seed: int, latent_dim: int) -> tuple[OwnNetwork, OwnNetwork]:
        generator, discriminator = _classes(self)
        with seeded(seed):
            g = self._made(generator, f"Generator({latent_dim})", latent_dim)
            return g, self._made(discriminator, "Discriminator()")

    def _made(self, kind: type[OwnNetwork], call: str, *arguments: int) -> OwnNetwork:
        with named_errors(self.file, f"{call} fails", line_of(kind)):
            return kind(*arguments)


class OwnNetwork(nn.Module):
    """What LiveGAN adds to both classes of such a file: seeded random numbers, plain errors, checked outputs.

    Attributes:
        livegan_rng: in training, each call is seeded with a number drawn from it; without it, and in evaluation mode,
            with 0. So images of the same noise are the same, even if the generator adds noise of its own.
    """

    livegan_file: ClassVar[str]
    livegan_output: ClassVar[tuple[int, ...]]  # the shape of its output for one input
    livegan_rng: torch.Generator | None = None

    def __call__(self, x: Tensor) -> Tensor:
        kind = type(self)
        seed = _drawn_seed(self.livegan_rng if self.training else None)
        with seeded(seed, x.device), named_errors(kind.livegan_file, f"{kind.__name__}'s forward fails", line_of(kind)):
            output: Any = super().__call__(x)
        expected = (len(x), *kind.livegan_output)
        if not isinstance(output, Tensor) or tuple(output.shape) != expected or output.dtype != torch.float32:
            raise NetworksError(
                f"{where(kind)}: {kind.__name__} turns {_described(x)} into {_described(output)}; it must return "
                f"{' x '.join(map(str, expected))} numbers (float32){_hint(kind, output, len(x))}."
            )
        return output


# --- a run's networks, its own or those of its settings ----------------------------------------------------------


def build_pair(
    settings: Settings, own: OwnNetworks | None, rng: torch.Generator | None = None
) -> tuple[nn.Module, nn.Module]:
    """The generator and the discriminator of a run, freshly initialised on the CPU; raises `NetworksError`.

    Args:
        own: the networks of one's own, if the run has such.
        rng: draws the initial weights.
    """
    return build_networks(settings, rng) if own is None else own.build(settings.latent_dim, rng)


def build_pair_of_kept_weights(settings: Settings, own: OwnNetworks | None) -> tuple[nn.Module, nn.Module]:
    """Networks for the weights that are kept of an epoch (see `weights_file`); raises `NetworksError`."""
    return build_with_batchnorm_folded(settings) if own is None else own.build(settings.latent_dim)


def use_stream(network: nn.Module, rng: torch.Generator) -> None:
    """Let a network draw all random numbers of its training from `rng`."""
    if isinstance(network, OwnNetwork):
        network.livegan_rng = rng
    for dropout in dropouts(network):
        dropout.rng = rng


def set_dropout(network: nn.Module, p: float) -> None:
    """Turn the knob of dropout; it acts on the layers `gan.training.layers.Dropout`."""
    for dropout in dropouts(network):
        dropout.p = p


def dropouts(network: nn.Module) -> list[Dropout]:
    """The layers of dropout that the knob turns."""
    return [module for module in network.modules() if isinstance(module, Dropout)]


class ForwardAlone(nn.Module):
    """The forward pass of such a network without what `OwnNetwork` adds, for tools that trace it.

    A check of the output's shape would make them take the number of images for a constant.
    """

    def __init__(self, network: OwnNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Any:
        return self.network.forward(x)


# --- torch's global generator ------------------------------------------------------------------------------------


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Seed torch's global generators for one thread at a time; their states return afterwards."""
    cuda = [torch.cuda.current_device()] if device is not None and device.type == "cuda" else []
    with _turn, torch.random.fork_rng(cuda):
        torch.manual_seed(seed)
        yield


def _drawn_seed(rng: torch.Generator | None) -> int:
    if rng is None:
        return 0
    return int(torch.empty((), dtype=torch.int64, device=rng.device).random_(generator=rng))


# --- the file as classes -----------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def _classes(own: OwnNetworks) -> tuple[type[OwnNetwork], type[OwnNetwork]]:
    """Execute the file and return its two classes, with what `OwnNetwork` adds; raises `NetworksError`."""
    module = types.ModuleType(f"livegan_networks_{own.sha256[:16]}")
    sys.modules[module.__name__] = module  # dataclasses and others look a class up by the name of its module
    with seeded(0), named_errors(own.file, "it cannot be executed"):
        # dont_inherit: without it the file would inherit our `from __future__ import annotations`
        exec(compile(own.source, own.file, "exec", dont_inherit=True), module.__dict__)
    return _class(own, module, "Generator", IMAGE_SHAPE), _class(own, module, "Discriminator", ())


def _class(own: OwnNetworks, module: types.ModuleType, name: str, output: tuple[int, ...]) -> type[OwnNetwork]:
    found = getattr(module, name, None)
    if found is None:
        raise NetworksError(f"{own.file} has no class {name}; it must have the classes Generator and Discriminator.")
    if not isinstance(found, type) or not issubclass(found, nn.Module):
        raise NetworksError(f"{own.file}: {name} is no torch module; write `class {name}(torch.nn.Module):`.")
    added = {"livegan_file": own.file, "livegan_output": output, "__module__": module.__name__}
    return type(name, (OwnNetwork, found), added)


# --- sentences ---------------------------------------------------------------------------------------------------


@contextmanager
def named_errors(file: str, what: str, line: int | None = None) -> Iterator[None]:
    """Turn any exception into one sentence: the file and its line, `what` fails, and the reason.

    Args:
        line: named if the exception passed through no line of the file.

    Raises:
        NetworksError
    """
    try:
        yield
    except LiveGANError:
        raise
    except (Exception, SystemExit) as error:
        at = error.lineno if isinstance(error, SyntaxError) and error.filename == file else _line(error, file) or line
        reason = error.msg if isinstance(error, SyntaxError) else (str(error).strip().splitlines() or [""])[0]
        reason = f"{type(error).__name__}: {reason}".rstrip(": .")[:LONGEST_REASON]
        place = file if at is None else f"{file}, line {at}"
        raise NetworksError(f"{place}: {what} ({reason}).") from error


def _line(error: BaseException, file: str) -> int | None:
    """The last line of the file that an exception passed through."""
    found, traceback = None, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def line_of(kind: type[OwnNetwork]) -> int | None:
    """The line at which the forward method of a class begins, or that of its constructor; None if it has neither."""
    for method in ("forward", "__init__"):
        code: types.CodeType | None = getattr(getattr(kind, method, None), "__code__", None)
        if code is not None and code.co_filename == kind.livegan_file:
            return code.co_firstlineno
    return None


def where(kind: type[OwnNetwork]) -> str:
    """The file of a class, and the line of its forward method."""
    line = line_of(kind)
    return kind.livegan_file if line is None else f"{kind.livegan_file}, line {line}"


def _described(value: object) -> str:
    if not isinstance(value, Tensor):
        return f"a {type(value).__name__}"
    shape = " x ".join(map(str, value.shape)) or "a single number"
    return shape if value.dtype == torch.float32 else f"{shape} ({str(value.dtype).removeprefix('torch.')})"


def _hint(kind: type[OwnNetwork], output: object, n: int) -> str:
    if isinstance(output, Tensor) and kind.livegan_output == () and output.numel() == n:
        return "; end it with `.flatten()`"
    return ""
