"""A data set of the size of FashionMNIST, and a server on this computer that torchvision downloads it from."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import torch


def idx_files() -> dict[str, bytes]:
    """Four gzipped files: image i is one grey, i % 251, and shows class i % 10."""
    made = {}
    for prefix, count in (("train", 60_000), ("t10k", 10_000)):
        greys = torch.arange(count).remainder(251).to(torch.uint8)
        pixels = greys.repeat_interleave(28 * 28).numpy().tobytes()
        labels = torch.arange(count).remainder(10).to(torch.uint8).numpy().tobytes()
        made[f"{prefix}-images-idx3-ubyte.gz"] = struct.pack(">4I", 2051, count, 28, 28) + pixels
        made[f"{prefix}-labels-idx1-ubyte.gz"] = struct.pack(">2I", 2049, count) + labels
    return {name: gzip.compress(content, 1) for name, content in made.items()}


def resources(files: dict[str, bytes]) -> list[tuple[str, str]]:
    """What torchvision has to be told of the files: their names and sums."""
    return [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()]


@dataclass
class Mirror:
    """The server: where it is, what was asked for, whose connections break half way, and what holds answers back."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def mirror(files: dict[str, bytes]) -> Iterator[Mirror]:
    """Serve `files` until the end; the second half of each is sent once `gate` is open (it is at first)."""
    one = Mirror()
    one.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            one.asked.append(name)
            if name not in files:
                self.send_error(404)
                return
            body = files[name]
            half = len(body) // 2
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):  # a download that was cancelled
                self.wfile.write(body[:half])
                one.gate.wait()
                self.wfile.write(b"" if name in one.breaks else body[half:])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        one.address = f"http://127.0.0.1:{http.server_port}/"
        try:
            yield one
        finally:
            one.gate.set()
            http.shutdown()
            thread.join()
