"""Connections that the pack makes: urllib3's, with two corrections."""

from __future__ import annotations

import http.client
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

STALL_SECONDS = 60.0
"""How long the other side may take none of a body. urllib3 would allow as long as for connecting."""

SWITCHING_PROTOCOLS = 101


class FinalResponse(http.client.HTTPResponse):
    """Skips every interim answer; the standard library skips 100 only.

    Taken for the answer, one such as 103 would leave the real answer to the next call on the connection, which would
    get, and store, somebody else's picture.
    """

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not SWITCHING_PROTOCOLS < status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)


class Corrected:
    """What both kinds of connection have."""

    sock: Any
    response_class: Any = FinalResponse

    def connect(self) -> None:
        connect = super().connect  # type: ignore[misc]  # in two steps: the registry takes one for a raw socket
        connect()
        self.sock.settimeout(STALL_SECONDS)


class PlainConnection(Corrected, HTTPConnection):
    pass


class TlsConnection(Corrected, HTTPSConnection):
    pass


class Adapter(HTTPAdapter):
    """A transport adapter with these connections, also behind a proxy."""

    plain: type[HTTPConnection] = PlainConnection
    tls: type[HTTPSConnection] = TlsConnection

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = pools(self.plain, self.tls)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = pools(PlainConnection, TlsConnection)
        return manager


def pools(plain: type[HTTPConnection], tls: type[HTTPSConnection]) -> dict[str, Any]:
    """Pools of such connections, by scheme."""
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }
