"""A real nginx in front of the app, with one server for each way in which people set it up."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chromium import free_port, program
from helpers import PATIENCE, wait_until

from gan.runs.registry import ROOT

NAME = "livegan.example.edu"  # that people reach the proxy by, as in the README
UPGRADE = (
    "proxy_http_version 1.1",
    "proxy_set_header Upgrade $http_upgrade",
    "proxy_set_header Connection $http_connection",
)


@dataclass(frozen=True)
class Site:
    """A server of nginx: what stands in its configuration, and the address that a browser opens."""

    config: str
    url: str


def site(upstream: str, *directives: str, path: str = "/") -> Site:
    """A plain server that passes what is below `path` on to `upstream`."""
    port = free_port()
    inside = "".join(f"{directive}; " for directive in directives)
    location = f"location {path} {{ proxy_pass {upstream}; {inside}}}"
    return Site(f"server {{ listen 127.0.0.1:{port}; {location} }}", f"http://{NAME}:{port}{path}")


def readme_site(upstream: str, folder: Path) -> Site:
    """The README's example as it stands, but for ports and files."""
    port = free_port()
    (config,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    for of_readme, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/certs/livegan.pem", f"{folder}/livegan.pem"),
        ("/etc/ssl/private/livegan.key", f"{folder}/livegan.key"),
        ("http://127.0.0.1:8501", upstream),
    ):
        assert of_readme in config
        config = config.replace(of_readme, here)
    _certificate(folder)
    return Site(config, f"https://{NAME}:{port}/")


@contextlib.contextmanager
def nginx(folder: Path, *sites: Site) -> Iterator[None]:
    """nginx with these servers; its error log must stay empty."""
    path = program("nginx", "nginx")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    servers = "\n".join(each.config for each in sites)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log warn;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{servers}\n}}\n"
    )
    process = subprocess.Popen([path, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"])
    try:
        wait_until((folder / "pid").exists)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)
    assert (folder / "error.log").read_text() == ""


def _certificate(folder: Path) -> None:
    kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", f"{folder}/livegan.key", "-out", f"{folder}/livegan.pem"]
    subprocess.run(["openssl", *kind, "-subj", f"/CN={NAME}", *files], check=True, capture_output=True)
