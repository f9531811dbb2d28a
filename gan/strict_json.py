"""Strict JSON, in and out: the one place that makes the JSON which browsers get, and that reads JSON from files.

Python's own reader and writer take NaN and infinity, which no browser reads: one such number among the runs would leave
everybody without a list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.responses import Response

LONGEST_NUMBER = 40  # digits and signs; a float written out in full takes 24


class NotJSON(ValueError):
    """A value that is no JSON, or a text that is none; the text says what is wrong with it, without a full stop."""


# --- out ---------------------------------------------------------------------------------------------------------


def dumps(value: Any) -> str:
    """`value` as JSON in as few characters as possible; raises `NotJSON`."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:  # in words of their own in each version of Python
        raise NotJSON("it holds a number that is not finite") from None
    except (TypeError, RecursionError) as error:
        raise NotJSON(f"it holds what JSON has no form for ({error})") from None


def response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with `value` as JSON; if that cannot be, one that says so (500)."""
    try:
        content = dumps(value)
    except NotJSON as error:
        content, status, headers = dumps({"error": f"The answer could not be written: {error}."}), 500, None
    return Response(content, status, headers, media_type="application/json")


def checked(value: Any) -> Any:
    """`value` itself, for a library that writes it as JSON by its own means; raises `NotJSON`."""
    dumps(value)
    return value


# --- in ----------------------------------------------------------------------------------------------------------


def loads(content: bytes, most: int) -> Any:
    """What a JSON text holds.

    Args:
        most: how many values it may hold, so that a small text cannot become much in memory. Counted by what separates
            them, also within strings.

    Raises:
        NotJSON: it is none, or holds NaN, an infinity, a number of too many digits, or a name twice.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > most:
        raise NotJSON(f"it holds more than {most:,} values")
    try:
        return json.loads(
            content, object_pairs_hook=_object, parse_int=_int, parse_float=_float, parse_constant=_constant
        )
    except NotJSON:
        raise
    except RecursionError:
        raise NotJSON("it is nested too deeply") from None
    except ValueError:  # also bytes that are no text
        raise NotJSON("its syntax") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotJSON("it holds a name twice")
    return found


def _int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise NotJSON("it holds a number of too many digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJSON("it holds a number that is too large")
    return number


def _constant(text: str) -> NoReturn:
    raise NotJSON(f"it holds {text}, which is no number")
