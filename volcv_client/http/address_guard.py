"""Address guard: which addresses a result link may lead to, and connections to exactly those.

A result link comes from outside, so it must not reach into the user's own network (SSRF). The host name is resolved
once, every address is checked, and the request then goes to the checked address as a literal. Whatever the installed
urllib3 does to open a socket, it has no name left to resolve; a name that resolves differently a second time (DNS
rebinding) gains nothing. If the certificate of the host's name cannot be asked for, nothing is downloaded.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from ..config import DEFAULT_PORTS, TrustedHosts, canonical_name
from ..errors import DownloadError

MAX_ADDRESSES = 8
"""Addresses of one name that are tried in turn, so that a name with hundreds of dead ones cannot hold up a thread."""


FAKE_NETWORKS = (ip_network("198.18.0.0/15"), ip_network("fc00::/18"))
"""Default ranges of fake-ip proxies: Clash, mihomo, Surge and sing-box (its documentation of the fakeip server)."""

IPAddress: TypeAlias = IPv4Address | IPv6Address


class BlockedAddressError(Exception):
    """The host of a result link resolves to an address that result links must not use; says which."""


class GuardUnavailableError(requests.RequestException):
    """The installed requests or urllib3 cannot verify a certificate against a name other than the URL's host."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address literal means this machine; names are not resolved."""
    address = numeric_address(host)
    return address.is_loopback if address else host == "localhost" or host.endswith(".localhost")


def numeric_address(host: str) -> IPAddress | None:
    """The address that a host spells, None for a name.

    IPv4 also in the forms that the resolver accepts in place of a name, such as 2130706433 and 0x7f.1 (inet_aton).
    """
    try:
        address = ip_address(host.split("%")[0])
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    return getattr(address, "ipv4_mapped", None) or address


class AddressRule:
    """Which addresses result links may lead to, by http or https:

    - public addresses;
    - the gateway: its host, and the addresses of its host under any other name;
    - loopback if the gateway's host is loopback;
    - the profile's trusted hosts;
    - for names, the address ranges of fake-ip proxies, which resolve every name to such an address and then open the
      connection to the real host themselves.
    """

    def __init__(self, base_url: str, trusted_hosts: str = "") -> None:
        """``trusted_hosts`` as in the profile. Raises ValueError if it is not valid."""
        self.own_host = canonical_name(urlsplit(base_url).hostname or "")
        self.loopback_allowed = is_loopback(self.own_host)
        self._trusted = TrustedHosts(trusted_hosts)

    def allows(self, host: str, address: str) -> bool:
        """Whether ``host`` may be used at the numeric ``address``. ValueError if ``address`` is not numeric."""
        host = canonical_name(host)
        ip = numeric_address(address)
        if ip is None:
            raise ValueError(address)
        if self._trusts(host) or self._trusted.has_address(ip):
            return True
        literal = numeric_address(host) is not None
        if any(ip in network for network in FAKE_NETWORKS):
            return not literal
        if ip.is_loopback and not literal:  # the same numbers on every machine, so equal ones prove nothing
            return self.loopback_allowed
        public = ip.is_global and not ip.is_multicast
        return public or (ip.is_loopback and self.loopback_allowed) or ip in self._own_addresses()

    def _trusts(self, host: str) -> bool:
        """Whether a canonical host is allowed whatever it resolves to."""
        return host == self.own_host or self._trusted.has_name(host)

    def _own_addresses(self) -> set[IPAddress | None]:
        """The addresses of the gateway's host; none if it cannot be resolved here."""
        if literal := numeric_address(self.own_host):
            return {literal}
        try:
            return {numeric_address(address) for address in addresses_of(self.own_host, None)}
        except (OSError, ValueError):
            return set()

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
        name = canonical_name(host)
        if numeric_address(name):
            allowed = self.allows(name, name)
        else:  # its addresses are checked by resolve()
            allowed = not is_loopback(name) or self.loopback_allowed or self._trusts(name)
        if not allowed:
            raise DownloadError("private_link", host=host[:100])

    def resolve(self, host: str, port: int) -> list[str]:
        """The numeric addresses of a host, all of them allowed.

        Raises BlockedAddressError if a single one is not allowed, OSError or ValueError if the name has none.
        """
        addresses = addresses_of(host, port)
        for address in addresses:
            if not self.allows(host, address):
                raise BlockedAddressError(f"{host[:100]} ({address})")
        return addresses[:MAX_ADDRESSES]


def addresses_of(host: str, port: int | None) -> list[str]:
    """The numeric addresses of a host. Raises OSError or ValueError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


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
        BlockedAddressError, DownloadError for a URL that a proxy must not get, or the errors of requests.
        """
        url = str(request.url)
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
        proxy = (proxies or {}).get(parts.scheme) or (proxies or {}).get("all")
        if proxy:
            self._rule.check(url)  # as requests has normalized it
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
