"""HTTP without TLS. For each client that it makes, httpx reads the certificates of the machine: 27 ms of computing."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from helpers import PATIENCE

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def new_client(**options: Any) -> httpx.Client:
    return httpx.Client(verify=NO_CERTIFICATES, timeout=PATIENCE, **options)


# It keeps no connection: one that a server closes as it ends could be taken for the next request.
_CLIENT = new_client(limits=httpx.Limits(max_keepalive_connections=0))
get, post, request = _CLIENT.get, _CLIENT.post, _CLIENT.request
