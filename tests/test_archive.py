"""A run as a zip: there and back; whatever else is uploaded is refused with a sentence and leaves nothing behind."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import BATCHES, SMALL, assert_same_bits, figures, replayed, wait_for, wait_for_batch, wait_until
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from gan import archive, checkpoint
from gan.archive import RefusedArchive, pack, unpack
from gan.run import Run
from gan.slots import Slots

Files = dict[str, bytes]


@functools.cache
def packed() -> bytes:
    """A run of two epochs, steered once, as `pack` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run.new(Path(folder) / "demo", SMALL, Slots(1))
        run.launch()
        wait_for_batch(run, 3)
        run.command("set", {"lr_g": 0.001})
        wait_for(run, "finished")
        run.join()
        return pack(Path(folder) / "demo")


def contents() -> Files:
    with zipfile.ZipFile(io.BytesIO(packed())) as file:
        return {name.removeprefix("demo/"): file.read(name) for name in file.namelist()}


def zipped(files: Files, prefix: str = "demo/", compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, content in files.items():
            file.writestr(zipfile.ZipInfo(prefix + name), content, compression)
    return out.getvalue()


def state_name(files: Files) -> str:
    return next(name for name in files if name.startswith("state-"))


def refusal(content: bytes) -> str:
    """The sentence with which an upload is refused; nothing may be left of it."""
    with tempfile.TemporaryDirectory() as temporary:
        runs = Path(temporary) / "outer" / "runs"
        runs.mkdir(parents=True)
        with pytest.raises(RefusedArchive) as refused:
            unpack(content, runs, "upload")
        assert sorted(Path(temporary).rglob("*")) == [runs.parent, runs]
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert len(sentence) < 400
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


# --- there and back ----------------------------------------------------------------------------------------------


def test_a_packed_run_is_unpacked_as_it_was_and_goes_on(tmp_path: Path) -> None:
    assert unpack(packed(), tmp_path, "copy") == "copy"
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    unpacked = {
        str(path.relative_to(tmp_path / "copy")): path for path in (tmp_path / "copy").rglob("*") if path.is_file()
    }
    for name, content in contents().items():
        if name != "run.json":  # holds the name
            assert unpacked.pop(name).read_bytes() == content
    assert set(unpacked) == {"run.json"}

    run = Run.open(tmp_path / "copy", Slots(1))
    assert run.snapshot().name == "copy"
    assert run.snapshot().state == "finished"
    run.command("set", {"epochs": 3})
    run.command("resume")
    wait_until(lambda: not run.active)
    assert run.snapshot().batch == 3 * BATCHES
    rows, state = replayed(SMALL, run.snapshot().marks, 3 * BATCHES)
    np.testing.assert_array_equal(figures(run), rows)
    assert_same_bits(checkpoint.read_state(tmp_path / "copy", checkpoint.read(tmp_path / "copy")), state)


@pytest.mark.parametrize("prefix", ["", "demo/", "demo (1)/"])
def test_a_zip_may_have_one_folder_around_the_files(tmp_path: Path, prefix: str) -> None:
    unpack(zipped(contents(), prefix), tmp_path, "copy")
    assert checkpoint.read(tmp_path / "copy").batch == 2 * BATCHES


def test_folders_in_the_zip_are_no_files(tmp_path: Path) -> None:
    unpack(zipped({"": b"", "grids/": b"", **contents()}), tmp_path, "copy")
    assert checkpoint.read(tmp_path / "copy").batch == 2 * BATCHES


@pytest.mark.parametrize("state", ["running", "paused", "queued"])
def test_a_run_packed_in_the_middle_is_unpacked_as_interrupted(tmp_path: Path, state: str) -> None:
    unpack(zipped({**contents(), "run.json": with_field("state", state)}), tmp_path, "copy")
    assert Run.open(tmp_path / "copy", Slots(1)).snapshot().state == "interrupted"


def test_locks_and_half_written_files_are_not_packed(tmp_path: Path) -> None:
    unpack(packed(), tmp_path, "demo")
    for stray in (".lock", ".run.json.1.tmp", "notes.txt", "grids/readme", "state-1-00000000.safetensors"):
        (tmp_path / "demo" / stray).write_text("stray")
    with zipfile.ZipFile(io.BytesIO(pack(tmp_path / "demo"))) as file:
        assert set(file.namelist()) == {f"demo/{name}" for name in contents()}


def test_a_run_that_lacks_a_file_is_not_packed(tmp_path: Path) -> None:
    unpack(packed(), tmp_path, "demo")
    next((tmp_path / "demo").glob("state-*")).unlink()
    with pytest.raises(checkpoint.DamagedRun, match=r"state-.* is missing"):
        pack(tmp_path / "demo")


# --- names -------------------------------------------------------------------------------------------------------

ESCAPES = [
    "../run.json",
    "../../run.json",
    "/run.json",
    "/etc/passwd",
    "demo/../../run.json",
    "demo//run.json",
    "demo/./run.json",
    "..\\run.json",
    "C:\\run.json",
    "C:/run.json",
    "demo/grids/../../x.png",
    "demo/grids/../00001.png",
    "demo/.lock",
    "demo/run.json.exe",
    "demo/notes.txt",
    "demo/grids/00001.html",
    "demo/grids/1.png",
    "demo/sub/run.json",
    "other/commands.json",
    "demo/state-x.safetensors",
    "",
]


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_that_is_no_file_of_a_run_is_refused(name: str) -> None:
    picture = contents()["latest.png"]
    whole = {f"demo/{known}": content for known, content in contents().items()}
    assert "which is not a file of a run" in refusal(zipped({**whole, name: picture}, ""))
    refusal(zipped({name: picture, **whole}, ""))
    refusal(zipped({name: picture}, ""))


@given(
    st.text(max_size=40)
    | st.from_regex(r"(\.\./|/|demo/|grids/|\\){0,4}(run\.json|latest\.png|00001\.png)", fullmatch=True)
)
def test_any_other_name_is_refused(name: str) -> None:
    files = contents()
    known = {f"demo/{inside}" for inside in files} | {"demo/grids/00001.png"}
    if name not in known and not name.endswith("/") and "\0" not in name:  # Python's writer cuts a name at a zero byte
        refusal(zipped({**{f"demo/{inside}": content for inside, content in files.items()}, name: b"x"}, ""))


def test_files_beside_the_runs_folder_are_refused() -> None:
    files = {f"demo/{inside}": content for inside, content in contents().items()}
    files["series.npy"] = files.pop("demo/series.npy")
    assert refusal(zipped(files, "")) == "The zip holds 'series.npy', which is not a file of a run."


@pytest.mark.filterwarnings("ignore:Duplicate name")  # Python's own warning to whoever makes such a zip
@pytest.mark.parametrize("name", ["run.json", "series.npy", "latest.png"])
def test_a_file_that_is_there_twice_is_refused(name: str) -> None:
    out = io.BytesIO(zipped(contents()))
    with zipfile.ZipFile(out, "a") as file:
        file.writestr(f"demo/{name}", contents()[name])
    assert "which is not a file of a run" in refusal(out.getvalue())


def test_a_link_is_only_a_file_with_odd_content() -> None:
    link = zipfile.ZipInfo("demo/series.npy")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO(zipped({name: content for name, content in contents().items() if name != "series.npy"}))
    with zipfile.ZipFile(out, "a") as file:
        file.writestr(link, "/etc/passwd")
    assert "series.npy is not a NumPy file" in refusal(out.getvalue())


# --- sizes -------------------------------------------------------------------------------------------------------


def test_an_upload_over_the_limit_is_refused() -> None:
    assert refusal(bytes(archive.MAX_UPLOAD + 1)) == "The file is larger than 200 MB."


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file, file.open("run.json", "w") as inside:
        for _ in range(101):
            inside.write(bytes(4 * 2**20))
    assert len(out.getvalue()) < 4 * 2**20
    assert refusal(out.getvalue()) == "The zip holds more than 20,000 files or 400 MB."


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    out = bytearray(zipped({"run.json": bytes(50 * 2**20)}, ""))
    (size,) = struct.unpack_from("<I", out, 22)
    assert size == 50 * 2**20
    struct.pack_into("<I", out, 22, 1000)
    directory = out.rindex(b"PK\x01\x02")
    struct.pack_into("<I", out, directory + 24, 1000)
    assert "damaged" in refusal(bytes(out))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 5)
    assert "more than 5 files" in refusal(packed())


# --- damage ------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_random_bytes_are_no_zip(content: bytes) -> None:
    refusal(content)


@given(st.floats(0, 1, exclude_max=True))
def test_a_truncated_upload_is_refused(share: float) -> None:
    refusal(packed()[: int(share * len(packed()))])


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255), st.booleans())
@settings(max_examples=200)
def test_a_flipped_byte_is_refused_or_does_no_harm(where: float, flip: int, in_the_directory: bool) -> None:
    """In a zip of stored files each content has a checksum; the directory at its end has fields that nobody reads."""
    content = bytearray(packed())
    start = content.index(b"PK\x01\x02") if in_the_directory else 0
    content[start + int(where * (len(content) - start))] ^= flip
    with tempfile.TemporaryDirectory() as folder:
        try:
            unpack(bytes(content), Path(folder), "copy")
        except RefusedArchive:
            assert list(Path(folder).iterdir()) == []
        else:
            run_file = checkpoint.read(Path(folder) / "copy")
            assert run_file.batch == 2 * BATCHES
            expected = load_tensors(contents()[state_name(contents())])
            assert_same_bits(checkpoint.read_state(Path(folder) / "copy", run_file), expected)


def test_an_encrypted_zip_is_refused() -> None:
    content = bytearray(zipped(contents()))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 1)
    assert "damaged or encrypted" in refusal(bytes(content))


@pytest.mark.parametrize("missing", ["run.json", "series.npy", "commands.json", "state-"])
def test_a_zip_that_lacks_a_file_is_refused(missing: str) -> None:
    files = {name: content for name, content in contents().items() if not name.startswith(missing)}
    assert missing in refusal(zipped(files))


def test_an_empty_zip_is_refused() -> None:
    assert refusal(zipped({})) == "The zip holds no run.json, so it is not a run."


# --- a forger who can count checksums ----------------------------------------------------------------------------


def with_field(field: str, value: Any) -> bytes:
    return json.dumps({**json.loads(contents()["run.json"]), field: value}).encode()


def forged(state: bytes) -> bytes:
    """The run with this in place of its weights, under the right name and checksum."""
    files = contents()
    del files[state_name(files)]
    checksum = hashlib.sha256(state).hexdigest()
    name = f"state-26-{checksum[:8]}.safetensors"
    run_file = {**json.loads(files["run.json"]), "state_file": name, "state_sha256": checksum}
    return zipped({**files, "run.json": json.dumps(run_file).encode(), name: state})


def test_the_forger_of_these_tests_can_forge(tmp_path: Path) -> None:
    unpack(forged(contents()[state_name(contents())]), tmp_path, "copy")
    assert checkpoint.read(tmp_path / "copy").batch == 2 * BATCHES


@pytest.mark.parametrize(
    "name", ["generator.linears.0.weight", "optimizer_g.linears.0.weight.exp_avg", "rng.order", "fixed_noise"]
)
def test_weights_that_do_not_fit_the_settings_are_refused(name: str) -> None:
    state = load_tensors(contents()[state_name(contents())])
    assert "does not fit its settings" in refusal(forged(save_tensors({**state, name: state[name][:1].clone()})))
    del state[name]
    assert "does not fit its settings" in refusal(forged(save_tensors(state)))


def test_settings_that_do_not_fit_the_weights_are_refused() -> None:
    changed = {**json.loads(contents()["run.json"])["settings"], "g_hidden": [17]}
    assert "does not fit its settings" in refusal(zipped({**contents(), "run.json": with_field("settings", changed)}))


headers = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=3), max_size=3).map(json.dumps)


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
    assert refusal(zipped({**contents(), name: picture})) == f"{name} in the zip is not a picture of 64 images."


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
        ("state_file", "../../../etc/passwd"),
        ("state_file", None),
        ("commands", 99),
        ("created", 1e300),
        ("name", None),
        ("settings", {"device": "mainframe"}),
    ],
)
def test_a_run_json_that_does_not_add_up_is_refused(field: str, value: Any) -> None:
    assert "is damaged" in refusal(zipped({**contents(), "run.json": with_field(field, value)}))


fields = st.sampled_from([*json.loads(contents()["run.json"]), "x"])
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=4),
)


@settings(max_examples=40)
@given(any_json)
def test_any_other_json_is_refused(value: Any) -> None:
    if isinstance(value, dict):  # also with all that it says not
        refusal(
            zipped(
                {**contents(), "run.json": json.dumps({**json.loads(contents()["run.json"]), "x": 1, **value}).encode()}
            )
        )
    refusal(zipped({**contents(), "run.json": json.dumps(value).encode()}))
    refusal(zipped({**contents(), "commands.json": json.dumps(value).encode()}))


def test_deeply_nested_json_is_refused() -> None:
    refusal(zipped({**contents(), "run.json": b"[" * 100_000}))
    refusal(zipped({**contents(), "commands.json": b"[" * 100_000}))


def test_what_a_killed_upload_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".upload-copy").mkdir()
    (tmp_path / ".upload-copy" / "series.npy").write_text("left over")
    unpack(packed(), tmp_path, "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
