"""Data sets that are not here: nothing starts unasked, one download serves all, a cancelled one leaves nothing."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torchvision
from helpers import SMALL, wait_for, wait_until
from mirror import Mirror, idx_files, mirror, resources
from running import OpenRegistry
from serving import Server, serving

from gan.__main__ import main
from gan.data import image_sets
from gan.data.idx import MissingData
from gan.recording.commands import SetKnobs
from gan.server.application import the_application

FASHION = SMALL.changed(dataset="fashion", digits="7")  # 6,000 images of sneakers
COST = "31 MB, from Zalando Research, once"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return idx_files()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for data sets, in which all of this process looks."""
    root = tmp_path / "data"
    root.mkdir()
    monkeypatch.setattr(image_sets, "ROOT", root)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    looking: list[Any] = [image_sets.load, image_sets.available, image_sets.download, image_sets.preview]
    for function in looking:
        monkeypatch.setitem(function.__kwdefaults__, "root", root)
    return root


@pytest.fixture
def net(root: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """FashionMNIST's server."""
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", resources(files))
    with mirror(files) as served:
        monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [served.address])
        yield served


@pytest.fixture
def no_net(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", ["http://127.0.0.1:1/"])


@pytest.fixture
def server(root: Path, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "runs") as server:
        yield server


def state(server: Server) -> str:
    return str(server.get("/api/datasets/fashion").json()["state"])


def assert_ends(server: Server, wanted: str) -> None:
    """Wait until the download has ended, and see how."""
    for thread in threading.enumerate():
        if thread.name == "download fashion":
            thread.join(90)
    assert state(server) == wanted


def test_a_run_without_its_data_set_is_refused_and_leaves_nothing(open_registry: OpenRegistry, root: Path) -> None:
    registry = open_registry()
    with pytest.raises(MissingData, match=r"^FashionMNIST is not on this computer yet\.$") as caught:
        registry.start(FASHION, "demo")
    assert caught.value.dataset == "fashion"
    assert registry.summaries() == []
    assert not (registry.folder / "demo").exists()


def test_a_run_whose_data_set_has_gone_is_neither_resumed_nor_branched_nor_marked_as_failed(
    open_registry: OpenRegistry, net: Mirror, root: Path
) -> None:
    registry = open_registry()
    image_sets.download("fashion", lambda *_: None)
    wait_for(registry.start(FASHION.changed(epochs=1), "demo"), "finished")
    registry.command("demo", SetKnobs({"epochs": 2}))
    registry.close()
    shutil.rmtree(root / "FashionMNIST")
    image_sets._stores.clear()
    again = open_registry()
    before = [(s.state, s.epoch) for s in again.summaries()]
    for act in (lambda: again.resume("demo"), lambda: again.branch("demo", 1, {})):
        with pytest.raises(MissingData):
            act()
    assert [(s.state, s.epoch) for s in again.summaries()] == before
    assert [path.name for path in again.folder.iterdir() if path.is_dir()] == ["demo"]


def test_a_page_learns_what_a_download_costs_and_how_far_it_is(
    server: Server, net: Mirror, files: dict[str, bytes]
) -> None:
    net.gate.clear()
    asked = server.get("/api/datasets/fashion").json()
    assert (asked["title"], asked["cost"], asked["state"]) == ("FashionMNIST", COST, "absent")
    assert net.asked == []
    with server.http() as one, server.http() as two:
        assert one.post("/api/datasets/fashion/download").status_code == 202
        assert two.post("/api/datasets/fashion/download").status_code == 202
    wait_until(lambda: the_application().downloads.status("fashion").share > 0)
    now = server.get("/api/datasets/fashion").json()
    assert now["state"] == "downloading"
    assert now["share"] > 0
    assert now["sentence"].startswith("Downloading FashionMNIST: ")
    net.gate.set()
    assert_ends(server, "there")
    assert sorted(net.asked) == sorted([*files, *files])  # torchvision first asks where a file is, then for it
    server.registry.start(FASHION, "demo")
    wait_for(server.registry.get("demo"), "finished")


def test_a_cancelled_download_leaves_nothing_and_can_be_begun_again(server: Server, net: Mirror, root: Path) -> None:
    net.gate.clear()
    with server.http() as page:
        page.post("/api/datasets/fashion/download")
        wait_until(lambda: bool(net.asked))
        page.delete("/api/datasets/fashion/download")
        assert_ends(server, "failed")
        assert server.get("/api/datasets/fashion").json()["sentence"] == "The download was cancelled."
        assert not (root / "FashionMNIST").exists()
        net.gate.set()
        page.post("/api/datasets/fashion/download")
        assert_ends(server, "there")


def test_damaged_files_from_the_server_are_told_and_not_kept(server: Server, net: Mirror, root: Path) -> None:
    net.breaks.append("train-images-idx3-ubyte.gz")
    with server.http() as page:
        page.post("/api/datasets/fashion/download")
    assert_ends(server, "failed")
    said = server.get("/api/datasets/fashion").json()["sentence"]
    assert said == "FashionMNIST could not be downloaded: what arrived is damaged; try again."
    assert not (root / "FashionMNIST").exists()


def test_without_a_network_there_is_one_sentence(server: Server, no_net: None) -> None:
    with server.http() as page:
        page.post("/api/datasets/fashion/download")
    assert_ends(server, "failed")
    said = server.get("/api/datasets/fashion").json()["sentence"]
    reason = "its server cannot be reached; check the network connection and try again"
    assert said == f"FashionMNIST could not be downloaded: {reason}."


def test_a_resumed_run_names_the_data_set_that_it_misses(server: Server, net: Mirror, root: Path) -> None:
    image_sets.download("fashion", lambda *_: None)
    server.registry.start(FASHION.changed(epochs=1000), "demo")
    run = server.registry.get("demo")
    wait_until(lambda: run.snapshot().batch > 0)
    server.post("demo", {"kind": "stop"})
    wait_for(run, "stopped")
    wait_until(lambda: not run.active)
    shutil.rmtree(root / "FashionMNIST")
    image_sets._stores.clear()
    answer = server.post("demo", {"kind": "resume"})
    assert answer.status_code == 409
    assert answer.json() == {"error": "FashionMNIST is not on this computer yet.", "missing": "fashion"}
    assert run.snapshot().state == "stopped"


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "nothing", 404, "There is no data set 'nothing'; it must be one of mnist, fashion, kmnist."),
        ("POST", "nothing/download", 404, "There is no data set 'nothing'; it must be one of mnist, fashion, kmnist."),
        ("POST", "mnist/download", 400, "MNIST comes with LiveGAN."),
    ],
)
def test_what_cannot_be_downloaded_is_refused(
    server: Server, method: str, path: str, status: int, sentence: str
) -> None:
    with server.http() as page:
        answer = page.request(method, f"/api/datasets/{path}")
    assert (answer.status_code, answer.json()["error"]) == (status, sentence)


def test_another_site_may_not_begin_a_download(server: Server, net: Mirror) -> None:
    with server.http() as page:
        answer = page.post("/api/datasets/fashion/download", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert state(server) == "absent"


# The command line


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "runs"))
    return tmp_path / "runs"


TRAIN = ["train", "--dataset", "fashion", "--digits", "7", "--epochs", "1", "--batch-size", "2000", "--name", "demo"]


def test_the_command_line_does_not_download_unasked(
    runs: Path, net: Mirror, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(TRAIN) == 2
    said = capsys.readouterr().err
    assert said == f"livegan: FashionMNIST is not on this computer yet. Add --yes to have it downloaded ({COST}).\n"
    assert net.asked == []
    assert not (runs / "demo").exists()


def test_with_yes_it_downloads_and_trains(runs: Path, net: Mirror, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--yes"]) == 0
    assert '"state":"finished"' in capsys.readouterr().out.replace(" ", "")
    assert len(net.asked) == 8


def test_the_command_line_says_in_one_sentence_that_there_is_no_network(
    runs: Path, no_net: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAIN, "--yes"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("livegan: FashionMNIST could not be downloaded: its server cannot be reached; ")
    assert not (runs / "demo").exists()
