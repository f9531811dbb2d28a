"""The playground's routes on a real server: nearest image, images made on the server, refusals."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from helpers import BATCHES, PATIENCE, SMALL, step, wait_for_batch, wait_until
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from own import OWN
from serving import Server, sentence

from gan.data import image_sets
from gan.recording import atomic_files, epochs, weights_file
from gan.recording.commands import SetKnobs, Step
from gan.runs.run import Run
from gan.runs.trim import trim_run
from gan.server.playground import MAX_GENERATE_REQUEST
from gan.training.build import build_networks, build_with_batchnorm_folded
from gan.training.networks import Discriminator, Generator
from gan.training.trainer import Trainer

Z = torch.randn(9, SMALL.latent_dim, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def zero_to_one(server: Server) -> Run:
    run = server.registry.start(SMALL.changed(scaling="0..1", epochs=1), "zero-to-one")
    run.join()
    return run


def ask(server: Server, name: str, what: str, body: Any, **headers: str) -> httpx.Response:
    options: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    with server.http() as client:
        return client.post(f"/api/runs/{name}/{what}", headers=headers, **options)


def networks(run: Run, epoch: int) -> tuple[Generator, Discriminator]:
    """The networks of an epoch as torch has them, in evaluation mode."""
    tensors, kept, _ = epochs.read(run.folder, epoch)
    pair = build_networks(kept)
    for side, network in zip(("generator", "discriminator"), pair, strict=True):
        network.load_state_dict({name: tensors[f"{side}.{name}"] for name in network.state_dict()})
        network.eval()
    return pair


def expected(pair: tuple[Generator, Discriminator], z: torch.Tensor, low: float) -> tuple[Any, Any]:
    with torch.no_grad():
        images = pair[0](z)
        pixels = ((images - low) / (1 - low) * 255).round().to(torch.uint8)
        return pixels.flatten(1).numpy(), pair[1](images).numpy()


def received(response: httpx.Response, count: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-encoding"] == "identity"
    pixels = np.frombuffer(response.content[: count * 784], np.uint8).reshape(count, 784)
    return pixels, np.frombuffer(response.content[count * 784 :], "<f4")


# --- nearest -----------------------------------------------------------------------------------------------------


def test_the_nearest_image_of_the_runs_own_set(server: Server, finished: Run) -> None:
    sevens = image_sets.load("mnist", "train", [7]).images
    answer = ask(server, "finished", "nearest", sevens[11].numpy().tobytes())
    assert answer.status_code == 200
    found = answer.json()
    assert found.keys() == {"digit", "label", "index", "count", "set", "distance", "typical", "pixels", "copy", "limit"}
    assert found["label"] == "7"
    assert (found["digit"], found["index"], found["count"], found["distance"]) == (7, 11, 6265, 0.0)
    assert found["typical"] > 1
    assert (found["copy"], 2 < found["limit"] < 3.5) == (True, True)  # of sevens
    assert base64.b64decode(found["pixels"]) == sevens[11].numpy().tobytes()


def test_a_search_leaves_other_threads_their_number_of_threads(server: Server, finished: Run) -> None:
    """It computes on one thread, and `torch.set_num_threads` can reach beyond the thread that calls it."""
    before = torch.get_num_threads()
    chosen, answered = threading.Event(), threading.Event()
    seen: list[int] = []

    def trains() -> None:
        torch.set_num_threads(3)
        torch.get_num_threads()  # else the thread takes up the number that was set last anywhere when it first computes
        chosen.set()
        answered.wait(PATIENCE)
        seen.append(torch.get_num_threads())

    thread = threading.Thread(target=trains)
    thread.start()
    chosen.wait(PATIENCE)
    try:
        assert ask(server, "finished", "nearest", bytes(784)).status_code == 200
        assert ask(server, "finished", "generate", {"epoch": 1, "z": Z.tolist()}).status_code == 200
    finally:
        answered.set()
        thread.join()
        torch.set_num_threads(before)
    assert seen == [3]


@pytest.mark.parametrize("body", [b"", bytes(783), bytes(785), bytes(100_000), b'{"pixels": []}'])
def test_anything_but_784_bytes_is_refused(server: Server, finished: Run, body: bytes) -> None:
    response = ask(server, "finished", "nearest", body)
    assert response.status_code == 400
    assert sentence(response) == "The body must be the 784 pixels of one image, one byte each."


# --- generate ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", [1, 2, "latest"])
def test_images_of_a_run_on_disk_are_those_of_torch(server: Server, finished: Run, epoch: int | str) -> None:
    pixels, scores = received(ask(server, "finished", "generate", {"epoch": epoch, "z": Z.tolist()}), len(Z))
    wanted, logits = expected(networks(finished, 2 if epoch == "latest" else int(epoch)), Z, -1.0)
    assert np.array_equal(pixels, wanted)
    assert np.allclose(scores, logits, atol=1e-5)


def test_pixels_from_zero_to_one(server: Server, zero_to_one: Run) -> None:
    pixels, _ = received(ask(server, "zero-to-one", "generate", {"epoch": 1, "z": Z.tolist()}), len(Z))
    wanted, _ = expected(networks(zero_to_one, 1), Z, 0.0)
    assert np.array_equal(pixels, wanted)
    assert pixels.std() > 1


def test_the_newest_epoch_with_a_discriminator_judges_the_others(server: Server) -> None:
    run = server.registry.start(SMALL, "half-kept")
    run.join()
    logits = expected((networks(run, 1)[0], networks(run, 2)[1]), Z, -1.0)[1]
    strip(run.folder, 1)
    _, scores = received(ask(server, "half-kept", "generate", {"epoch": 1, "z": Z.tolist()}), len(Z))
    assert np.allclose(scores, logits, atol=1e-5)
    strip(run.folder, 2)
    _, none = received(ask(server, "half-kept", "generate", {"epoch": 1, "z": Z.tolist()}), len(Z))
    assert len(none) == 0


def strip(folder: Path, epoch: int) -> None:
    """Take the discriminator out of an epoch's file, as a run that ships has it."""
    tensors, kept, batch = epochs.read(folder, epoch)
    alone = {name: value for name, value in tensors.items() if name.startswith("generator.")}
    epochs.write(folder, epoch, weights_file.pack(alone, kept, batch, epoch))


# --- the averaged generator, and the raw one ---------------------------------------------------------------------

MODERN = SMALL.changed(g_norm="batch", ema_decay=0.99, dropout_in="discriminator", lr_g=0.01)


def generated(server: Server, name: str, epoch: int | str, *, raw: bool = False) -> NDArray[np.int64]:
    order = {"epoch": epoch, "z": Z.tolist(), "raw": raw}
    return received(ask(server, name, "generate", order), len(Z))[0].astype(int)


def by_a_trainer(trainer: Trainer) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The images of a trainer's averaged generator and of its raw one, as bytes."""
    average, trainer.ema = trainer.ema, None
    raw = trainer.sample(Z)
    trainer.ema = average
    averaged, raw = (((images + 1) * 127.5).round().flatten(1).int() for images in (trainer.sample(Z), raw))
    return averaged.numpy().astype(int), raw.numpy().astype(int)


def assert_same_images(one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
    """But for a level of grey here and there: normalisation is folded into the weights that are kept."""
    assert np.abs(one - other).max() <= 1
    assert np.array_equal(one, other) or (one != other).mean() < 0.01


def test_the_averaged_generator_makes_the_images_unless_the_raw_one_is_asked_for(server: Server) -> None:
    server.registry.start(MODERN, "averaged").join()
    trainer = Trainer(MODERN)
    for epoch in (1, 2):
        for _ in range(BATCHES):
            trainer.step()
        averaged, raw = by_a_trainer(trainer)
        assert np.abs(averaged - raw).max() > 9
        for asked in (epoch, *(["latest"] if epoch == 2 else [])):
            assert_same_images(generated(server, "averaged", asked), averaged)
            assert_same_images(generated(server, "averaged", asked, raw=True), raw)


def test_so_does_the_one_of_a_run_that_trains(server: Server) -> None:
    run = server.registry.start(MODERN, "averages", paused=True)
    step(run, 9)
    averaged, raw = run.peek(by_a_trainer).result(30)
    assert np.abs(averaged - raw).max() > 9
    assert np.array_equal(generated(server, "averages", "latest"), averaged)
    assert np.array_equal(generated(server, "averages", "latest", raw=True), raw)
    server.registry.command("averages", SetKnobs({"ema_decay": 0}))
    wait_until(lambda: run.snapshot().settings.ema_decay == 0)
    assert np.array_equal(generated(server, "averages", "latest"), raw)


def test_raw_weights_that_a_trimmed_run_lacks_are_one_sentence(server: Server) -> None:
    run = server.registry.start(MODERN, "trimmed")
    run.join()
    averaged = [generated(server, "trimmed", epoch) for epoch in (1, 2)]
    trim_run(run.folder, {1, 2})
    for epoch in (1, 2, "latest"):
        response = ask(server, "trimmed", "generate", {"epoch": epoch, "z": Z.tolist(), "raw": True})
        assert response.status_code == 404
        told = "These images cannot be made: only its averaged weights are kept, not the raw ones."
        assert sentence(response) == told
    for kept, epoch in zip(averaged, (1, 2), strict=True):
        assert np.array_equal(generated(server, "trimmed", epoch), kept)
    assert np.array_equal(generated(server, "trimmed", "latest"), averaged[1])


# --- runs that train ---------------------------------------------------------------------------------------------


def test_a_run_that_trains_shows_its_newest_weights(server: Server, paused: Run) -> None:
    before, _ = received(ask(server, paused.name, "generate", {"epoch": "latest", "z": Z.tolist()}), len(Z))
    server.registry.command(paused.name, Step())
    wait_for_batch(paused, 1)
    after, _ = received(ask(server, paused.name, "generate", {"epoch": "latest", "z": Z.tolist()}), len(Z))
    assert not np.array_equal(before, after)
    sampled = paused.peek(lambda trainer: trainer.sample(Z)).result(30)
    assert np.array_equal(after, ((sampled + 1) * 127.5).round().byte().flatten(1).numpy())


def test_asking_a_run_that_trains_changes_nothing(server: Server) -> None:
    """Bit for bit what it would have become unasked, dropout and all."""
    run = server.registry.start(SMALL.changed(epochs=6), "asked")
    while run.active:
        assert ask(server, "asked", "generate", {"epoch": "latest", "z": Z.tolist()}).status_code == 200
    alone = server.registry.start(SMALL.changed(epochs=6), "unasked")
    alone.join()
    assert atomic_files.sha256(run.series.rows(0, 78).tobytes()) == atomic_files.sha256(
        alone.series.rows(0, 78).tobytes()
    )


# --- refusals ----------------------------------------------------------------------------------------------------

BAD_ORDERS: list[Any] = [
    b"", b"{", b"[]", b"null", {}, {"epoch": 1}, {"z": [[0.0] * 8]}, {"epoch": "newest", "z": [[0.0] * 8]},
    {"epoch": -1, "z": [[0.0] * 8]}, {"epoch": 1.5, "z": [[0.0] * 8]}, {"epoch": 1, "z": []}, {"epoch": 1, "z": [0.0]},
    {"epoch": 1, "z": [[0.0] * 8] * 257}, {"epoch": 1, "z": [["a"] * 8]}, {"epoch": 1, "z": [[None] * 8]},
    {"epoch": 1, "z": [[1e9] * 8]}, {"epoch": 1, "z": [[0.0] * 8], "raw": 9},
    b'{"epoch": 1, "z": [[NaN, 0, 0, 0, 0, 0, 0, 0]]}',
    b'{"epoch": 1, "z": [[1e999, 0, 0, 0, 0, 0, 0, 0]]}', b'{"epoch": 1, "z": ' + b"[" * 5000,
    b'{"epoch": 1, "z": [[0, 0, 0, 0, 0, 0, 0, 0]]' + b" " * MAX_GENERATE_REQUEST + b"}",
]  # fmt: skip


@pytest.mark.parametrize("order", BAD_ORDERS, ids=range(len(BAD_ORDERS)))
def test_bad_orders_get_one_sentence(server: Server, finished: Run, order: Any) -> None:
    response = ask(server, "finished", "generate", order)
    assert response.status_code == 400
    assert "1 to 256 vectors" in sentence(response)


def test_vectors_of_another_length_get_one_sentence(server: Server, finished: Run, paused: Run) -> None:
    wrong: list[list[list[float]]] = [[[]], [[0.0] * 7], [[0.0] * 8, [0.0] * 9], [[0.0] * 8, []]]
    for name, epoch in (("finished", 1), ("finished", "latest"), (paused.name, "latest")):
        for z in wrong:
            response = ask(server, name, "generate", {"epoch": epoch, "z": z})
            assert response.status_code == 400
            assert sentence(response) == "A latent vector of this generator has 8 numbers."


def test_extreme_vectors_make_images(server: Server, finished: Run) -> None:
    extreme = [[1000.0] * 8, [-1000.0] * 8, [1e-300] * 8, [0.0] * 8]
    pixels, scores = received(ask(server, "finished", "generate", {"epoch": 2, "z": extreme}), 4)
    assert np.isfinite(scores).sum() == 4
    assert pixels[0].std() > 1


def test_the_most_images_at_once(server: Server, finished: Run) -> None:
    z = torch.randn(256, 8, generator=torch.Generator().manual_seed(5))
    pixels, _ = received(ask(server, "finished", "generate", {"epoch": 2, "z": z.tolist()}), 256)
    assert np.array_equal(pixels, expected(networks(finished, 2), z, -1.0)[0])


def test_weights_that_are_not_kept_or_damaged_are_one_sentence(server: Server, finished: Run) -> None:
    for epoch in (0, 3, 10_000):
        response = ask(server, "finished", "generate", {"epoch": epoch, "z": Z.tolist()})
        assert response.status_code == 404
        assert sentence(response) == f"These images cannot be made: the weights of epoch {epoch} are not kept."
    run = server.registry.start(SMALL.changed(epochs=1), "broken")
    run.join()
    (run.folder / "epochs" / "00001.safetensors").write_bytes(b"no weights")
    response = ask(server, "broken", "generate", {"epoch": 1, "z": Z.tolist()})
    assert response.status_code == 404
    assert "00001.safetensors does not hold the weights of an epoch" in sentence(response)


def test_weights_of_other_networks_are_one_sentence(server: Server) -> None:
    run = server.registry.start(SMALL.changed(epochs=1), "others")
    run.join()
    foreign = {"generator.blocks.0.weight": torch.zeros(3, 3)}
    epochs.write(run.folder, 1, weights_file.pack(foreign, SMALL, 13, 1))
    response = ask(server, "others", "generate", {"epoch": 1, "z": Z.tolist()})
    assert response.status_code == 404
    assert sentence(response).endswith("the generator's weights do not fit the run's settings.")


# --- who may ask -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["nearest", "generate"])
def test_other_sites_and_unknown_runs_are_refused(server: Server, finished: Run, what: str) -> None:
    body = bytes(784) if what == "nearest" else {"epoch": 1, "z": Z.tolist()}
    foreign = ask(server, "finished", what, body, Origin="http://evil.example")
    assert foreign.status_code == 403
    assert "another site" in sentence(foreign)
    assert ask(server, "finished", what, body, Origin=f"http://{server.address}").status_code == 200
    unknown = ask(server, "nobody", what, body)
    assert unknown.status_code == 404
    assert sentence(unknown) == "There is no run named 'nobody'."
    assert server.get(f"/api/runs/finished/{what}").status_code == 405


NUMBERS = st.one_of(st.floats(), st.integers(), st.none(), st.booleans(), st.text(max_size=3))
ORDERS = st.fixed_dictionaries(
    {
        "epoch": st.one_of(st.sampled_from([1, 2, "latest"]), NUMBERS),
        "z": st.one_of(NUMBERS, st.lists(st.one_of(NUMBERS, st.lists(NUMBERS, min_size=7, max_size=9)), max_size=3)),
    }
)


def test_no_body_makes_the_server_fail(server: Server, finished: Run) -> None:
    with server.http() as client:

        @settings(max_examples=30)
        @given(body=st.one_of(st.binary(max_size=900), ORDERS.map(lambda order: json.dumps(order).encode())))
        def ask_both(body: bytes) -> None:
            for what in ("nearest", "generate"):
                assert client.post(f"/api/runs/finished/{what}", content=body).status_code in (200, 400, 404)

        ask_both()


# --- chosen digits -----------------------------------------------------------------------------------------------


def test_a_conditional_run_draws_the_digits_that_are_asked_for(server: Server) -> None:
    conditional = SMALL.changed(conditional="on", minibatch_std="on", digits=[3, 7], batch_size=2048, epochs=1)
    run = server.registry.start(conditional, "conditional")
    run.join()
    labels = [3, 7, 7, 3, 3, 3, 7, 7, 3]
    tensors, kept, _ = epochs.read(run.folder, 1)
    pair = build_with_batchnorm_folded(kept)
    for side, network in zip(("generator", "discriminator"), pair, strict=True):
        network.load_state_dict({name: tensors[f"{side}.{name}"] for name in network.state_dict()})
        network.eval()
    with torch.no_grad():
        images = pair[0](Z, torch.tensor(labels))
        logits = pair[1](images, torch.tensor(labels))
    for epoch in (1, "latest"):
        order = {"epoch": epoch, "z": Z.tolist(), "labels": labels}
        pixels, scores = received(ask(server, "conditional", "generate", order), len(Z))
        assert np.array_equal(pixels, ((images + 1) / 2 * 255).round().byte().flatten(1).numpy())
        assert np.allclose(scores, logits.numpy(), atol=1e-4)


def test_labels_that_do_not_fit_a_run_are_one_sentence_each(server: Server, finished: Run) -> None:
    server.registry.start(SMALL.changed(conditional="on", epochs=1), "sevens").join()

    def refused(name: str, labels: list[int] | None) -> str:
        response = ask(server, name, "generate", {"epoch": 1, "z": Z.tolist(), "labels": labels})
        assert response.status_code == 400
        return sentence(response)

    assert refused("finished", [7] * 9) == 'This run draws digits of its own choice, so leave out "labels".'
    for labels in (None, [], [7] * 8):
        assert refused("sevens", labels).startswith('This run draws chosen digits: add "labels"')
    assert refused("sevens", [7] * 8 + [3]) == "This run has never seen 3; choose among its own digits."
    assert "1 to 256 vectors" in refused("sevens", [10] * 9)


# --- networks of one's own ---------------------------------------------------------------------------------------


def test_images_of_networks_of_ones_own_are_made_here_while_they_train_and_from_files(server: Server) -> None:
    run = server.registry.start(SMALL.changed(epochs=1, ema_decay=0.9), "own", own=OWN)
    run.join()
    tensors, _, _ = epochs.read(run.folder, 1)
    pair = OWN.build(SMALL.latent_dim)
    for side, network in zip(("averaged", "discriminator"), pair, strict=True):
        network.load_state_dict({name: tensors[f"{side}.{name}"] for name in network.state_dict()})
        network.eval()
    with torch.no_grad():
        images = pair[0](Z)
        logits = pair[1](images).numpy()
    for epoch in (1, "latest"):
        pixels, outputs = received(ask(server, "own", "generate", {"epoch": epoch, "z": Z.tolist()}), len(Z))
        assert np.array_equal(pixels, ((images + 1) / 2 * 255).round().to(torch.uint8).flatten(1).numpy())
        assert np.allclose(outputs, logits, atol=1e-5)


def test_images_of_networks_of_ones_own_come_from_the_thread_that_trains_them(server: Server) -> None:
    run = server.registry.start(SMALL, "own-steps", paused=True, own=OWN)
    step(run, 2)  # no epoch is kept yet
    pixels, outputs = received(ask(server, "own-steps", "generate", {"epoch": "latest", "z": Z.tolist()}), len(Z))
    assert pixels.any()
    assert len(outputs) == len(Z)
    server.registry.delete("own-steps")


def test_no_request_names_networks_of_ones_own(server: Server, finished: Run) -> None:
    with server.http() as client:
        answer = client.post(
            "/api/runs/finished/commands", json={"kind": "set", "values": {"networks": "/etc/passwd.py"}}
        )
    assert answer.status_code == 400
    assert sentence(answer) == "There is no setting named 'networks'."
