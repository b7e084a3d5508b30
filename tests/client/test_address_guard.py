"""The address guard on the installed requests and urllib3: no connection to an address that was not checked.

Only the resolver is replaced; servers, sockets and TLS are real.
"""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection

from volcv_client.errors import DownloadError
from volcv_client.http.address_guard import to_address
from volcv_client.http.transport import Transport

from .helpers import png, profile, settled
from .names import ANYCAST, NAME, PICTURE, PUBLIC, Names, failure, needs_ipv6, refused_unconnected
from .wire import CERTIFICATE, Script, WireServer, closed_port, read_request, response


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        (ANYCAST, "127.0.0.1"),
        ("127.0.0.1", ANYCAST),
        pytest.param(("::ffff:127.0.0.1",), marks=needs_ipv6),
        pytest.param(("::1", "127.0.0.1"), marks=needs_ipv6),
    ],
    ids=["loopback", "public and loopback", "loopback and public", "mapped", "both loopbacks"],
)
def test_a_name_that_leads_inside_gets_no_connection(
    names: Names, trusted: None, addresses: tuple[str, ...], tls: bool
) -> None:
    names.add(NAME, addresses)
    with WireServer(PICTURE, tls=tls) as server:
        assert refused_unconnected(server, f"{server.url.split(':')[0]}://{NAME}:{server.port}/a.png")


def test_a_name_that_resolves_differently_the_second_time_gains_nothing(names: Names) -> None:
    with WireServer(PICTURE) as inside, WireServer(PICTURE) as outside:
        names.add(NAME, (ANYCAST,), ("127.0.0.1",))
        names.add(ANYCAST, (("127.0.0.1", outside.port),))
        url = f"http://{NAME}:{inside.port}/a.png"
        assert Transport(profile(PUBLIC)).download(url) == png()
        assert names.asked.count(NAME) == 1 and outside.connections == 1
        assert refused_unconnected(inside, url)


def test_the_guard_does_not_depend_on_how_urllib3_opens_a_socket(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: HTTPConnection) -> None:
        self.sock = socket.create_connection((self.host, self.port), 5)

    monkeypatch.setattr(HTTPConnection, "connect", connect)
    with WireServer(PICTURE) as server:
        names.add(NAME, ("127.0.0.1",))
        assert refused_unconnected(server, f"http://{NAME}:{server.port}/a.png")
        names.add(NAME, (ANYCAST,), ("127.0.0.1",))
        names.add(ANYCAST, (("127.0.0.1", closed_port_number()),))
        assert failure(PUBLIC, f"http://{NAME}:{server.port}/a.png") == "download_cut"
        assert settled(lambda: server.connections, 0.1) == 0


def closed_port_number() -> int:
    return int(closed_port().rpartition(":")[2])


@pytest.mark.parametrize("hop", [302, 307])
def test_a_redirect_resolves_and_checks_its_own_name(names: Names, hop: int) -> None:
    names.add("gate.example", ("127.0.0.1",))
    names.add(NAME, ("127.0.0.1",))
    with WireServer(PICTURE) as inside:
        location = {"Location": f"http://{NAME}:{inside.port}/b.png"}
        with WireServer(Script(send=response(status=f"{hop} Moved", headers=location))) as server:
            base_url = f"http://gate.example:{server.port}"
            assert refused_unconnected(inside, f"{base_url}/a.png", base_url)
            assert server.connections == 1


def test_a_redirect_to_the_same_name_is_resolved_anew(names: Names) -> None:
    hop = Script(send=response(status="302 Found", headers={"Location": "/b.png"}))
    with WireServer(hop, PICTURE) as server:
        names.add(NAME, (ANYCAST,))
        names.add(ANYCAST, (("127.0.0.1", server.port),))
        assert Transport(profile(PUBLIC)).download(f"http://{NAME}:{server.port}/a.png") == png()
        assert names.asked.count(NAME) == server.connections == 2
    with WireServer(hop, PICTURE) as server:
        names.add(NAME, (ANYCAST,), ("127.0.0.1",))
        names.add(ANYCAST, (("127.0.0.1", server.port),))
        assert failure(PUBLIC, f"http://{NAME}:{server.port}/a.png") == "private_link"
        assert settled(lambda: server.connections, 0.1) == 1


def test_the_server_sees_the_name(names: Names) -> None:
    names.add(NAME, ("127.0.0.1",))
    with WireServer(PICTURE) as server:
        Transport(profile("http://127.0.0.1:1")).download(
            f"http://user:pass@{NAME.upper()}:{server.port}/a.png?b=c%20d"
        )
        request = server.requests[0].decode()
    assert request.startswith("GET /a.png?b=c%20d HTTP/1.1\r\n") and request.count("Host:") == 1
    assert f"\r\nHost: {NAME}:{server.port}\r\n" in request and "pass" not in request


@pytest.mark.parametrize(
    ("url", "address", "expected", "host"),
    [
        ("http://a.example/b?c=d#e", "192.0.0.9", "http://192.0.0.9/b?c=d", "a.example"),
        ("https://a.example:443/b", "192.0.0.9", "https://192.0.0.9/b", "a.example"),
        ("https://a.example:80/b", "192.0.0.9", "https://192.0.0.9:80/b", "a.example:80"),
        ("http://u:p@a.example./b", "2001:4860::1", "http://[2001:4860::1]/b", "a.example"),
        ("http://[2001:4860::1]:81/b", "2001:4860::1", "http://[2001:4860::1]:81/b", "[2001:4860::1]:81"),
    ],
)
def test_the_url_of_a_checked_address(url: str, address: str, expected: str, host: str) -> None:
    prepared = requests.Request("GET", url).prepare()
    sent = to_address(prepared, address)
    assert (sent.url, sent.headers["Host"]) == (expected, host)
    assert "Host" not in prepared.headers


def test_the_addresses_of_a_name_are_tried_in_turn(names: Names) -> None:
    with WireServer(PICTURE) as server:
        names.add(NAME, (("127.0.0.1", closed_port_number()), "::1", "127.0.0.1"))
        names.add("::1", (("127.0.0.1", closed_port_number()),))
        assert Transport(profile("http://127.0.0.1:1")).download(f"http://{NAME}:{server.port}/a.png") == png()


def test_a_name_with_countless_dead_addresses_ends(names: Names) -> None:
    names.add(NAME, tuple(f"192.31.196.{number}" for number in range(1, 255)))
    for number in range(1, 255):
        names.add(f"192.31.196.{number}", (("127.0.0.1", closed_port_number()),))
    assert failure(PUBLIC, f"http://{NAME}/a.png") == "download_cut"
    assert len(names.asked) < 20


def test_a_name_that_cannot_be_resolved_is_a_failed_download() -> None:
    assert failure(PUBLIC, "http://pictures.invalid/a.png") == "download_cut"


@needs_ipv6
def test_an_ipv6_literal(names: Names) -> None:
    with WireServer(PICTURE, host="::1") as server:
        assert Transport(profile(server.url)).download(server.url + "/a.png") == png()
        assert f"Host: [::1]:{server.port}".encode() in server.requests[0]
        assert failure(PUBLIC, server.url + "/a.png") == "private_link"
        assert server.connections == 1


def test_certificates_are_checked_for_downloads() -> None:
    with WireServer(PICTURE, tls=True) as server:
        assert failure(server.url, f"https://localhost:{server.port}/a.png") == "download_cut"
        assert server.requests == []


@pytest.mark.parametrize(("host", "asked_for"), [("localhost", "localhost"), ("127.0.0.1", None)])
def test_a_certificate_is_asked_for_and_verified_by_name(
    names: Names, trusted: None, host: str, asked_for: Any
) -> None:
    names.add("localhost", ("127.0.0.1",))
    with WireServer(PICTURE, tls=True) as server:
        assert Transport(profile(server.url)).download(f"https://{host}:{server.port}/a.png") == png()
        assert server.server_names == [asked_for]


def test_a_certificate_for_the_address_does_not_do_for_a_name(names: Names, trusted: None) -> None:
    """The test certificate is valid for 127.0.0.1 and localhost, and the name resolves to 127.0.0.1."""
    names.add(NAME, ("127.0.0.1",))
    with WireServer(PICTURE, tls=True) as server:
        assert failure(server.url, f"https://{NAME}:{server.port}/a.png") == "download_cut"
        assert server.requests == [] and server.server_names == [NAME]


def test_a_urllib3_that_cannot_verify_by_name_downloads_nothing(
    names: Names, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the keyword ``server_hostname`` the certificate could only be checked against the address."""

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            options["server_name_of_a_new_version"] = options.pop("server_hostname", "")
            self.poolmanager = PoolManager(10, **options)

    monkeypatch.setattr(HTTPAdapter, "init_poolmanager", Adapter.init_poolmanager)
    names.add("localhost", ("127.0.0.1",))
    with WireServer(PICTURE, tls=True) as server:
        with pytest.raises(DownloadError) as caught:
            Transport(profile(server.url)).download(f"https://localhost:{server.port}/a.png")
        assert (caught.value.key, caught.value.values["problem"]) == ("download_cut", "GuardUnavailableError")
        assert settled(lambda: server.connections, 0.1) == 0


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_no_connection_is_left_open(status: str) -> None:
    """Also to a server that ignores ``Connection: close``."""
    answer = response(png(), status=status, kind="image/png", headers={"Connection": "keep-alive"})
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def serve() -> bytes:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                read_request(connection, body=False)
                connection.sendall(answer)
                return connection.recv(1)

        after = pool.submit(serve)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with suppress(DownloadError):
            Transport(profile(url)).download(f"{url}/a.png")
        assert after.result() == b""


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_behind_a_proxy_the_proxy_resolves(names: Names, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with WireServer(PICTURE) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.url)
        if scheme == "http":
            assert Transport(profile(PUBLIC)).download(f"http://{NAME}/a.png") == png()
            assert proxy.requests[0].startswith(b"GET http://pictures.example/a.png ")
        else:
            assert failure(PUBLIC, f"https://{NAME}/a.png") == "download_cut"
            assert proxy.requests[0].startswith(b"CONNECT pictures.example:443 ")
        assert NAME not in names.asked
        assert failure(PUBLIC, f"{scheme}://10.0.0.1/a.png") == "private_link"
        assert failure(PUBLIC, f"{scheme}://localhost/a.png") == "private_link"
        for host in ("10.1", "167772161", "\uff11\uff10.0.0.1", "198.18.0.1"):
            assert failure(PUBLIC, f"{scheme}://{host}/a.png") == "private_link"
        assert proxy.connections == 1


def test_a_name_without_proxy_is_checked(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.add(NAME, ("127.0.0.1",))
    with WireServer(PICTURE) as proxy, WireServer(PICTURE) as inside:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", NAME)
        assert refused_unconnected(inside, f"http://{NAME}:{inside.port}/a.png")
        assert proxy.connections == 0


def test_a_proxy_of_the_system_s_settings(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS and Windows keep proxies outside the environment; requests reads both through getproxies()."""
    with WireServer(PICTURE) as proxy:
        monkeypatch.setattr("requests.utils.getproxies", lambda: {"http": proxy.url})
        assert Transport(profile(PUBLIC)).download(f"http://{NAME}/a.png") == png()
        assert NAME not in names.asked
