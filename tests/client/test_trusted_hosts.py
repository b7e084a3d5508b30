"""Links to addresses that are not public and may be fetched all the same: fake-ip proxies, the gateway, trusted hosts.

Only the resolver is replaced; servers and sockets are real.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway import Fault
from volcv_client.errors import DownloadError
from volcv_client.http.transport import Transport

from .helpers import SMALL, client_for, make, png, profile, sandbox, settled
from .names import ANYCAST, NAME, PICTURE, PUBLIC, Names, failure, needs_ipv6, refused_unconnected
from .wire import Script, WireServer, response


def lead(names: Names, host: str, address: str, server: WireServer) -> str:
    """Let a host resolve to an address, and connections to that address end at a server. Returns a link there."""
    if host == address:
        names.add(address, (address,), (("127.0.0.1", server.port),))
    else:
        names.add(host.lower(), (address,))
        names.add(address, (("127.0.0.1", server.port),))
    return f"http://{host}:{server.port}/a.png"


@pytest.mark.parametrize("address", ["198.18.0.7", "198.19.255.9", pytest.param("fc00::7", marks=needs_ipv6)])
def test_a_name_behind_a_fake_ip_proxy_is_fetched(names: Names, address: str) -> None:
    with WireServer(PICTURE) as server:
        assert Transport(profile(PUBLIC)).download(lead(names, NAME, address, server)) == png()
        assert f"Host: {NAME}:{server.port}".encode() in server.requests[0]


@pytest.mark.parametrize("host", ["198.18.0.7", "198.18.7", "3323068423", "0xc6120007", "[fc00::7]"])
def test_a_fake_address_without_a_name_is_refused(names: Names, host: str) -> None:
    with WireServer(PICTURE) as server:
        names.add(host.strip("[]"), (("127.0.0.1", server.port),))
        assert refused_unconnected(server, f"http://{host}:{server.port}/a.png")
        hop = Script(send=response(status="302 Found", headers={"Location": f"http://{host}:{server.port}/a.png"}))
        with WireServer(hop) as first:
            assert refused_unconnected(server, lead(names, NAME, "198.18.0.7", first))


def test_a_fake_address_beside_a_private_one_is_refused(names: Names) -> None:
    names.add(NAME, ("198.18.0.7", "127.0.0.1"))
    with WireServer(PICTURE) as server:
        assert refused_unconnected(server, f"http://{NAME}:{server.port}/a.png")


@pytest.mark.parametrize(
    ("gateway", "host"),
    [
        ("http://gate.lan:3000", "10.0.0.5"),
        ("http://10.0.0.5:3000", "store.lan"),
        ("http://gate.lan:3000", "store.lan"),
        ("http://GATE.lan.", "gate.lan"),
    ],
)
def test_the_gateway_is_trusted_by_name_and_by_number(names: Names, gateway: str, host: str) -> None:
    with WireServer(PICTURE) as server:
        names.add("gate.lan", ("10.0.0.5",))
        url = lead(names, host, "10.0.0.5", server)
        assert Transport(profile(gateway)).download(url) == png()
        assert failure(PUBLIC, f"http://10.0.0.5:{server.port}/a.png") == "private_link"
        assert server.connections == 1


def test_a_gateway_s_name_on_loopback_stands_for_the_number_and_for_no_other_name(names: Names) -> None:
    names.add("gate.example", ("127.0.0.1",))
    names.add(NAME, ("127.0.0.1",))
    with WireServer(PICTURE) as server:
        base_url = f"http://gate.example:{server.port}"
        assert Transport(profile(base_url)).download(f"{server.url}/a.png") == png()
        assert failure(base_url, f"http://{NAME}:{server.port}/a.png") == "private_link"
        assert failure(base_url, f"http://127.0.0.2:{server.port}/a.png") == "private_link"
        assert failure(base_url, f"http://localhost:{server.port}/a.png") == "private_link"
        assert settled(lambda: server.connections, 0.1) == 1


def test_a_gateway_behind_a_fake_ip_proxy_does_not_open_its_number(names: Names) -> None:
    with WireServer(PICTURE) as server:
        names.add("gate.example", ("198.18.0.7",))
        url = lead(names, "198.18.0.7", "198.18.0.7", server)
        assert refused_unconnected(server, url, "http://gate.example")


def test_a_gateway_that_cannot_be_resolved_trusts_no_number(names: Names) -> None:
    assert failure("http://gate.invalid", "http://10.0.0.5/a.png") == "private_link"


@pytest.mark.parametrize(
    ("trusted_hosts", "host", "address"),
    [
        ("minio.lan", "minio.lan", "10.0.0.7"),
        ("minio.lan", "MINIO.lan.", "10.0.0.7"),
        ("*.example.lan", "a.b.example.lan", "10.0.0.7"),
        ("10.0.0.7", "10.0.0.7", "10.0.0.7"),
        ("10.0.0.7", "minio.lan", "10.0.0.7"),
        ("100.64.0.0/10", "nas.tailnet.ts.net", "100.101.102.103"),
        ("a.lan 192.168.0.0/16;100.64.0.0/10", "100.101.102.103", "100.101.102.103"),
        pytest.param("fd7a:115c:a1e0::/48", "nas.ts.net", "fd7a:115c:a1e0::7", marks=needs_ipv6),
        ("198.18.0.7", "198.18.0.7", "198.18.0.7"),
        ("127.0.0.1", NAME, "127.0.0.1"),
    ],
)
def test_trusted_hosts_are_fetched(names: Names, trusted_hosts: str, host: str, address: str) -> None:
    with WireServer(PICTURE) as server:
        link = lead(names, host, address, server)
        assert Transport(profile(PUBLIC, trusted_hosts=trusted_hosts)).download(link) == png()


@pytest.mark.parametrize(
    ("trusted_hosts", "host", "address"),
    [
        ("minio.lan", "evil-minio.lan", "127.0.0.1"),
        ("minio.lan", "a.minio.lan", "127.0.0.1"),
        ("*.example.lan", "example.lan", "127.0.0.1"),
        ("*.example.lan", "badexample.lan", "127.0.0.1"),
        ("10.0.0.7", "10.0.0.8", "10.0.0.8"),
        ("100.64.0.0/10", NAME, "127.0.0.1"),
        ("localhost", "127.0.0.1", "127.0.0.1"),
    ],
)
def test_what_is_not_trusted_stays_blocked(names: Names, trusted_hosts: str, host: str, address: str) -> None:
    with WireServer(PICTURE) as server:
        link = lead(names, host, address, server)
        with pytest.raises(DownloadError) as caught:
            Transport(profile(PUBLIC, trusted_hosts=trusted_hosts)).download(link)
        assert caught.value.key == "private_link" and settled(lambda: server.connections, 0.1) == 0


def test_a_trusted_host_cannot_redirect_elsewhere(names: Names) -> None:
    with WireServer(PICTURE) as inside:
        hop = Script(send=response(status="302 Found", headers={"Location": f"{inside.url}/b.png"}))
        with WireServer(hop) as server:
            link = lead(names, "minio.lan", "10.0.0.7", server)
            with pytest.raises(DownloadError) as caught:
                Transport(profile(PUBLIC, trusted_hosts="minio.lan")).download(link)
            assert caught.value.key == "private_link" and server.connections == 1
        assert settled(lambda: inside.connections, 0.1) == 0


def test_a_refusal_says_the_name_and_the_address(names: Names) -> None:
    names.add(NAME, (ANYCAST, "10.0.0.7"))
    with pytest.raises(DownloadError) as caught:
        Transport(profile(PUBLIC)).download(f"http://{NAME}/a.png")
    assert caught.value.values["host"] == f"{NAME} (10.0.0.7)"


def leads_to(link: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A gateway's answer with that link in place of its picture."""

    def edit(answer: dict[str, Any]) -> dict[str, Any]:
        answer["data"] |= {"image_urls": [link], "binary_data_base64": []}
        return answer

    return edit


def test_a_run_behind_a_fake_ip_proxy_brings_its_picture(names: Names) -> None:
    with WireServer(PICTURE) as store, sandbox(Fault(edit=leads_to(lead(names, NAME, "198.18.0.7", store)))) as server:
        (picture,) = make(client_for(profile(server.url)), {**SMALL, "return_url": True, "seed": -1}).pictures
        assert picture.data == png() and server.charged == 1


@pytest.mark.parametrize("seed", [7, -1])
def test_what_was_refused_is_fetched_without_a_charge_once_its_host_is_trusted(names: Names, seed: int) -> None:
    values = {**SMALL, "return_url": True, "seed": seed}
    with WireServer(PICTURE) as store:
        names.add("minio.lan", ("10.0.0.7",))
        names.add("10.0.0.7", (("127.0.0.1", store.port),))
        with sandbox(Fault(edit=leads_to(f"http://minio.lan:{store.port}/a.png"))) as server:
            with pytest.raises(DownloadError) as caught:
                make(client_for(profile(server.url)), values)
            client = client_for(profile(server.url, trusted_hosts="minio.lan"))
            if seed == 7:
                assert len(make(client, values).pictures) == 1
            else:
                assert len(client.recall(caught.value.request_id).pictures) == 1
            assert server.charged == 1 and store.connections == 1
