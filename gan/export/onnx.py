"""The generator as ONNX, which makes images without Python or torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from gan.export import ExportError
from gan.recording import weights
from gan.settings import Settings
from gan.training.own_networks import ForwardAlone, OwnNetwork


def generator(folder: Path) -> bytes:
    """Input "z", n x latent noise; output "images", n x 1 x 28 x 28 in the run's own range; n may be anything.

    The generator of a conditional run has a second input, "labels": n digits to draw, as int64. The run's settings are
    in the metadata. Takes a few seconds.

    Raises:
        DamagedRun: also if there are no weights yet.
        ExportError: torch cannot convert this generator, which is one's own.
    """
    network, settings = weights.newest_generator(folder)
    try:
        model = _converted(network, settings)
    except Exception as error:  # whatever torch and its converter raise
        if not isinstance(network, OwnNetwork):
            raise
        raise ExportError(
            f"torch cannot convert the generator of {network.livegan_file} to ONNX ({type(error).__name__})."
        ) from None
    for part in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer, model.graph):
        del part.metadata_props[:]  # positions in our source, with this computer's paths
    for key, value in {"livegan.run": folder.name, "livegan.settings": settings.model_dump_json()}.items():
        model.metadata_props.add(key=key, value=value)
    content: bytes = model.SerializeToString()
    return content


def _converted(network: nn.Module, settings: Settings) -> Any:
    """The generator as an ONNX model."""
    network = ForwardAlone(network).eval() if isinstance(network, OwnNetwork) else network
    # two images: exporters take a single one for a batch of constant size one
    examples = {"z": torch.zeros(2, settings.latent_dim), "labels": torch.zeros(2, dtype=torch.int64)}
    inputs = ["z", "labels"] if settings.conditional == "on" else ["z"]
    rows = {"z": torch.export.Dim("n"), "labels": torch.export.Dim.DYNAMIC}  # which follows that of z
    program = torch.onnx.export(
        network,
        tuple(examples[name] for name in inputs),
        input_names=inputs,
        output_names=["images"],
        dynamo=True,
        dynamic_shapes=tuple({0: rows[name]} for name in inputs),
        external_data=False,
        verbose=False,
    )
    assert program is not None
    return program.model_proto
