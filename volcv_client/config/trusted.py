"""Trusted hosts: what result links may lead to although its address is not public, such as an object store in the LAN.

A profile's ``trusted_hosts`` holds names, addresses and networks, separated by spaces, commas or semicolons:
``minio.lan, *.example.lan, 10.0.0.5, 100.64.0.0/10``.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_network

SEPARATORS = re.compile(r"[\s,;\u3001\uff0c\uff1b]+")
NAME = re.compile(r"(\*\.)?([a-z0-9_-]{1,63}\.)*(?=[a-z0-9_-]*[a-z_-])[a-z0-9_-]{1,63}")
"""A host name or a wildcard for the names below it. Its last label is no number: 10.0.0 is a mistyped address."""


def canonical_name(host: str) -> str:
    """A host in lower case, without the dot of the DNS root, in the ASCII form that is resolved (IDNA)."""
    host = host.rstrip(".").lower()
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def canonical_entry(entry: str) -> str:
    """A name, address or network as it is compared. Raises ValueError for anything else, and for all addresses."""
    try:
        network = ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name = canonical_name(entry)
        if not NAME.fullmatch(name):
            raise
        return name
    if network.prefixlen == 0:
        raise ValueError
    return str(network.network_address if network.num_addresses == 1 else network)


def canonical_hosts(text: str) -> str:
    """The entries of ``trusted_hosts`` in canonical form, separated by ", ". Raises ValueError for a bad entry."""
    return ", ".join(dict.fromkeys(canonical_entry(entry) for entry in SEPARATORS.split(text) if entry))


class TrustedHosts:
    """The entries of ``trusted_hosts``, to be matched against hosts and addresses."""

    def __init__(self, text: str) -> None:
        """``text`` as in the profile. Raises ValueError for a bad entry."""
        entries = list(filter(None, SEPARATORS.split(canonical_hosts(text))))
        self._names = {entry for entry in entries if NAME.fullmatch(entry)}
        self._networks = [ip_network(entry) for entry in entries if entry not in self._names]

    def has_name(self, host: str) -> bool:
        """Whether a canonical name is trusted; its addresses are then not checked."""
        parents = host.split(".")[1:]
        wildcards = {f"*.{'.'.join(parents[start:])}" for start in range(len(parents))}
        return host in self._names or not self._names.isdisjoint(wildcards)

    def has_address(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether an address is trusted, as itself or inside a network."""
        return any(address in network for network in self._networks)
