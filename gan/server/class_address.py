"""The addresses by which a class reaches this server: for the terminal, and for the join card."""

from __future__ import annotations

import socket

from gan.classroom import codes
from gan.classroom.classroom import Classroom
from gan.classroom.opening import Opening
from gan.server.hosts import parse
from gan.server.visitors import is_loopback


def class_address(opening: Opening, seen: str = "") -> str:
    """The address for students, without a slash at its end.

    Args:
        seen: the address in the browser of whoever asks, which others can use, too, unless it is that of localhost.
    """
    scheme, _, rest = seen.partition("://")
    host = parse(rest.partition("/")[0])
    if scheme in ("http", "https") and host is not None and not is_loopback(host.name):
        return f"{scheme}://{rest.partition('/')[0]}{opening.base}"
    return f"http://{own_address()}:{opening.port}{opening.base}"


def own_address() -> str:
    """This machine's address on its network. The system looks it up in its routes; nothing is sent."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # an address for documents (RFC 5737)
            return str(probe.getsockname()[0])
    except OSError:
        return socket.gethostname()


def greeting(classroom: Classroom) -> str:
    """What the terminal shows when a class opens."""
    address = class_address(classroom.opening)
    lines = [
        "",
        "  LiveGAN is open to a class.",
        f"  Your own link, which makes you the teacher:  {address}/?teacher={classroom.key}",
        f"  For students:  {address}/  with the code {codes.shown_code(classroom.code)}",
    ]
    if classroom.opening.behind_proxy:
        lines.append("  Behind a proxy, write its address in place of this one.")
    return "\n".join([*lines, ""])
