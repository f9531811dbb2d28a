"""The cookies' content: who somebody is, signed so that nobody can write one for another."""

from __future__ import annotations

import hashlib
import hmac
import re

TOKEN = re.compile(r"([0-9a-f]{16})\.([0-9a-f]{64})")


def token_of(person_id: str, signing: bytes) -> str:
    return f"{person_id}.{_signature(person_id, signing)}"


def person_id_of(token: str, signing: bytes) -> str | None:
    """The id in a token; None if we did not sign it."""
    match = TOKEN.fullmatch(token) if len(token) < 100 else None
    if match is None or not hmac.compare_digest(match[2], _signature(match[1], signing)):
        return None
    return match[1]


def cookie_name(signing: bytes) -> str:
    """Two servers on one machine share their cookies, whatever their ports, so each has names of its own."""
    return f"livegan-{hashlib.sha256(b'name' + signing).hexdigest()[:8]}"


def _signature(person_id: str, signing: bytes) -> str:
    return hmac.new(signing, person_id.encode(), hashlib.sha256).hexdigest()
