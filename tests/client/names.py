"""A resolver whose answers a test chooses, and what tests of the address guard ask about links."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from volcv_client.errors import DownloadError
from volcv_client.http.transport import Transport

from .helpers import png, profile, settled
from .wire import Script, WireServer, response

PUBLIC = "https://gateway.example"
NAME = "pictures.example"
ANYCAST = "192.0.0.9"
"""A public address (RFC 7723) that is never contacted here."""
PICTURE = Script(send=response(png(), kind="image/png"))


class Names:
    """A resolver: each name has a list of answers, the last for good; everything else is resolved as usual."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._answers: dict[str, list[tuple[Any, ...]]] = {}
        self._resolve = socket.getaddrinfo

    def add(self, name: str, *answers: tuple[Any, ...]) -> None:
        """Each answer holds addresses; an address with a port is (address, port)."""
        self._answers[name] = list(answers)

    def __call__(self, host: Any, port: Any, *args: Any, **options: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        self.asked.append(name)
        answers = self._answers.get(name)
        if not answers:
            return self._resolve(host, port, *args, **options)
        entries = answers.pop(0) if len(answers) > 1 else answers[0]
        pairs = [entry if isinstance(entry, tuple) else (entry, port) for entry in entries]
        return [found for pair in pairs for found in self._resolve(*pair, type=socket.SOCK_STREAM)]


def failure(base_url: str, url: str) -> str:
    with pytest.raises(DownloadError) as caught:
        Transport(profile(base_url)).download(url)
    return caught.value.key


def refused_unconnected(server: WireServer, url: str, base_url: str = PUBLIC) -> bool:
    """Whether a link is refused as private, and the server never saw a TCP connection."""
    return failure(base_url, url) == "private_link" and settled(lambda: server.connections, 0.1) == 0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback here")
