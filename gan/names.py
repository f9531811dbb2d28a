"""The two names of a run: the title that people read, in any script, and the safe form of it.

The safe form names the folder, the address and the route of a run: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from gan.errors import LiveGANError
from gan.limits import MAX_TITLE

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CUT = 58  # characters of a safe form made from a title: room for a number behind it

# Routes and query values of ours, and the device names of Windows, which also stand for "con.txt".
_RESERVED = {"new", "live", "con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
_FORBIDDEN = {"Cc", "Cs", "Cn", "Zl", "Zp"}  # control characters, half characters, unassigned ones, line ends
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they reorder what follows
# Characters that take no ink (Unicode: Default_Ignorable_Code_Point), and the blank of Braille
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
INVISIBLE = "The name holds invisible characters; type it again."
_VISIBLE = ("L", "N", "P", "S")  # the first letters of the categories of characters that can be seen
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l"})


class InvalidName(LiveGANError, ValueError):
    """A text that cannot name a new run. A ValueError, too, as pydantic expects of its validators."""


def title_of(text: str) -> str:
    """The title that a typed text stands for: trimmed, and each letter in its composed form (NFC).

    Raises:
        InvalidName: empty, too long, or with characters that cannot be seen.
    """
    title = unicodedata.normalize("NFC", text).strip()
    if not any(unicodedata.category(character).startswith(_VISIBLE) for character in _UNSEEN.sub("", title)):
        if title:
            raise InvalidName(INVISIBLE)
        raise InvalidName("A name needs at least one letter or digit.")
    if len(title) > MAX_TITLE:
        raise InvalidName(f"A name has at most {MAX_TITLE} characters; this one has {len(title)}.")
    if any(unicodedata.category(character) in _FORBIDDEN or character in _BIDI for character in title):
        raise InvalidName(INVISIBLE)
    return title


def checked(title: str) -> str:
    """The same text if it is a title as `title_of` makes them; raises `InvalidName`."""
    if title_of(title) != title:
        raise InvalidName("A name is trimmed and in its composed form.")
    return title


def safe_form(title: str) -> str:
    """A name for the folder of a run with this title; letters without an ASCII form are left out.

    A title that leaves nothing gets "run-" and eight characters that depend on it.
    """
    plain = unicodedata.normalize("NFKD", title.translate(_LETTERS))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", letters).strip("-._")[:_CUT].rstrip("-._")
    if not name:
        return f"run-{hashlib.sha256(title.encode()).hexdigest()[:8]}"
    return f"run-{name}" if name.lower().split(".")[0] in _RESERVED else name


def folder_form(title: str) -> str:
    """The title itself if it can name a folder, else its safe form."""
    can = NAME.fullmatch(title) and not title.endswith(".") and title.lower().split(".")[0] not in _RESERVED
    return title if can else safe_form(title)


def alike(title: str) -> str:
    """Equal for titles that people take for the same one."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", title)).casefold()
    return " ".join("".join(c for c in seen if unicodedata.category(c) != "Cf").split())
