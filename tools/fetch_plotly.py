"""Fetch Plotly's JavaScript into the repository: `python -m tools.fetch_plotly` (needs npm and a network).

The basic bundle knows three kinds of chart (scatter, bar, pie) and is a quarter as large as the whole one. The pages
draw scatter charts only. For another version, change VERSION in gan/plotly_js.py and INTEGRITY here; npm states
the new integrity with `npm view plotly.js-basic-dist-min@VERSION dist.integrity`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from gan import plotly_js

PACKAGE = "plotly.js-basic-dist-min"
INTEGRITY = "sha512-1oNF8PeQx2hv/y7tqEVWKD3JGwn/MGEMQ8mL9HUwsaqG9FGy/OU5FHUHvzqbqxN4mnwZGI9abTiE775C4kkjMQ=="
FILES = (plotly_js.FILE.name, "LICENSE")


def main() -> int:
    archive = packed_by_npm(f"{PACKAGE}@{plotly_js.VERSION}")
    if (found := integrity(archive)) != INTEGRITY:
        print(f"{PACKAGE} {plotly_js.VERSION} is not the expected one: its integrity is {found}.", file=sys.stderr)
        return 1
    for path in unpack(archive, plotly_js.FILE.parent):
        print(path)
    return 0


def packed_by_npm(package: str) -> bytes:
    """The archive that npm publishes as `package` (name@version)."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is missing: install Node.js.")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "pack", package, "--silent", "--pack-destination", folder], check=True, stdout=subprocess.DEVNULL
        )
        (archive,) = Path(folder).iterdir()
        return archive.read_bytes()


def integrity(archive: bytes) -> str:
    """The checksum of an archive in the form in which npm states it."""
    return f"sha512-{base64.b64encode(hashlib.sha512(archive).digest()).decode()}"


def unpack(archive: bytes, folder: Path) -> list[Path]:
    """Write the bundle and its licence from an npm archive to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for name in FILES:
            file = tar.extractfile(f"package/{name}")
            assert file is not None
            (folder / name).write_bytes(file.read())
    return [folder / name for name in FILES]


if __name__ == "__main__":
    sys.exit(main())
