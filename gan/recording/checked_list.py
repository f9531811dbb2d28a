"""A file of a run's measurements: a JSON list in the order of their batches, and its checksum."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from gan import strict_json
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun
from gan.strict_json import NotJSON


class Measured(Protocol):
    """Something that was measured after `batch` batches."""

    @property
    def batch(self) -> int: ...


M = TypeVar("M", bound=Measured)


def packed(key: str, values: Sequence[Any]) -> bytes:
    """The values, as JSON knows them, under `key`, and their checksum."""
    return strict_json.dumps({key: values, "checksum": _checksum(values)}).encode()


def unpacked(name: str, key: str, content: bytes, items: TypeAdapter[tuple[M, ...]], most: int) -> tuple[M, ...]:
    """What `packed` wrote.

    Args:
        name: of the file, for the sentence.
        most: numbers, strings, lists and objects in the whole file.

    Raises:
        DamagedRun: the content is anything else.
    """
    try:
        values = strict_json.loads(content, most)
        found = items.validate_python(values[key])
        if values["checksum"] != _checksum(values[key]):
            raise atomic_files.altered(name)
    except NotJSON as error:
        raise DamagedRun(f"{name} cannot be read ({error}).") from None
    except (ValidationError, ValueError, KeyError, TypeError):
        raise DamagedRun(f"{name} cannot be read.") from None
    if any(one.batch >= next_one.batch for one, next_one in itertools.pairwise(found)):
        raise DamagedRun(f"{name} cannot be read (its batches are not in order).")
    return found


def _checksum(values: Any) -> str:
    return atomic_files.sha256(strict_json.dumps(values).encode())
