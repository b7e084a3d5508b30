"""Result links: hostile until proven otherwise."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.gateway import Fault
from volcv_client.errors import DownloadError, VolcvError
from volcv_client.http import downloads
from volcv_client.http.address_guard import AddressRule
from volcv_client.http.transport import Transport

from .fault_matrix import in_data
from .helpers import KEY, SMALL, T2I, client_for, error_of, make, png, profile, sandbox, settled, start, success
from .wire import CERTIFICATE, Script, WireServer, response

PUBLIC = "https://gateway.example"
PICTURE = response(png(), kind="image/png")
LINKS = {**SMALL, "return_url": True}


@pytest.fixture
def fetch() -> Any:
    """Downloads as somebody whose gateway is out on the internet."""
    return Transport(profile(PUBLIC)).download


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://pictures.example/a.png",
        "data:image/png;base64,AAAA",
        "//pictures.example/a.png",
        "pictures.example/a.png",
        "http://",
        "http://[",
        "http://a:b/c",
        "",
        "javascript:alert(1)",
        "uri://binary_data?index=0",
    ],
)
def test_no_http_address(fetch: Any, url: str) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch(url)
    assert caught.value.key == "bad_link"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.9.1",
        "localhost",
        "LOCALHOST",
        "a.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
        "0.0.0.0",
        "[::]",
        "100.64.0.1",
        "198.18.0.1",
        "198.19.255.254",
        "198.18.1",
        "3323068417",
        "[fc00::1]",
        "[::ffff:198.18.0.1]",
        "\uff11\uff10.0.0.1",
        "10\u30020\u30020\u30021",
        "224.0.0.1",
        "255.255.255.255",
        "user:pass@10.0.0.1",
    ],
)
def test_private_addresses(fetch: Any, host: str) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch(f"http://{host}/a.png")
    assert caught.value.key == "private_link"


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", socket.gethostname()])
def test_names_that_lead_inside_are_stopped_before_a_connection(fetch: Any, host: str) -> None:
    try:
        socket.getaddrinfo(host, 80)
    except OSError:
        pytest.skip("not a name here")
    with WireServer(Script(send=PICTURE)) as server:
        with pytest.raises(DownloadError) as caught:
            fetch(f"http://{host}:{server.port}/a.png")
        assert caught.value.key in ("private_link", "download_cut")
        if host != socket.gethostname():
            assert caught.value.key == "private_link"
        assert settled(lambda: server.connections, 0.1) == 0


@pytest.mark.parametrize(
    ("base_url", "host", "address", "allowed"),
    [
        (PUBLIC, "pictures.example", "93.184.216.34", True),
        (PUBLIC, "pictures.example", "10.0.0.1", False),
        (PUBLIC, "pictures.example", "127.0.0.1", False),
        (PUBLIC, "pictures.example", "fe80::1%eth0", False),
        (PUBLIC, "pictures.example", "2606:2800:220:1::1", True),
        (PUBLIC, "pictures.example", "198.17.255.255", True),
        (PUBLIC, "pictures.example", "198.18.0.0", True),
        (PUBLIC, "pictures.example", "198.19.255.255", True),
        (PUBLIC, "pictures.example", "::ffff:198.18.0.9", True),
        (PUBLIC, "pictures.example", "fc00::9", True),
        (PUBLIC, "pictures.example", "fc00:3fff::1", True),
        (PUBLIC, "pictures.example", "fc00:4000::1", False),
        (PUBLIC, "pictures.example", "fd00::1", False),
        (PUBLIC, "198.18.0.9", "198.18.0.9", False),
        (PUBLIC, "198.18.9", "198.18.0.9", False),
        (PUBLIC, "3323068425", "198.18.0.9", False),
        (PUBLIC, "0xc6.18.0.9", "198.18.0.9", False),
        (PUBLIC, "::ffff:198.18.0.9", "198.18.0.9", False),
        (PUBLIC, "fc00::9", "fc00::9", False),
        ("http://198.18.0.9", "198.18.0.9", "198.18.0.9", True),
        ("http://10.0.0.5:8080", "gate.lan", "10.0.0.5", True),
        ("http://10.0.0.5:8080", "10.5", "10.0.0.5", True),
        ("http://[fd00::5]:8080", "gate.lan", "fd00::5", True),
        ("http://10.0.0.5:8080", "10.0.0.5", "10.0.0.5", True),
        ("http://10.0.0.5:8080", "10.0.0.6", "10.0.0.6", False),
        ("http://10.0.0.5:8080", "127.0.0.1", "127.0.0.1", False),
        ("http://gate.lan", "GATE.lan", "192.168.7.7", True),
        ("http://gate.lan", "other.lan", "192.168.7.7", False),
        ("http://127.0.0.1:1", "localhost", "::1", True),
        ("http://localhost:1", "127.0.0.1", "127.0.0.1", True),
        ("http://127.0.0.1:1", "10.0.0.1", "10.0.0.1", False),
    ],
)
def test_the_gateway_s_own_host_and_loopback_for_a_loopback_gateway(
    base_url: str, host: str, address: str, allowed: bool
) -> None:
    assert AddressRule(base_url).allows(host, address) is allowed


def test_the_message_names_the_setting_and_no_switch(fetch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch("http://10.0.0.1/a.png?token=signed")
    for language in ("en", "zh"):
        monkeypatch.setenv("VOLCV_LANG", language)
        text = str(caught.value)
        assert "10.0.0.1" in text and "trusted_hosts" in text and "VOLCV_TRUSTED_HOSTS" in text
        assert "return_url" not in text and "signed" not in text


ANY = {"req_key": T2I, "body": json.dumps(LINKS)}


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault(times=None, where="file", status=404), "link_expired"),
        (Fault(times=None, where="file", status=200, body=b"<html>", content_type="text/html"), "not_a_picture"),
        (Fault(times=None, edit=in_data(binary_data_base64=["@@@"], image_urls=[])), "bad_base64"),
    ],
)
def test_the_advice_names_return_url_only_if_the_model_has_it(
    monkeypatch: pytest.MonkeyPatch, fault: Fault, key: str
) -> None:
    with sandbox(fault) as server:
        client = client_for(profile(server.url))
        with_switch, without = error_of(start(client, LINKS)), error_of(start(client, ANY, key="any"))
    for language in ("en", "zh"):
        monkeypatch.setenv("VOLCV_LANG", language)
        for error, named in ((with_switch, True), (without, False)):
            assert isinstance(error, VolcvError) and error.key == key
            assert ("return_url" in str(error)) is named
            assert error.remedy and (named or "return_url" not in error.remedy)


def test_no_credential_and_no_cookie_is_sent_to_a_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret-of-netrc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    first = response(png(), kind="image/png", headers={"Set-Cookie": "a=b"})
    with WireServer(Script(send=first)) as server:
        download = client_for(profile(server.url)).executor.transport.download
        assert download(server.url + "/a.png") == png()
        download(server.url + "/b.png")
        for request in server.requests:
            head = request.decode().lower()
            assert "authorization" not in head
            assert "cookie" not in head
            assert KEY not in head


def test_netrc_does_not_replace_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret-of-netrc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with WireServer(Script(send=response(success()))) as server:
        make(client_for(profile(server.url)))
        assert f"Authorization: Bearer {KEY}".encode() in server.requests[0]


def test_redirects_are_followed_and_judged_one_by_one() -> None:
    with WireServer(Script(send=PICTURE)) as target:
        hop = response(b"", status="302 Found", headers={"Location": target.url + "/c.png"})
        with WireServer(Script(send=hop)) as server:
            assert client_for(profile(server.url)).executor.transport.download(server.url + "/a.png") == png()
        assert b"GET /c.png" in target.requests[0]


def test_a_redirect_with_an_endless_body_is_not_read() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /next.png\r\n\r\n"
    endless = Script(send=head, forever=b"x" * 65536)
    with WireServer(endless, Script(send=PICTURE)) as server:
        assert client_for(profile(server.url, timeout=5.0)).executor.transport.download(server.url + "/a.png") == png()


def test_a_gateway_s_redirect_is_never_followed() -> None:
    with WireServer(Script(send=response(success()))) as target:
        hop = response(b"", status="307 Temporary Redirect", headers={"Location": target.url})
        with WireServer(Script(send=hop)) as server, pytest.raises(Exception, match="redirect"):
            make(client_for(profile(server.url)))
        assert target.requests == []


@pytest.mark.parametrize("kind", ["image/png", "IMAGE/PNG; charset=binary", "application/octet-stream", ""])
def test_types_that_storage_services_give_to_pictures(kind: str) -> None:
    with WireServer(Script(send=response(png(), kind=kind))) as server:
        assert client_for(profile(server.url)).executor.transport.download(server.url + "/a.png") == png()


def test_a_picture_larger_than_the_cap_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MAX_PICTURE_BYTES", 100_000)
    with WireServer(Script(send=response(b"x" * 200_000, kind="image/png"))) as server:
        with pytest.raises(DownloadError) as caught:
            client_for(profile(server.url)).executor.transport.download(server.url + "/a.png")
        assert caught.value.key == "picture_endless"


def test_a_private_link_is_reported_with_the_request_id_and_never_opened() -> None:
    with WireServer(Script(send=PICTURE)) as inside:
        link = f"http://10.255.255.1:{inside.port}/a.png?token=signed-secret"

        def edit(answer: dict[str, Any]) -> dict[str, Any]:
            answer["data"]["image_urls"] = [link]
            return answer

        with sandbox(Fault(edit=edit)) as server:
            with pytest.raises(DownloadError) as caught:
                make(client_for(profile(server.url)), LINKS)
            assert server.requests[0].status == 200
        assert caught.value.request_id
        assert "signed-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "through_proxy"),
    [({"HTTP_PROXY": "{proxy}"}, True), ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "gateway.example"}, False)],
)
def test_proxies_of_the_environment_are_respected(
    monkeypatch: pytest.MonkeyPatch, quick_retries: None, variables: dict[str, str], through_proxy: bool
) -> None:
    with WireServer(Script(send=response(success()))) as proxy:
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(proxy=proxy.url))
        client = client_for(profile("http://gateway.example"))
        if through_proxy:
            make(client)
            assert proxy.requests[0].startswith(b"POST http://gateway.example/volcv/v1?Action=CVProcess")
        else:
            with pytest.raises(Exception, match="cannot be resolved"):
                make(client)
            assert proxy.requests == []


def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with sandbox() as server:
        make(client_for(profile(server.url)), LINKS)
        assert server.charged == 1


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:7890", "http://"])
def test_proxy_settings_that_cannot_work_are_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(Exception, match="ALL_PROXY") as caught:
        make(client_for(profile("https://gateway.example")))
    assert "gateway address" not in str(caught.value)


def test_certificates_are_checked_and_a_trusted_one_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with WireServer(Script(send=response(success())), tls=True) as server:
        with pytest.raises(Exception, match="certificate"):
            make(client_for(profile(server.url)))
        assert server.requests == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
        assert len(make(client_for(profile(server.url))).pictures) == 1


def test_a_missing_certificate_list_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with WireServer(Script(send=response(success())), tls=True) as server:
        with pytest.raises(Exception, match="REQUESTS_CA_BUNDLE"):
            make(client_for(profile(server.url)))
        assert server.requests == []
