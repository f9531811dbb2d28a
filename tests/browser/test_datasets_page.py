"""FashionMNIST on the pages: downloaded only when somebody says so, and its classes have their names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import plain_http
import pytest
from chromium import App
from mirror import Mirror, idx_files, mirror, resources
from playwright.sync_api import Locator, Page, expect

OpenPage = Callable[..., Page]
MIRRORED = Path(__file__).parent.parent / "mirrored"


@pytest.fixture(scope="module")
def net() -> Iterator[tuple[Mirror, dict[str, bytes]]]:
    files = idx_files()
    with mirror(files) as served:
        yield served, files


@pytest.fixture(scope="module")
def fashion(
    net: tuple[Mirror, dict[str, bytes]], start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory
) -> App:
    """An app of its own, without FashionMNIST, that would download it from our server."""
    served, files = net
    told = {"address": served.address, "resources": resources(files)}
    return start_app(
        tmp_path_factory.mktemp("fashion"),
        LIVEGAN_DATA=str(tmp_path_factory.mktemp("data")), MIRROR=json.dumps(told), PYTHONPATH=str(MIRRORED),
        no_proxy="localhost,127.0.0.1",
    )  # fmt: skip


def runs(app: App) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = plain_http.get(f"{app.url}/api/runs").json()["runs"]
    return listed


def start(page: Page) -> Locator:
    return page.get_by_role("group", name="Training").get_by_role("button", name="Start")


def test_start_asks_before_it_downloads_and_then_trains(
    fashion: App, open_page: OpenPage, net: tuple[Mirror, dict[str, bytes]]
) -> None:
    served, _ = net
    page = open_page(f"{fashion.url}/?dataset=fashion&epochs=1&pace=50&digits=Sneaker")
    expect(start(page)).to_be_enabled()
    page.get_by_label("Name", exact=True).fill("sneakers")
    start(page).click()
    ask = page.get_by_role("dialog", name="FashionMNIST is not on this computer")
    expect(ask).to_contain_text("31 MB, from Zalando Research, once.")
    ask.get_by_role("button", name="Not now").click()
    expect(ask).not_to_be_visible()
    assert (served.asked, runs(fashion)) == ([], [])

    served.breaks.append("train-labels-idx1-ubyte.gz")
    start(page).click()
    ask.get_by_role("button", name="Download").click()
    expect(ask.get_by_role("alert")).to_have_text(
        "FashionMNIST could not be downloaded: what arrived is damaged; try again."
    )
    assert runs(fashion) == []

    served.breaks.clear()
    served.gate.clear()
    ask.get_by_role("button", name="Try again").click()
    expect(ask.get_by_role("status")).to_have_text(re.compile("^Downloading FashionMNIST: "))
    second = open_page(f"{fashion.url}/?dataset=fashion")  # somebody else wants the same
    start(second).click()
    other = second.get_by_role("dialog")
    expect(other.get_by_role("progressbar")).to_be_visible()
    other.get_by_role("button", name="Cancel").click()  # which does not end the download of the first
    served.gate.set()
    expect(page.get_by_role("heading", name="sneakers")).to_be_visible()
    assert [run["name"] for run in runs(fashion)] == ["sneakers"]
    classes = page.locator(".lg-digit-bars b")
    expect(classes).to_have_text(
        ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    )


def test_the_page_follows_the_data_set(fashion: App, open_page: OpenPage) -> None:
    page = open_page(f"{fashion.url}/?run=new")
    expect(page.get_by_role("button", name="Sharp digits")).to_be_visible()
    page.get_by_text("All settings").click()
    page.get_by_role("combobox", name="Data set").click()
    page.get_by_role("option", name="KMNIST", exact=True).click()
    expect(page.get_by_role("button", name="Sharp images")).to_be_visible()
    expect(page.get_by_role("button", name="お", exact=True)).to_be_visible()
    page.goto(f"{fashion.url}/data")
    page.get_by_role("radio", name="KMNIST", exact=True).click()
    expect(page.get_by_role("button", name="を", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Download KMNIST")).to_be_visible()
    expect(page.get_by_text("21 MB, from the Center for Open Data in the Humanities, once.")).to_be_visible()
