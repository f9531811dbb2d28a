"""The exported notebook holds the script's chapters as cells."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import numpy as np
from exported_scripts import (
    MOVED,
    run_here,
)
from exporting import exported, write_run
from helpers import SMALL


def test_the_notebook_is_valid_and_gives_the_losses(tmp_path: Path) -> None:
    rows = write_run(tmp_path / "run", SMALL, 14, MOVED)
    content, filename, _ = exported(tmp_path / "run", "notebook")
    assert filename == "run.ipynb"
    nbformat.validate(json.loads(content))
    cells = ["".join(cell["source"]) for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"]
    assert sum(len(cell.splitlines()) for cell in cells) < 120
    assert "argparse" not in "".join(cells)  # a cell has no command line, but a name to set
    assert 'DATA = None  # or Path("..."), the folder with MNIST/raw in it; None: it is looked for' in cells[0]
    assert "__file__" not in "".join(cells)
    assert np.array_equal(run_here("\n\n".join(cells).encode(), tmp_path), rows)


def test_the_notebook_of_a_run_with_penalties_labels_and_the_deviation_gives_its_losses(tmp_path: Path) -> None:
    new = {"conditional": "on", "minibatch_std": "on", "r1_gamma": 1.0, "r2_gamma": 0.5, "penalty_every": 2}
    settings = SMALL.changed(loss="relativistic", g_norm="batch", digits=[3, 8], batch_size=1001, **new)
    rows = write_run(tmp_path / "run", settings, 14, [(4, {"penalty_every": 1}), (5, {"latent_dim": 5})])
    content = json.loads(exported(tmp_path / "run", "notebook").content)
    nbformat.validate(content)
    cells = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    code = "\n\n".join(cells)
    for part in ("MinibatchStd()", "penalty_every", "digits"):
        assert part in code
    assert np.array_equal(run_here(code.encode(), tmp_path), rows)
