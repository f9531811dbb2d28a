"""The weights of runs as files, on a real server: at rest, while they train, before the first batch."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from helpers import ENDLESS, SMALL, wait_for_batch
from safetensors import safe_open
from serving import Server

from gan.recording import checkpoint
from gan.recording.commands import SetKnobs, Step
from gan.runs.run import Run
from gan.settings import Settings
from gan.training.networks import Generator


def read_weights(content: bytes, folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    path = folder / "generator.safetensors"
    path.write_bytes(content)
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def test_weights_of_a_run_at_rest(server: Server, finished: Run, tmp_path: Path) -> None:
    response = server.get("/api/runs/finished/generator.safetensors")
    assert response.status_code == 200
    tensors, metadata = read_weights(response.content, tmp_path)
    assert int(metadata["batch"]) == finished.snapshot().batch
    assert Settings.model_validate_json(metadata["settings"]) == SMALL
    s = SMALL
    generator = Generator(s.latent_dim, (1, 28, 28), s.g_hidden, s.dropout)
    generator.load_state_dict({name.removeprefix("generator."): value for name, value in tensors.items()})
    kept = checkpoint.read_state(finished.folder, finished.run_file.newest)
    assert all(torch.equal(value, kept[name]) for name, value in tensors.items())


def test_weights_follow_the_training(server: Server, paused: Run, tmp_path: Path) -> None:
    path = f"/api/runs/{paused.name}/generator.safetensors"
    first = server.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = server.get(path, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    server.registry.command(paused.name, Step())
    wait_for_batch(paused, 1)
    second = server.get(path, If_None_Match=first.headers["etag"])
    assert second.status_code == 200
    server.registry.command(paused.name, SetKnobs({"latent_dim": 20}))  # other weights at the same batch
    third = server.get(path, If_None_Match=second.headers["etag"])
    assert third.status_code == 200
    tensors, metadata = read_weights(third.content, tmp_path)
    assert tensors["generator.linears.0.weight"].shape == (16, 20)
    assert json.loads(metadata["settings"])["latent_dim"] == 20
    assert metadata["batch"] == "1"


def test_weights_while_it_trains(server: Server, tmp_path: Path) -> None:
    run = server.registry.start(ENDLESS)
    wait_for_batch(run, 1)
    before = run.snapshot().batch
    _, metadata = read_weights(server.get(f"/api/runs/{run.name}/generator.safetensors").content, tmp_path)
    assert before <= int(metadata["batch"]) <= run.snapshot().batch + 1
    server.registry.delete(run.name)


def test_a_run_without_a_batch_has_weights_and_images(server: Server, paused: Run) -> None:
    assert server.get(f"/api/runs/{paused.name}/generator.safetensors").status_code == 200
    assert server.get(f"/api/runs/{paused.name}/grids/latest.png").status_code == 200
    assert server.get(f"/api/runs/{paused.name}/grids/1.png").status_code == 404
