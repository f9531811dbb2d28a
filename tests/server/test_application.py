"""What the server holds: one application at a time, made anew each time it is opened."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gan.runs import registry
from gan.runs.registry import checkpoints_folder
from gan.server.application import open_application, the_application, the_registry


def test_the_registry_is_opened_once_on_the_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "here"))
    assert checkpoints_folder() == tmp_path / "here"

    async def serve() -> None:
        async with open_application() as first:
            assert the_application() is first
            assert the_registry() is the_registry()
            assert the_registry().folder == tmp_path / "here"
        async with open_application() as second:
            assert the_registry() is second.registry
            assert second.registry is not first.registry
            assert the_registry().read_only is None

    asyncio.run(serve())
    monkeypatch.delenv("LIVEGAN_CHECKPOINTS")
    assert checkpoints_folder() == registry.ROOT / "checkpoints"


def test_nothing_is_open_before_the_server_starts_and_after_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))

    async def fail() -> None:
        async with open_application():
            raise RuntimeError("the server broke")

    with pytest.raises(AssertionError):
        the_application()
    with pytest.raises(RuntimeError, match="the server broke"):
        asyncio.run(fail())
    with pytest.raises(AssertionError):
        the_application()


def test_what_is_cached_does_not_outlive_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))

    async def held() -> list[object]:
        async with open_application() as one:
            return [one.registry, one.hub, one.downloads, one.newest_weights, one.commands, one.exports]

    first, second = asyncio.run(held()), asyncio.run(held())
    assert all(one is not other for one, other in zip(first, second, strict=True))
