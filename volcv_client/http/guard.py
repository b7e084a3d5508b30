"""Which addresses a result link may lead to.

A link comes from the other side of the network, so it must not reach into the user's own: http(s) only, and
public addresses only, except the gateway's own host, or loopback when the gateway is on loopback. The check is
made on the address that the socket really has, so a name that resolves differently a second time gains
nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from ..errors import DownloadError
from .connections import Adapter, PlainConnection, TlsConnection


class BlockedAddressError(Exception):
    """A socket reached an address that result links must not use."""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class AddressRule:
    """The rule for the links of one gateway."""

    def __init__(self, base_url: str) -> None:
        self.own_host = (urlsplit(base_url).hostname or "").lower()
        self.loopback_allowed = is_loopback(self.own_host)

    def allows(self, host: str, address: str) -> bool:
        """Whether ``host``, reached at the numeric ``address``, may be used."""
        if host.lower() == self.own_host:
            return True
        ip = ipaddress.ip_address(address.split("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None)
        ip = mapped or ip
        if ip.is_loopback:
            return self.loopback_allowed
        return ip.is_global and not ip.is_multicast

    def check(self, url: str) -> None:
        """Raises DownloadError for a link that cannot be allowed whatever it resolves to."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
            (host or "").encode("idna")  # as urllib3 will: an empty or overlong label is an error there
        except ValueError:
            raise DownloadError("bad_link", shown=url[:60]) from None
        if parts.scheme not in ("http", "https") or not host:
            raise DownloadError("bad_link", shown=f"{parts.scheme[:20]}:")
        try:
            allowed = self.allows(host, host)
        except ValueError:  # a name, judged when the socket is there
            allowed = not is_loopback(host) or self.loopback_allowed
        if not allowed:
            raise DownloadError("private_link", host=host[:100])


class GuardedAdapter(Adapter):
    """A transport adapter whose sockets are checked against an AddressRule before anything is sent.

    Behind a proxy the proxy makes the connection, and only :meth:`AddressRule.check` applies.
    """

    def __init__(self, rule: AddressRule, **options: Any) -> None:
        def checked(host: str, sock: socket.socket) -> socket.socket:
            if not rule.allows(host, sock.getpeername()[0]):
                sock.close()
                raise BlockedAddressError(host)
            return sock

        class CheckedPlain(PlainConnection):
            def _new_conn(self) -> socket.socket:
                return checked(self.host, super()._new_conn())

        class CheckedTls(TlsConnection):
            def _new_conn(self) -> socket.socket:
                return checked(self.host, super()._new_conn())

        self.plain, self.tls = CheckedPlain, CheckedTls
        super().__init__(**options)
