"""Pictures as links: where a model wants them, or where the profile has an upload service."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client import config
from volcv_client.client import Client
from volcv_client.errors import Charged, ParameterError, SetupError, UploadError

from .helpers import (
    PRODUCT,
    PRODUCT_SHOT,
    SMALL_PRODUCT,
    client_for,
    colour,
    finish,
    half_mask,
    make,
    profile,
    sandbox,
    start,
)

JIMENG = "jimeng_t2i_v40"
TWO = {"image_1": [colour()], "image_2": [colour(value=(0, 90, 200))]}
ASKED = {"prompt": "put them together", "size": 1024 * 1024}


@pytest.fixture
def linked(server: Gateway) -> Client:
    return client_for(profile(server.url, upload_url=f"{server.url}/v1/files"))


def bodies(server: Gateway) -> list[dict[str, Any]]:
    return [request.body or {} for request in server.requests]


def test_inline_is_the_default(client: Client, server: Gateway) -> None:
    make(client, SMALL_PRODUCT, PRODUCT_SHOT, key=PRODUCT)
    assert bodies(server)[0]["product_image_input"].startswith("uri://") and server.uploads == 0


def test_a_profile_with_an_upload_service_sends_links(linked: Client, server: Gateway) -> None:
    shot = {**PRODUCT_SHOT, "product_mask": [half_mask(48, 32)]}
    make(linked, SMALL_PRODUCT, shot, key=PRODUCT)
    (body,) = bodies(server)
    assert "binary_data_base64" not in body and server.uploads == 2
    assert body["product_image_input"] != body["mask_image_input"]
    assert all(body[name].startswith(f"{server.url}/files/") for name in ("product_image_input", "mask_image_input"))


def test_a_model_that_takes_pictures_inline_gets_them_inline(linked: Client, server: Gateway) -> None:
    make(
        linked,
        {"prompt": "a cat", "width": 64, "height": 64, "use_sr": False},
        {"image": [colour()]},
        key="high_aes_ip_v20",
    )
    assert bodies(server)[0]["binary_data_base64"] and server.uploads == 0


def test_a_model_that_takes_only_links(linked: Client, server: Gateway) -> None:
    make(linked, ASKED, TWO, key=JIMENG)
    assert len(bodies(server)[0]["image_urls"]) == server.uploads == 2


def test_a_model_that_takes_only_links_says_what_is_missing(client: Client, server: Gateway) -> None:
    with pytest.raises(SetupError, match="upload_url"):
        make(client, ASKED, TWO, key=JIMENG)
    assert not server.requests and server.uploads == 0


def test_without_pictures_it_needs_no_links(client: Client) -> None:
    assert make(client, ASKED, key=JIMENG).pictures


def test_links_do_not_make_it_another_request(linked: Client, server: Gateway) -> None:
    for _ in range(2):
        outcome = make(linked, {**SMALL_PRODUCT, "seed": 4}, PRODUCT_SHOT, key=PRODUCT)
    assert outcome.results[0].reused and (server.charged, server.uploads) == (1, 1)


def test_a_retry_does_not_upload_again(quick_retries: None) -> None:
    with sandbox(Fault(code=50430)) as server:
        linked = client_for(profile(server.url, upload_url=f"{server.url}/v1/files"))
        make(linked, SMALL_PRODUCT, PRODUCT_SHOT, key=PRODUCT)
        assert (len(server.requests), server.uploads) == (2, 1)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(where="upload", status=500),
        Fault(where="upload", body=b"<html>", status=200),
        Fault(where="upload", body=b'{"url": "file:///etc/passwd"}', status=200),
        Fault(where="upload", cut="before_headers"),
    ],
    ids=["500", "html", "no http link", "cut"],
)
def test_an_upload_that_fails_costs_nothing(linked: Client, server: Gateway, fault: Fault) -> None:
    server.inject(fault)
    with pytest.raises(UploadError) as caught:
        make(linked, SMALL_PRODUCT, PRODUCT_SHOT, key=PRODUCT)
    assert caught.value.charged is Charged.NO and not server.requests


def test_the_key_goes_only_to_its_own_host(server: Gateway) -> None:
    with sandbox() as other:
        linked = client_for(profile(server.url, upload_url=f"{other.url}/v1/files"))
        with pytest.raises(UploadError) as caught:
            make(linked, SMALL_PRODUCT, PRODUCT_SHOT, key=PRODUCT)
        assert caught.value.http_status == 401


def test_another_spelling_of_its_own_host_gets_the_key(server: Gateway) -> None:
    address = server.url.replace("127.0.0.1", "LocalHost")
    linked = client_for(profile(address, upload_url=f"{address}/v1/files"))
    make(linked, SMALL_PRODUCT, PRODUCT_SHOT, key=PRODUCT)
    assert server.uploads == 1 and linked.identity == address.lower() != address


@pytest.mark.parametrize("code", [50200, 50206, 50207, 50215])
def test_a_refused_inline_picture_names_the_setting(client: Client, server: Gateway, code: int) -> None:
    server.inject(Fault(code=code))
    with pytest.raises(ParameterError, match="upload_url"):
        make(client, SMALL_PRODUCT, PRODUCT_SHOT, key=PRODUCT)


def test_a_refused_link_does_not(linked: Client, server: Gateway) -> None:
    server.inject(Fault(code=50200))
    with pytest.raises(ParameterError) as caught:
        make(linked, SMALL_PRODUCT, PRODUCT_SHOT, key=PRODUCT)
    assert "upload_url" not in str(caught.value)


def test_the_sandbox_profile_uploads_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_UPLOAD_URL", "https://elsewhere.example/v1/files")
    own = client_for(config.profile(config.SANDBOX))
    assert own.profile.upload_url == ""
    assert finish(start(own, ASKED, TWO, key=JIMENG)).pictures
