"""A forger uploads a run, and can count checksums: whatever does not add up is refused, and nothing of it is run."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers import BATCHES
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from zips import contents, packed, refusal, unpack, with_fields, zipped

from gan.recording import atomic_files, weights_file
from gan.recording.run_file import FullState, read_run_file
from gan.runs.archive import remove_left_over

WEIGHT = "generator.linears.0.weight"

# --- weights -----------------------------------------------------------------------------------------------------


def forged(content: bytes) -> bytes:
    """The run with this in place of its newest state, under the right name and checksum."""
    *others, newest = json.loads(contents()["run.json"])["states"]
    state = FullState(**{**newest, "sha256": atomic_files.sha256(content)})
    stays = {name: kept for name, kept in contents().items() if not name.startswith("state-26")}
    return zipped({**stays, "run.json": with_fields(states=[*others, state.model_dump()]), state.file: content})


def newest_state() -> bytes:
    return next(content for name, content in contents().items() if name.startswith("state-26"))


def test_the_forger_of_these_tests_can_forge(tmp_path: Path) -> None:
    unpack(forged(newest_state()), tmp_path, "copy")
    assert read_run_file(tmp_path / "copy").batch == 2 * BATCHES


@pytest.mark.parametrize(
    "name", ["generator.linears.0.weight", "optimizer_g.linears.0.weight.exp_avg", "rng.order", "fixed_noise"]
)
def test_weights_that_do_not_fit_the_settings_are_refused(name: str) -> None:
    state = load_tensors(newest_state())
    assert "does not fit its settings" in refusal(forged(save_tensors({**state, name: state[name][:1].clone()})))
    del state[name]
    assert "does not fit its settings" in refusal(forged(save_tensors(state)))


def test_settings_that_do_not_fit_the_weights_are_refused() -> None:
    run_file = json.loads(contents()["run.json"])
    wider = {name: run_file[name] | {"g_hidden": [17]} for name in ("settings", "initial_settings")}
    assert "does not fit its settings" in refusal(zipped({**contents(), "run.json": with_fields(**wider)}))


def test_settings_of_other_networks_do_not_fit_the_weights() -> None:
    run_file = json.loads(contents()["run.json"])
    for other in ({"g_norm": "batch"}, {"ema_decay": 0.99}):
        changed = {name: run_file[name] | other for name in ("settings", "initial_settings")}
        assert "does not fit its settings" in refusal(zipped({**contents(), "run.json": with_fields(**changed)}))


def test_a_state_with_an_average_that_its_settings_do_not_have_is_refused() -> None:
    average = {"averaged.linears.0.weight": torch.zeros(16, 8), "averaged_batches": torch.zeros(())}
    assert "does not fit its settings" in refusal(forged(save_tensors(load_tensors(newest_state()) | average)))


def test_settings_that_the_commands_do_not_lead_to_are_refused() -> None:
    other = json.loads(contents()["run.json"])["settings"] | {"lr_g": 0.05}
    sentence = refusal(zipped({**contents(), "run.json": with_fields(settings=other)}))
    assert sentence == "The run in the zip is damaged: its settings are not those that its commands lead to."


@pytest.mark.parametrize("batch", [0, 12, 27])
def test_a_state_of_another_batch_is_refused(batch: int) -> None:
    """Its figures and commands would be others."""
    *others, newest = json.loads(contents()["run.json"])["states"]
    moved = FullState(**{**newest, "batch": batch})
    renamed = {**contents(), moved.file: newest_state()}
    refusal(zipped({**renamed, "run.json": with_fields(states=[*others, moved.model_dump()])}))


def test_a_state_that_claims_more_commands_than_there_are_is_refused() -> None:
    *others, newest = json.loads(contents()["run.json"])["states"]
    states = [*others, {**newest, "commands": 99}]
    assert "run.json cannot be read" in refusal(zipped({**contents(), "run.json": with_fields(states=states)}))


def epoch_file(**changes: Any) -> bytes:
    """The weights of the first epoch, with some tensors replaced and the checksum that belongs to them."""
    weights, metadata = weights_file.unpack(contents()["epochs/00001.safetensors"], "")
    return weights_file.pack({**weights, **changes}, metadata.settings, metadata.batch, 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: b"", "00001.safetensors does not hold the weights of an epoch"),
        (lambda: newest_state(), "00001.safetensors does not hold the weights of an epoch"),
        (lambda: epoch_file(surprise=torch.zeros(3))[:-1], "00001.safetensors does not hold the weights of an epoch"),
        (lambda: epoch_file(**{WEIGHT: torch.zeros(3)}), "its generator's weights do not fit its settings."),
        (lambda: epoch_file(**{WEIGHT: torch.zeros(16, 8).double()}), "its generator's weights are not float32."),
        (lambda: epoch_file(**{"averaged.x": torch.zeros(1)}), "its averaged"),
        (lambda: epoch_file(**{"discriminator.x": torch.zeros(1)}), "its discriminator's weights do not fit"),
        (lambda: epoch_file()[:-1] + b"?", "00001.safetensors is not as it was written (its checksum differs)."),
    ],
)
def test_weights_of_an_epoch_that_are_none_are_refused(content: Callable[[], bytes], sentence: str) -> None:
    told = refusal(zipped({**contents(), "epochs/00001.safetensors": content()}))
    assert told.startswith(f"The run in the zip is damaged: {sentence}")


# --- anything else -----------------------------------------------------------------------------------------------

headers = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=3), max_size=3).map(json.dumps)


@settings(max_examples=50)
@given(st.binary(max_size=64) | headers.map(lambda header: struct.pack("<Q", len(header)) + header.encode()))
def test_weights_that_are_no_safetensors_are_refused(state: bytes) -> None:
    refusal(forged(state))


def npy(header: str, content: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


@pytest.mark.parametrize(
    "series",
    [
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (26, 4)}", b"cos\nsystem\n(S'true'\ntR."),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 4)}"),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-26, 4)}"),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (26, 4)}", bytes(415)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (26, 4)}", bytes(832)),
        npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (26, 4)}", bytes(416)),
        npy("__import__('os').system('true')"),
        b"PK\x05\x06" + bytes(18),
        b"cos\nsystem\n(S'true'\ntR.",
    ],
    ids=["objects", "huge", "negative", "short", "doubles", "structure", "code", "zip", "pickle"],
)
def test_series_that_are_none_are_refused(series: bytes) -> None:
    assert "series.npy" in refusal(zipped({**contents(), "series.npy": series}))


@pytest.mark.parametrize("picture", [b"", b"<script>alert(1)</script>", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(50)])
@pytest.mark.parametrize("name", ["latest.png", "grids/00001.png"])
def test_a_picture_that_is_none_is_refused(name: str, picture: bytes) -> None:
    assert refusal(zipped({**contents(), name: picture})) == (
        f"The run in the zip is damaged: {name} is not a picture of 64 images."
    )


def test_a_picture_of_another_size_is_refused() -> None:
    picture = bytearray(contents()["latest.png"])
    struct.pack_into(">II", picture, 16, 50_000, 50_000)
    struct.pack_into(">I", picture, 29, zlib.crc32(picture[12:29]))
    assert "not a picture of 64 images" in refusal(zipped({**contents(), "latest.png": bytes(picture)}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch", 25),
        ("batch", 10**30),
        ("epoch", 10**6),
        ("state", "elsewhere"),
        ("states", [{"batch": 26, "sha256": "../../../etc/passwd"}]),
        ("states", [{"batch": 26, "sha256": "0" * 64}]),
        ("states", None),
        ("series_sha256", "0" * 64),
        ("commands_sha256", "0" * 64),
        ("commands", 99),
        ("commands", 1),
        ("created", 1e300),
        ("name", None),
        ("settings", {"device": "mainframe"}),
    ],
)
def test_a_run_json_that_does_not_add_up_is_refused(field: str, value: Any) -> None:
    assert "is damaged" in refusal(zipped({**contents(), "run.json": with_fields(**{field: value})}))


def test_a_run_json_without_the_checksum_of_its_values_is_refused() -> None:
    values = {**json.loads(contents()["run.json"]), "created": 1.0}
    assert "run.json is not as it was written" in refusal(
        zipped({**contents(), "run.json": json.dumps(values).encode()})
    )


fields = st.sampled_from([*json.loads(contents()["run.json"]), "x"])
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=4),
)


@settings(max_examples=40)
@given(any_json)
def test_any_other_json_is_refused(value: Any) -> None:
    if isinstance(value, dict):  # also with all that it says not
        refusal(zipped({**contents(), "run.json": with_fields(x=1, **{k: v for k, v in value.items() if k != "x"})}))
    refusal(zipped({**contents(), "run.json": json.dumps(value).encode()}))
    refusal(zipped({**contents(), "commands.jsonl": json.dumps(value).encode()}))
    refusal(zipped({**contents(), "commands.jsonl": json.dumps(value).encode() + b"\n"}))


def test_deeply_nested_json_is_refused() -> None:
    refusal(zipped({**contents(), "run.json": b"[" * 100_000}))
    refusal(zipped({**contents(), "commands.jsonl": b"[" * 100_000}))


def test_what_a_killed_upload_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".upload-copy").mkdir()
    (tmp_path / ".upload-copy" / "series.npy").write_text("left over")
    unpack(packed(), tmp_path, "copy")
    remove_left_over(tmp_path)  # as a server does when it starts
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
