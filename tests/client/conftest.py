"""Fixtures of the client tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.gateway import Gateway
from volcv_client.calls import retry
from volcv_client.client import Client
from volcv_client.images.image import Image

from .helpers import client_for, make, profile, sandbox
from .names import Names


@pytest.fixture
def server() -> Iterator[Gateway]:
    with sandbox() as one:
        yield one


@pytest.fixture
def client(server: Gateway) -> Client:
    return client_for(profile(server.url))


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The retry table as it is, without its waits."""
    monkeypatch.setattr(retry, "RULES", tuple(replace(rule, first_wait=0.00001) for rule in retry.RULES))


@pytest.fixture
def sent(client: Client, server: Gateway) -> Any:
    """Runs a model in the strict sandbox; returns the one body that arrived."""

    def send(
        key: str, values: Mapping[str, Any], pictures: Mapping[str, Sequence[Image]] | None = None, **more: Any
    ) -> dict[str, Any]:
        make(client, values, pictures, key=key, **more)
        assert len(server.requests) == 1
        body = server.requests[-1].body
        assert body is not None
        return body

    return send


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    resolver = Names()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver
