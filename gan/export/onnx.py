"""The generator as ONNX, which makes images without Python or torch."""

from __future__ import annotations

from pathlib import Path

import torch

from gan.recording import weights


def generator(folder: Path) -> bytes:
    """Input "z", n x latent noise; output "images", n x 1 x 28 x 28 in the run's own range; n may be anything.

    The run's settings are in the metadata. Takes a few seconds.

    Raises:
        DamagedRun: also if there are no weights yet.
    """
    network, settings = weights.newest_generator(folder)
    example = torch.zeros(2, settings.latent_dim)  # exporters take a single image for a batch of constant size one
    program = torch.onnx.export(
        network,
        (example,),
        input_names=["z"],
        output_names=["images"],
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("n")},),
        external_data=False,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    for part in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer, model.graph):
        del part.metadata_props[:]  # positions in our source, with this computer's paths
    for key, value in {"livegan.run": folder.name, "livegan.settings": settings.model_dump_json()}.items():
        model.metadata_props.add(key=key, value=value)
    content: bytes = model.SerializeToString()
    return content
