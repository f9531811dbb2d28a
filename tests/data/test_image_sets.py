"""The image sets: what is in them, that they are read once, and what each kind of damage says."""

from __future__ import annotations

import errno
import gc
import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from helpers import wait_until
from hypothesis import given
from hypothesis import strategies as st
from mirror import idx_files, mirror, resources
from PIL import Image
from torchvision.transforms import Compose, Normalize, ToTensor

from gan.data import download, image_sets
from gan.data.image_sets import DataError

DIGITS = range(10)
IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """An empty data folder; what was read from it is forgotten afterwards."""
    root = tmp_path / "data"
    root.mkdir()
    yield root
    for key in [key for key in image_sets._stores if key[1] == root]:
        del image_sets._stores[key]


@pytest.fixture
def mnist(root: Path) -> Path:
    """The raw folder of a copy of MNIST, to damage."""
    return Path(shutil.copytree(image_sets.ROOT / "MNIST" / "raw", root / "MNIST" / "raw"))


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """A data set of the size of FashionMNIST, gzipped: image i is one grey, i % 251, and shows class i % 10."""
    return idx_files()


@pytest.fixture
def fashion(files: dict[str, bytes], root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The raw folder for FashionMNIST, still missing; torchvision is told the sums of our files."""
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", resources(files))
    return root / "FashionMNIST" / "raw"


def fill(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def sentence(dataset: str, root: Path, split: str = "train") -> str:
    """What loading says instead of loading; the file system's part of the paths is left out."""
    with pytest.raises(DataError) as caught:
        image_sets.load(dataset, split, DIGITS, root=root)
    return str(caught.value)


# The embedded MNIST


def test_mnist_is_complete() -> None:
    train = image_sets.load("mnist", "train", DIGITS)
    everything = image_sets.load("mnist", "all", DIGITS)

    assert train.images.shape == (60_000, 1, 28, 28)
    assert train.images.dtype == train.labels.dtype == torch.uint8
    assert train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert len(everything) == 70_000
    assert everything.labels[60_000:].bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (train.name, everything.name) == ("MNIST, training images", "MNIST, training and test images")


def test_mnist_is_what_torchvision_reads() -> None:
    ours = image_sets.load("mnist", "train", DIGITS)

    for i in (0, 1, 59_999):
        with gzip.open(image_sets.ROOT / "MNIST" / "raw" / f"{IMAGES}.gz") as file:
            file.seek(16 + i * 784)
            assert ours.images[i].numpy().tobytes() == file.read(784)
    assert ours.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_only_some_digits() -> None:
    whole = image_sets.load("mnist", "train", DIGITS)
    some = image_sets.load("mnist", "train", [8, 3, 8])

    chosen = (whole.labels == 3) | (whole.labels == 8)
    assert torch.equal(some.labels, whole.labels[chosen])
    assert torch.equal(some.images, whole.images[chosen])
    assert some.name == "MNIST, training images, only 3, 8"


def test_no_digits_at_all() -> None:
    with pytest.raises(DataError, match=r"^MNIST has ten classes, and none of them is chosen; choose at least one\.$"):
        image_sets.load("mnist", "train", [])


def test_the_images_are_in_memory_once() -> None:
    first = image_sets.load("mnist", "train", DIGITS)
    second = image_sets.load("mnist", "train", tuple(DIGITS))
    everything = image_sets.load("mnist", "all", DIGITS)

    assert first.images.data_ptr() == second.images.data_ptr() == everything.images.data_ptr()
    assert image_sets.load("mnist", "all", [3, 8]) is image_sets.load("mnist", "all", [8, 3])


def test_a_hundred_threads_share_one_copy(mnist: Path) -> None:
    start = threading.Barrier(100)

    def read(i: int) -> int:
        start.wait()
        return image_sets.load("mnist", ("train", "all")[i % 2], DIGITS, root=mnist.parent.parent).images.data_ptr()

    with ThreadPoolExecutor(100) as pool:
        assert len(set(pool.map(read, range(100)))) == 1


def test_a_selection_nobody_uses_is_let_go() -> None:
    store = image_sets._stores["mnist", image_sets.ROOT]
    selection = image_sets.load("mnist", "train", [1, 7])
    assert ("train", (1, 7)) in store.sets

    del selection

    assert ("train", (1, 7)) not in store.sets


def test_importing_it_does_not_import_torchvision() -> None:
    code = (
        "import sys; from gan.data import image_sets; image_sets.load('mnist', 'train', [0]); "
        "print('torchvision' in sys.modules)"
    )
    home = Path(image_sets.__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=home, check=True)
    assert answer.stdout == "False\n"


# Pixels


def test_scaling_agrees_with_torchvision() -> None:
    images = image_sets.load("mnist", "train", DIGITS).images[:64]
    usual = Compose([ToTensor(), Normalize((0.5,), (0.5,))])
    expected = torch.stack([usual(Image.fromarray(image[0].numpy())) for image in images])

    assert torch.allclose(image_sets.scaled(images, "-1..1"), expected, rtol=0, atol=1e-6)
    assert torch.allclose(image_sets.scaled(images, "0..1"), expected / 2 + 0.5, rtol=0, atol=1e-6)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=20), st.sampled_from([("-1..1", -1.0), ("0..1", 0.0)]))
def test_scaled_pixels_stay_in_range_and_in_order(pixels: list[int], scaling: tuple[str, float]) -> None:
    name, low = scaling
    result = image_sets.scaled(torch.tensor(pixels, dtype=torch.uint8), name)

    assert result.dtype == torch.float32
    assert image_sets.scaled(torch.tensor([0, 255], dtype=torch.uint8), name).tolist() == pytest.approx(
        [low, 1.0], abs=1e-6
    )
    assert low <= result.min() <= result.max() <= 1 + 1e-6
    assert result.argsort(stable=True).tolist() == torch.tensor(pixels).argsort(stable=True).tolist()


def test_preview_shows_64_real_images() -> None:
    png = image_sets.preview("mnist", "train", [3, 8], seed=5)
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (242, 242))

    some = image_sets.load("mnist", "train", [3, 8]).images
    corner = torch.tensor(np.asarray(picture.crop((2, 2, 30, 30))))
    assert (some[:, 0] == corner).all(dim=(1, 2)).any(), "the first cell is one of the images"
    assert image_sets.preview("mnist", "train", [3, 8], seed=5) == png
    assert image_sets.preview("mnist", "train", [3, 8], seed=6) != png


# Damage


def overwrite(path: Path, change: Callable[[bytearray], None]) -> None:
    """Change the uncompressed contents of a .gz file."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    change(content)
    path.write_bytes(gzip.compress(bytes(content), 1))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def not_gzip(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")


def one_byte(path: Path) -> None:
    overwrite(path, lambda content: content.__setitem__(5000, content[5000] ^ 1))


def other_header(path: Path) -> None:
    overwrite(path, lambda content: content.__setitem__(3, 9))


def too_short(path: Path) -> None:
    overwrite(path, lambda content: content.__delitem__(slice(-7, None)))


@pytest.mark.parametrize(
    ("stem", "damage", "fault"),
    [
        (LABELS, Path.unlink, "is missing"),
        (LABELS, truncate, "is damaged (not a whole gzip file)"),
        (LABELS, not_gzip, "is damaged (not a whole gzip file)"),
        (LABELS, one_byte, "is damaged (wrong md5 sum)"),
        (LABELS, other_header, "is damaged (not the header of such a file)"),
        (LABELS, too_short, "is damaged (60,001 bytes instead of 60,008)"),
        (IMAGES, truncate, "is damaged (not a whole gzip file)"),
        (IMAGES, one_byte, "is damaged (wrong md5 sum)"),
    ],
)
def test_damaged_mnist_names_the_file_and_the_remedy(
    mnist: Path, stem: str, damage: Callable[[Path], None], fault: str
) -> None:
    damage(mnist / f"{stem}.gz")

    said = sentence("mnist", mnist.parent.parent)

    remedy = "restore it from the repository (git checkout data/MNIST)"
    assert said == f"The file data/MNIST/raw/{stem}.gz {fault}; {remedy}."


def test_a_file_that_cannot_be_read(mnist: Path) -> None:
    (mnist / f"{LABELS}.gz").unlink()
    (mnist / f"{LABELS}.gz").mkdir()
    assert "cannot be read (Is a directory)" in sentence("mnist", mnist.parent.parent)


def test_the_training_images_need_no_test_files(mnist: Path) -> None:
    for path in mnist.glob("t10k*"):
        path.unlink()

    assert len(image_sets.load("mnist", "train", DIGITS, root=mnist.parent.parent)) == 60_000
    assert "t10k-labels-idx1-ubyte.gz is missing" in sentence("mnist", mnist.parent.parent, "all")
    assert not image_sets.available("mnist", root=mnist.parent.parent)


def test_a_repaired_file_is_read_again(mnist: Path) -> None:
    path = mnist / f"{LABELS}.gz"
    whole = path.read_bytes()
    truncate(path)
    sentence("mnist", mnist.parent.parent)

    path.write_bytes(whole)

    assert len(image_sets.load("mnist", "train", DIGITS, root=mnist.parent.parent)) == 60_000


# FashionMNIST and KMNIST on disk


def test_torchvisions_files_are_read(fashion: Path, files: dict[str, bytes], root: Path) -> None:
    assert not image_sets.available("fashion", root=root)
    fill(fashion, files)
    assert image_sets.available("fashion", root=root)

    everything = image_sets.load("fashion", "all", DIGITS, root=root)

    assert everything.name == "FashionMNIST, training and test images"
    assert everything.images[:, 0, 0, 0].tolist() == [i % 251 for i in (*range(60_000), *range(10_000))]
    assert everything.labels[59_998:60_002].tolist() == [8, 9, 0, 1]


def test_unpacked_files_are_read_too(files: dict[str, bytes], root: Path) -> None:
    folder = root / "KMNIST" / "raw"
    fill(folder, {name.removesuffix(".gz"): gzip.decompress(content) for name, content in files.items()})

    assert image_sets.available("kmnist", root=root)
    assert image_sets.load("kmnist", "train", [4], root=root).labels.tolist() == [4] * 6000


def test_unpacked_labels_are_checked(files: dict[str, bytes], root: Path) -> None:
    folder = root / "KMNIST" / "raw"
    fill(folder, {name.removesuffix(".gz"): gzip.decompress(content) for name, content in files.items()})
    labels = folder / LABELS
    labels.write_bytes(labels.read_bytes()[:-1] + b"\x0a")

    said = sentence("kmnist", root)

    assert said == f"The file data/KMNIST/raw/{LABELS} is damaged (labels above 9); download KMNIST again."


def test_other_contents_than_torchvision_knows_are_refused(files: dict[str, bytes], root: Path) -> None:
    fill(root / "FashionMNIST" / "raw", files)  # without the fixture that tells torchvision their sums

    said = sentence("fashion", root)

    where = f"data/FashionMNIST/raw/{LABELS}.gz"
    assert said == f"The file {where} is damaged (wrong md5 sum); download FashionMNIST again."


def test_a_data_set_that_was_never_downloaded(root: Path) -> None:
    assert not image_sets.available("kmnist", root=root)
    assert sentence("kmnist", root) == "KMNIST is not on this computer yet."


# Downloading, from a real server on this computer


@pytest.fixture
def server(files: dict[str, bytes], fashion: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Serves `files`; the connection breaks in the middle of those whose names are put into this list."""
    with mirror(files) as served:
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [served.address])
        yield served.breaks


def everything_in(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix != ".lock")


def test_a_download_replaces_damaged_files_and_reports_progress(
    server: list[str], fashion: Path, files: dict[str, bytes], root: Path
) -> None:
    fill(fashion, files)
    truncate(fashion / f"{IMAGES}.gz")
    reports: list[tuple[float, str]] = []

    image_sets.download("fashion", lambda share, text: reports.append((share, text)), root=root)

    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert reports[0][1] == "Downloading FashionMNIST: 0.0 of 30.9 MB."
    assert reports[-1][1] == "FashionMNIST is on this computer."
    assert image_sets.load("fashion", "all", [7], root=root).labels.tolist() == [7] * 7000
    assert [path.name for path in fashion.parent.iterdir()] == ["raw"]


def test_a_whole_data_set_is_not_downloaded_again(fashion: Path, files: dict[str, bytes], root: Path) -> None:
    fill(fashion, files)
    reports: list[float] = []

    image_sets.download("fashion", lambda share, _: reports.append(share), root=root)

    assert reports == [1.0]


def test_a_download_that_breaks_off_leaves_nothing(server: list[str], root: Path, fashion: Path) -> None:
    server.append(f"{LABELS}.gz")

    with pytest.raises(DataError) as caught:
        image_sets.download("fashion", lambda *_: None, root=root)

    assert str(caught.value) == "FashionMNIST could not be downloaded: what arrived is damaged; try again."
    assert not image_sets.available("fashion", root=root)
    assert everything_in(root) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # torchvision leaves a refused connection open
@pytest.mark.parametrize(
    ("mirror", "reason"),
    [
        ("http://livegan.invalid/", "its server cannot be reached; check the network connection and try again"),
        ("http://127.0.0.1:1/", "its server cannot be reached; check the network connection and try again"),
        ("{server}moved/", "its server answers but does not offer it; try again later"),
        ("{server}", "what arrived is damaged; try again"),
    ],
)
def test_the_reason_is_read_from_what_torchvision_says(
    server: list[str], root: Path, monkeypatch: pytest.MonkeyPatch, mirror: str, reason: str
) -> None:
    server.append(f"{IMAGES}.gz")
    kind = torchvision.datasets.FashionMNIST
    monkeypatch.setattr(kind, "mirrors", [mirror.format(server=kind.mirrors[0])])

    with pytest.raises(RuntimeError) as caught:
        kind(root, download=True)

    assert download._reason(str(caught.value)) == reason
    del caught
    gc.collect()  # the connection is closed here, not in the next test


def test_a_download_of_which_nothing_arrives(root: Path, fashion: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "STALL_SECONDS", 0.0)
    monkeypatch.setattr(download, "POLL_SECONDS", 0.01)

    with pytest.raises(DataError) as caught:
        image_sets.download("fashion", lambda *_: None, root=root)

    reason = "its server cannot be reached; check the network connection and try again"
    assert str(caught.value) == f"FashionMNIST could not be downloaded: {reason}."
    assert everything_in(root) == []


def test_two_at_once_share_one_download(
    files: dict[str, bytes], root: Path, fashion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with mirror(files) as served:
        monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [served.address])
        served.gate.clear()

        def second(_share: float, sentence: str) -> None:
            told.append(sentence)
            if "Waiting" in sentence:  # the first one holds the lock, whatever process it is in
                served.gate.set()

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(image_sets.download, "fashion", lambda *_: None, root=root)
            wait_until(lambda: bool(served.asked))
            pool.submit(image_sets.download, "fashion", second, root=root).result()
            first.result()
    assert told[0] == "Waiting for another download of FashionMNIST."
    assert sorted(served.asked) == sorted([*files, *files])  # torchvision first asks where a file is, then for it
    assert not list(root.rglob(".download-*"))


def test_what_a_killed_download_left_is_swept_up_by_the_next(server: list[str], root: Path, fashion: Path) -> None:
    old = root / "FashionMNIST" / ".download-killed"
    (old / "FashionMNIST" / "raw").mkdir(parents=True)
    assert not image_sets.available("fashion", root=root)

    image_sets.download("fashion", lambda *_: None, root=root)

    assert [path.name for path in fashion.parent.iterdir()] == ["raw"]
    assert image_sets.available("fashion", root=root)


def test_a_full_disk_is_told(root: Path) -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert download._reason(f"Traceback ...\n{error!r}") == "the disk is full; make room and try again"


def test_a_download_can_be_cancelled(root: Path, fashion: Path) -> None:
    class ClosedTabError(BaseException):
        pass

    def cancel(share: float, text: str) -> None:
        raise ClosedTabError

    with pytest.raises(ClosedTabError):
        image_sets.download("fashion", cancel, root=root)

    assert everything_in(root) == []
    assert not image_sets.available("fashion", root=root)


def test_a_folder_that_cannot_be_written(root: Path, fashion: Path) -> None:
    (root / "FashionMNIST").write_text("in the way")

    with pytest.raises(DataError, match=re.escape("could not be stored in data/FashionMNIST: File exists.")):
        image_sets.download("fashion", lambda *_: None, root=root)


def test_mnist_is_never_downloaded(root: Path) -> None:
    with pytest.raises(DataError, match=r"^MNIST comes with LiveGAN; restore it"):
        image_sets.download("mnist", lambda *_: None, root=root)
