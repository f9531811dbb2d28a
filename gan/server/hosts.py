"""Which names and addresses this server answers to: those of the machine, and those that its owner has set.

A page of evil.example can have that name resolve to 127.0.0.1 once it is loaded (DNS rebinding). The browser then takes
this server for evil.example's own, and lets the page read and post whatever it likes. Only the Host header tells.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gan.errors import LiveGANError

HOSTS = "LIVEGAN_HOSTS"  # names to answer to, separated by commas; "*" answers to any
PROXIES = "LIVEGAN_TRUSTED_PROXIES"  # addresses and networks of proxies, separated by commas; "*" trusts any
LOOPBACK = "127.0.0.0/8,::1"
_HOSTS_FILE = Path(r"C:\Windows\System32\drivers\etc\hosts" if os.name == "nt" else "/etc/hosts")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::(?P<port>\d{0,5}))?", re.IGNORECASE)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Host:
    """The host in a Host header, in one spelling: lower case, no trailing dot, addresses as `ipaddress` writes them."""

    name: str
    port: int | None


def parse(text: str) -> Host | None:
    """The host in "name", "name:port" or "[IPv6]:port"; None if it is anything else."""
    match = _HOST.fullmatch(text.strip(" \t"))
    if match is None:
        return None
    name, port = match["name"].lower(), int(match["port"]) if match["port"] else None
    if name.startswith("["):
        address = _address(name[1:-1])
        return Host(str(address), port) if address is not None else None
    name = name.removesuffix(".")
    return Host(str(_address(name) or name), port) if name else None


@dataclass(frozen=True)
class OwnHosts:
    """The names that this server answers to."""

    listed: frozenset[str]
    any: bool = False

    @classmethod
    def from_environment(cls, *names: str | None) -> OwnHosts:
        """`names`: the server's own settings. Raises LiveGANError if the variable lists what is no host."""
        entries = _entries(os.environ.get(HOSTS, ""))
        listed = [_listed(entry) for entry in entries if entry != "*"]
        own = [host.name for name in names if name and (host := parse(name))]
        return cls(frozenset([*listed, *own]), "*" in entries)

    def __contains__(self, name: str) -> bool:
        return self.any or name in self.listed or of_this_machine(name)


def of_this_machine(name: str) -> bool:
    """Whether a name (or address) is this machine's at this moment; asks the operating system, never the network."""
    address = _address(name)
    if address is not None:
        return address.is_loopback or address.is_unspecified or _is_assigned(address)
    return name == "localhost" or name in _machine_names()


def trusted_proxies() -> list[str]:
    """The networks of proxies that may tell for which host a request was meant; raises LiveGANError."""
    entries = _entries(os.environ.get(PROXIES, LOOPBACK))
    if "*" in entries:
        return ["*"]
    try:
        networks = [ipaddress.ip_network(entry) for entry in entries]
    except ValueError as error:
        raise LiveGANError(f"{PROXIES} must list addresses or networks such as 10.0.0.0/8: {error}.") from error
    # A server that listens for IPv6 sees those of IPv4 in the longer form.
    longer = [f"::ffff:{net.network_address}/{96 + net.prefixlen}" for net in networks if net.version == 4]
    return [str(network) for network in networks] + longer


# --- parts -------------------------------------------------------------------------------------------------------


def _entries(value: str) -> list[str]:
    return [entry for part in value.split(",") if (entry := part.strip())]


def _listed(entry: str) -> str:
    """The name in an entry of LIVEGAN_HOSTS, which people also paste as a whole address."""
    text = entry.partition("://")[2].partition("/")[0] if "://" in entry else entry
    if not text.isascii():
        try:
            text = text.encode("idna").decode()  # as browsers send it
        except UnicodeError:
            text = ""
    host = parse(f"[{text}]" if _address(text) and ":" in text else text)
    if host is None:
        raise LiveGANError(f"{HOSTS} must list host names such as livegan.example.edu, or *, not {entry!r}.")
    return host.name


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_assigned(address: Address) -> bool:
    """Whether a network interface of this machine has this address now; a socket can be bound to no other."""
    if address.is_multicast or address.is_reserved:
        return False
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def _machine_names() -> set[str]:
    """The machine's name, alone and as other machines find it without a name server, and its aliases."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    own = {name, short, f"{short}.local"} - {"", ".local"}
    try:
        changed = _HOSTS_FILE.stat().st_mtime_ns
    except OSError:
        return own
    return own | _aliases(frozenset(own), changed)


@lru_cache(maxsize=4)
def _aliases(own: frozenset[str], _changed: int) -> set[str]:
    """The other names on those lines of the system's hosts file that name this machine, such as one with its domain."""
    try:
        lines = _HOSTS_FILE.read_text("utf-8", errors="replace").lower().splitlines()
    except OSError:
        return set()
    named = [line.partition("#")[0].split()[1:] for line in lines]
    return {alias for names in named if own & set(names) for alias in names}


def forwarded_hosts(x_forwarded_host: Iterable[str], forwarded: Iterable[str]) -> list[str]:
    """The hosts that proxies say a request was meant for (X-Forwarded-Host, and Forwarded of RFC 7239)."""
    plain = [part for value in x_forwarded_host for part in _entries(value)]
    pairs = [pair.strip() for value in forwarded for pair in re.split("[;,]", value)]
    return plain + [pair[5:].strip('"') for pair in pairs if pair.lower().startswith("host=")]
