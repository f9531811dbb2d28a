"""The version of the training step: its bits stand while the number stands, and runs remember which trained them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import golden_step
import numpy as np
import pytest
from golden_step import CASES, Golden
from helpers import SMALL, finish

from gan.recording.run_file import MOST_STEP_VERSIONS, read_run_file, write_run_file
from gan.recording.step_version import STEP_VERSION, other_versions, unknown_versions, with_this_version
from gan.runs.registry import RunRegistry

HOW = "run `PYTHONPATH=. python tests/support/golden_step.py`: it compares the bits and says what to do"
LOOSE = 2e-3  # on another machine: how far losses of the first batches may lie apart


def test_a_change_of_the_steps_source_asks_for_a_decision() -> None:
    golden, now = golden_step.read(), golden_step.sources()
    changed = [name for name in now if now[name] != golden["sources"].get(name)]
    assert not changed, f"The training step has changed ({', '.join(changed)}); {HOW}."
    assert golden["version"] == STEP_VERSION, f"STEP_VERSION is new; {HOW}."


@pytest.mark.parametrize("name", CASES)
def test_the_bits_of_this_version_stand(name: str) -> None:
    """On machines with bits on record they are compared; elsewhere the losses, which rounding changes a little."""
    golden = golden_step.read()
    figures, checksum = golden_step.trained(CASES[name])
    known = golden["bits"].get(golden_step.machine(), {}).get(name)
    if known is not None:
        assert checksum == known, f"The bits have changed; {HOW}."
    assert np.allclose([row[:2] for row in figures], golden["losses"][name], rtol=LOOSE, atol=LOOSE)


def test_comments_and_docstrings_are_no_change_but_code_is(tmp_path: Path) -> None:
    for name in golden_step.SOURCES:
        shutil.copy(golden_step.TRAINING / name, tmp_path)
    before = golden_step.sources(tmp_path)
    path = tmp_path / "fast_step.py"
    text = path.read_text()
    text = text.replace('"""', '"""Another sentence. ', 1).replace("\nTWO,", "\n\n# a remark\nTWO,", 1)
    path.write_text(text + "# end\n")
    assert golden_step.sources(tmp_path) == before
    path.write_text(text.replace("torch.tensor(2.0)", "torch.tensor(2.5)", 1))
    assert [name for name, code in golden_step.sources(tmp_path).items() if code != before[name]] == ["fast_step.py"]


GOLDEN = Golden(version=2, sources={"fast.py": "a"}, bits={"here": {"lecture": "1"}}, losses={})


@pytest.mark.parametrize(
    ("version", "code", "here", "bits", "sentence"),
    [
        (2, "b", "here", "2", "raise STEP_VERSION"),
        (2, "a", "here", "2", "raise STEP_VERSION"),
        (2, "b", "elsewhere", "1", "before the change"),
        (1, "a", "here", "1", "never lower"),
    ],
)
def test_other_bits_are_not_noted_under_the_same_version(
    version: int, code: str, here: str, bits: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        golden_step.noted(GOLDEN, version, {"fast.py": code}, here, {"lecture": bits})


def test_the_same_bits_of_other_code_another_machine_and_a_new_version_are_noted() -> None:
    noted: Any = golden_step.noted
    assert noted(GOLDEN, 2, {"fast.py": "b"}, "here", {"lecture": "1"})["sources"] == {"fast.py": "b"}
    assert noted(GOLDEN, 2, {"fast.py": "a"}, "elsewhere", {"lecture": "3"})["bits"].keys() == {"here", "elsewhere"}
    raised = noted(GOLDEN, 3, {"fast.py": "b"}, "here", {"lecture": "2"})
    assert (raised["version"], raised["bits"]) == (3, {"here": {"lecture": "2"}})


def test_a_new_case_is_noted_beside_the_bits_that_stand_and_before_the_source_changes() -> None:
    noted: Any = golden_step.noted
    bits = {"lecture": "1", "labels": "2"}
    assert noted(GOLDEN, 2, {"fast.py": "a"}, "here", bits)["bits"] == {"here": bits}
    with pytest.raises(ValueError, match=r"no bits of these cases .* before the change"):
        noted(GOLDEN, 2, {"fast.py": "b"}, "here", bits)
    with pytest.raises(ValueError, match=r"\(lecture\); raise STEP_VERSION"):
        noted(GOLDEN, 2, {"fast.py": "a"}, "here", bits | {"lecture": "3"})


def test_a_run_remembers_the_versions_that_trained_it() -> None:
    newer = STEP_VERSION + 1
    assert with_this_version(()) == (STEP_VERSION,) == with_this_version((STEP_VERSION,))
    assert with_this_version(None) == (None, STEP_VERSION)
    assert with_this_version((newer,)) == (newer, STEP_VERSION)
    assert len(with_this_version(tuple(range(STEP_VERSION + 1, STEP_VERSION + 21)))) == MOST_STEP_VERSIONS


def test_the_version_is_in_the_record_and_an_older_runs_is_not_known(tmp_path: Path) -> None:
    registry = RunRegistry(tmp_path)
    finish(registry.start(SMALL, "demo"), 2)
    registry.close()
    run_file = read_run_file(tmp_path / "demo")
    assert run_file.step_versions == (STEP_VERSION,)
    assert not other_versions(run_file)
    assert not unknown_versions(run_file)

    write_run_file(tmp_path / "demo", run_file.model_copy(update={"step_versions": None}))
    older = RunRegistry(tmp_path)
    finish(older.get("demo"), 3)
    older.close()
    resumed = read_run_file(tmp_path / "demo")
    assert resumed.step_versions == (None, STEP_VERSION)
    assert unknown_versions(resumed) == (
        f"a training step without a version number, then version {STEP_VERSION} of the training step"
    )
