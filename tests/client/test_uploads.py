"""Pictures as links, where a model takes them: the profile has an upload service, or the gateway its own.

The scenes of tests/scenes/test_picture_forms.py hold what a refusal leads to.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client import config
from volcv_client.client import Client
from volcv_client.errors import Charged, ParameterError, UploadError

from .helpers import (
    PRODUCT,
    PRODUCT_SHOT,
    SMALL_PRODUCT,
    client_for,
    colour,
    finish,
    half_mask,
    make,
    noise,
    opened,
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


def test_a_model_whose_page_takes_links(linked: Client, server: Gateway) -> None:
    make(linked, ASKED, TWO, key=JIMENG)
    assert len(bodies(server)[0]["image_urls"]) == server.uploads == 2


def test_without_an_upload_service_its_pictures_are_inline(client: Client, server: Gateway) -> None:
    make(client, ASKED, TWO, key=JIMENG)
    assert len(bodies(server)[0]["binary_data_base64"]) == 2
    assert "image_urls" not in bodies(server)[0] and server.uploads == 0


def widths(body: dict[str, Any]) -> list[int]:
    return [opened(text).width for text in body["binary_data_base64"]]


@pytest.mark.parametrize("lossless", [False, True])
def test_inline_pictures_beyond_the_limit_of_a_request_are_reduced(server: Gateway, lossless: bool) -> None:
    wide = {"image_1": [noise(2600, 900)], "image_2": [noise(2600, 1000)], "image_3": [colour(64, 64)]}
    made = make(client_for(profile(server.url, lossless=lossless)), ASKED, wide, key=JIMENG)
    assert sum("was reduced from 2600x" in note for note in made.notes) == 2
    (body, *_) = bodies(server)
    assert all(width <= 2048 for width in widths(body)) and widths(body)[2] == 64
    assert sum(map(len, body["binary_data_base64"])) <= 9_900_000


def test_small_inline_pictures_beyond_it_are_recompressed(client: Client, server: Gateway) -> None:
    three = {f"image_{number}": [noise(1400, 1000 + number)] for number in (1, 2, 3)}
    made = make(client, ASKED, three, key=JIMENG)
    assert sum("was recompressed" in note or "was reduced" in note for note in made.notes) == 3
    assert sum(map(len, bodies(server)[0]["binary_data_base64"])) <= 9_900_000


def test_inline_pictures_within_it_are_sent_as_they_are(client: Client, server: Gateway) -> None:
    made = make(client, ASKED, {"image_1": [colour(3000, 1200)]}, key=JIMENG)
    assert widths(bodies(server)[0]) == [3000] and not made.notes


def test_links_lead_to_pictures_of_full_size(linked: Client, server: Gateway) -> None:
    wide = {"image_1": [noise(2600, 900)], "image_2": [noise(2600, 1000)]}
    made = make(linked, ASKED, wide, key=JIMENG)
    assert not any("reduced" in note or "recompressed" in note for note in made.notes)
    links = [link.removeprefix(f"{server.url}/files/") for link in bodies(server)[0]["image_urls"]]
    files = [server.files.get(name) for name in links]
    assert [opened(file[0]).width for file in files if file] == [2600, 2600]


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
def test_a_picture_that_is_refused_in_every_form_names_the_setting(client: Client, server: Gateway, code: int) -> None:
    server.inject(Fault(code=code, times=2))
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
