"""The version of the training step, and the versions that have trained a run.

A run replays to the last bit only with the step that trained it: another order of the same sums gives other last bits,
and training makes such differences grow. Every change of those bits raises `STEP_VERSION`; the tests compare them with
bits on record (`tests/support/golden_step.py`). Runs recorded before this number existed carry none.
"""

from __future__ import annotations

from gan.recording.run_file import MOST_STEP_VERSIONS, RunFile, StepVersions

STEP_VERSION = 1


def with_this_version(before: StepVersions | None) -> StepVersions:
    """The versions that have trained a run, oldest first, once this one trains it; None is an unknown version."""
    known: StepVersions = (None,) if before is None else before
    return known if known[-1:] == (STEP_VERSION,) else (*known, STEP_VERSION)[-MOST_STEP_VERSIONS:]


def other_versions(run_file: RunFile) -> str:
    """What trained a run, in words, if another known version trained some of it; else ""."""
    versions = _versions(run_file)
    return "" if all(version in (None, STEP_VERSION) for version in versions) else _in_words(versions)


def unknown_versions(run_file: RunFile) -> str:
    """What trained a run, in words, if an unknown version trained some of it; else ""."""
    versions = _versions(run_file)
    return _in_words(versions) if None in versions else ""


def _versions(run_file: RunFile) -> StepVersions:
    return (None,) if run_file.step_versions is None else run_file.step_versions


def _in_words(versions: StepVersions) -> str:
    known = [str(version) for version in versions if version is not None]
    words = ["a training step without a version number"] if None in versions else []
    if known:
        words += [f"version{'s' if len(known) > 1 else ''} {' and '.join(known)} of the training step"]
    return ", then ".join(words)
