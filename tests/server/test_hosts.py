"""The names that the server answers to: how they are written, which are the machine's, which its owner has listed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gan.errors import LiveGANError
from gan.server import hosts
from gan.server.hosts import Host, OwnHosts, forwarded_hosts, of_this_machine, parse, trusted_proxies


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", Host("localhost", None)),
        ("LocalHost.:8501", Host("localhost", 8501)),
        ("localhost:", Host("localhost", None)),
        ("127.0.0.1:80", Host("127.0.0.1", 80)),
        ("[::1]:8501", Host("::1", 8501)),
        ("[0:0:0:0:0:0:0:1]", Host("::1", None)),
        ("[::FFFF:127.0.0.1]", Host("127.0.0.1", None)),
        ("xn--mller-kva.example", Host("xn--mller-kva.example", None)),
    ],
)
def test_a_host_has_one_spelling(text: str, host: Host) -> None:
    assert parse(text) == host


@pytest.mark.parametrize(
    "text",
    ["", ".", ":80", "a b", "a,b", "me@localhost", "localhost/", "localhost:x", "localhost:123456", "::1", "[::1",
     "[x]", "[::1]x", "http://localhost", "müller.example", "a" * 254, "localhost\n"],
)  # fmt: skip
def test_what_is_no_host(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", socket.gethostname()])
def test_this_machine(name: str) -> None:
    assert of_this_machine(name)


@pytest.mark.parametrize(
    "name", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "198.51.100.7", "255.255.255.255",
             "224.0.0.1", "2001:db8::1", "ff02::1", "2130706433", "127.1", ""],
)  # fmt: skip
def test_not_this_machine(name: str) -> None:
    assert not of_this_machine(name)


def test_an_address_counts_as_long_as_an_interface_has_it() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; chooses the interface that would
        except OSError:
            pytest.skip("this machine has no network")
        address = probe.getsockname()[0]
    assert of_this_machine(address)


def test_the_machines_names_are_asked_for_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = tmp_path / "hosts"
    table.write_text("127.0.0.1 localhost\n0.0.0.0 blocked.example\n127.0.1.1\tLab7.school.example lab7 # teacher\n")
    monkeypatch.setattr(hosts, "_HOSTS_FILE", table)
    monkeypatch.setattr(socket, "gethostname", lambda: "Lab7")
    assert all(of_this_machine(name) for name in ("lab7", "lab7.local", "lab7.school.example"))
    assert not any(of_this_machine(name) for name in ("blocked.example", "teacher", "lab8"))
    monkeypatch.setattr(socket, "gethostname", lambda: "lab8.lan")
    assert all(of_this_machine(name) for name in ("lab8", "lab8.lan", "lab8.local"))
    assert not of_this_machine("lab7.school.example")


def test_listed_names(monkeypatch: pytest.MonkeyPatch) -> None:
    value = "GAN.example.edu, https://hub.example.edu:8000/x,, müller.example ,10.0.0.7:80,2001:db8::1,[2001:db8::2]:80"
    monkeypatch.setenv("LIVEGAN_HOSTS", value)
    ours = OwnHosts.from_environment("set.example", "0.0.0.0", None, "")
    names = ("gan.example.edu", "hub.example.edu", "xn--mller-kva.example", "10.0.0.7", "2001:db8::1", "2001:db8::2")
    assert all(name in ours for name in (*names, "set.example", "localhost"))
    assert "evil.example" not in ours
    assert "www.gan.example.edu" not in ours


def test_a_star_answers_to_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEGAN_HOSTS", "*")
    assert "evil.example" in OwnHosts.from_environment()


@pytest.mark.parametrize("value", ["*.example.edu", "a b", "me@localhost", "ok.example,/", "münchen..example"])
def test_a_list_with_what_is_no_host_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEGAN_HOSTS", value)
    with pytest.raises(LiveGANError, match=r"^LIVEGAN_HOSTS must list host names such as .*\.$"):
        OwnHosts.from_environment()


def test_proxies_are_trusted_on_this_machine_unless_others_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVEGAN_TRUSTED_PROXIES", raising=False)
    assert trusted_proxies() == ["127.0.0.0/8", "::1/128", "::ffff:127.0.0.0/104"]
    monkeypatch.setenv("LIVEGAN_TRUSTED_PROXIES", " 10.1.2.3 , 2001:db8::/32,")
    assert trusted_proxies() == ["10.1.2.3/32", "2001:db8::/32", "::ffff:10.1.2.3/128"]
    monkeypatch.setenv("LIVEGAN_TRUSTED_PROXIES", "*")
    assert trusted_proxies() == ["*"]
    monkeypatch.setenv("LIVEGAN_TRUSTED_PROXIES", "proxy.example")
    with pytest.raises(LiveGANError, match="LIVEGAN_TRUSTED_PROXIES must list addresses"):
        trusted_proxies()


def test_what_proxies_tell() -> None:
    told = forwarded_hosts(
        ["a.example, b.example:81", "c.example"], ['for=1.2.3.4;Host="[::1]:80";proto=https, host=d']
    )
    assert told == ["a.example", "b.example:81", "c.example", "[::1]:80", "d"]
