"""Address guard: which addresses a result link may lead to, and connections to exactly those.

A result link comes from outside, so it must not reach into the user's own network (SSRF). The host name is resolved
once, every address is checked, and the request then goes to the checked address as a literal. Whatever the installed
urllib3 does to open a socket, it has no name left to resolve; a name that resolves differently a second time (DNS
rebinding) gains nothing. If the certificate of the host's name cannot be asked for, nothing is downloaded.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from ..config import DEFAULT_PORTS
from ..errors import DownloadError

MAX_ADDRESSES = 8
"""Addresses of one name that are tried in turn, so that a name with hundreds of dead ones cannot hold up a thread."""


class BlockedAddressError(Exception):
    """The host of a result link resolves to an address that result links must not use."""


class GuardUnavailableError(requests.RequestException):
    """The installed requests or urllib3 cannot verify a certificate against a name other than the URL's host."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address literal means this machine; names are not resolved."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class AddressRule:
    """http(s) to public addresses, to the gateway's own host, and to loopback if the gateway is on loopback."""

    def __init__(self, base_url: str) -> None:
        self.own_host = (urlsplit(base_url).hostname or "").lower()
        self.loopback_allowed = is_loopback(self.own_host)

    def allows(self, host: str, address: str) -> bool:
        """Whether ``host`` may be used at the numeric ``address``. ValueError if ``address`` is not numeric."""
        if host.lower() == self.own_host:
            return True
        ip = ipaddress.ip_address(address.split("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback:
            return self.loopback_allowed
        return ip.is_global and not ip.is_multicast

    def check(self, url: str) -> None:
        """Raises DownloadError for a link that is not allowed whatever its host resolves to."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
            (host or "").encode("idna")  # urllib3 does the same; an empty or overlong label is an error there
        except ValueError:
            raise DownloadError("bad_link", shown=url[:60]) from None
        if parts.scheme not in DEFAULT_PORTS or not host:
            raise DownloadError("bad_link", shown=f"{parts.scheme[:20]}:")
        try:
            allowed = self.allows(host, host)
        except ValueError:  # a name: its addresses are checked by resolve()
            allowed = not is_loopback(host) or self.loopback_allowed
        if not allowed:
            raise DownloadError("private_link", host=host[:100])

    def resolve(self, host: str, port: int) -> list[str]:
        """The numeric addresses of a host, all of them allowed.

        Raises BlockedAddressError if a single one is not allowed, OSError or ValueError if the name has none.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(self.allows(host.rstrip("."), address) for address in addresses):
            raise BlockedAddressError(host)
        return addresses[:MAX_ADDRESSES]


class NamedAdapter(HTTPAdapter):
    """HTTPAdapter for URLs whose host is an address: TLS asks for, and verifies, the certificate of ``server_name``."""

    def __init__(self, server_name: str) -> None:
        self.server_name = server_name
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, server_hostname=self.server_name, **pool_kwargs)


class GuardedAdapter(BaseAdapter):
    """Transport adapter that connects only to addresses an AddressRule allows; no TCP connection before the check.

    Connections are not pooled: each request resolves and checks anew. Behind a proxy the proxy resolves and connects,
    and only :meth:`AddressRule.check` on the URL applies.
    """

    def __init__(self, rule: AddressRule) -> None:
        super().__init__()
        self._rule = rule
        self._proxied = HTTPAdapter()

    def close(self) -> None:
        self._proxied.close()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The response, with the URL as it was asked for.

        ``proxies`` is what requests found in the environment or the system's settings for this URL. Raises
        BlockedAddressError, or the errors of requests.
        """
        url = str(request.url)
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
        proxy = (proxies or {}).get(parts.scheme) or (proxies or {}).get("all")
        if proxy:
            return self._proxied.send(request, stream, timeout, verify, cert, {parts.scheme: proxy})
        try:
            addresses = self._rule.resolve(host, port)
        except OSError as error:
            raise requests.ConnectionError(error, request=request) from None
        adapter = NamedAdapter(host.rstrip("."))
        for number, address in enumerate(addresses, 1):
            try:
                response = adapter.send(to_address(request, address), stream, timeout, verify, cert)
            except requests.ConnectionError:
                if number == len(addresses):
                    raise
            except TypeError as error:  # urllib3 refuses a keyword that it does not know
                raise GuardUnavailableError(error, request=request) from None
            else:
                response.url, response.request = url, request
                return response
        raise requests.ConnectionError("no address", request=request)


def to_address(request: requests.PreparedRequest, address: str) -> requests.PreparedRequest:
    """A copy of the request whose URL holds the numeric address, and whose Host header the name."""
    parts = urlsplit(str(request.url))
    host = bracketed((parts.hostname or "").rstrip("."))
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    copy = request.copy()
    copy.url = urlunsplit((parts.scheme, f"{bracketed(address)}{port}", parts.path, parts.query, ""))
    copy.headers.update({"Host": f"{host}{port}", "Connection": "close"})
    return copy


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
