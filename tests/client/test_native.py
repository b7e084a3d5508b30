"""Signed calls to the native service, as its stand-in verifies them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway import Gateway
from volcv_client import config
from volcv_client.calls import task_call
from volcv_client.config import Profile
from volcv_client.errors import Charged, CredentialError, VolcvError

from .helpers import IMAGE, SMALL, client_for, make

ACCESS, SECRET, TOKEN = "AKLTcanary0001", "c2VjcmV0LWNhbmFyeQ==", "sts-canary-token"


@pytest.fixture
def native() -> Iterator[Gateway]:
    with Gateway(access_keys={ACCESS: SECRET, "AKTP": SECRET}, session_tokens={"AKTP": TOKEN}) as server:
        yield server


def signed(server: Gateway, **changes: Any) -> Profile:
    given = {"base_url": server.url, "access_key": ACCESS, "secret_key": SECRET, "timeout": 20.0, **changes}
    return Profile(**given)


def test_a_signed_call_is_accepted(native: Gateway) -> None:
    assert make(client_for(signed(native)), SMALL).pictures
    assert native.requests[0].path == "/"


def test_every_byte_of_a_chinese_body_is_signed(native: Gateway) -> None:
    assert make(
        client_for(signed(native)), {**SMALL, "prompt": "\u84dd\u8272\u7684\u6d77\u6d0b \u00e9 \U0001f30a"}
    ).pictures


def test_a_task_is_signed_too(native: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_call, "FIRST_POLL", 0.02)
    assert make(client_for(signed(native)), {"prompt": "make it night"}, IMAGE, key="seededit_v3.0").pictures
    assert [request.path for request in native.requests] == ["/", "/"]


def test_a_temporary_key_needs_its_token(native: Gateway) -> None:
    assert make(client_for(signed(native, access_key="AKTP", session_token=TOKEN)), SMALL).pictures
    for wrong in ("", "another-token"):
        with pytest.raises(VolcvError) as caught:
            make(client_for(signed(native, access_key="AKTP", session_token=wrong)), SMALL)
        assert isinstance(caught.value, CredentialError) and caught.value.charged is Charged.NO


@pytest.mark.parametrize("changes", [{"secret_key": "d3Jvbmc="}, {"access_key": "AKLTnobody"}])
def test_a_wrong_key_is_refused_and_never_shown(native: Gateway, changes: dict[str, str]) -> None:
    with pytest.raises(CredentialError) as caught:
        make(client_for(signed(native, **changes)), SMALL)
    assert not any(secret in str(caught.value) for secret in (SECRET, *changes.values()))
    assert native.charged == 0


def test_the_environment_selects_it(native: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("VOLC_ACCESSKEY", ACCESS), ("VOLC_SECRETKEY", SECRET), ("VOLCV_BASE_URL", native.url)):
        monkeypatch.setenv(name, value)
    profile = config.profile()
    assert profile.native and make(client_for(profile), SMALL).pictures


def test_a_gateway_key_takes_precedence(native: Gateway) -> None:
    assert make(client_for(signed(native, api_key="sandbox")), SMALL).pictures
    assert native.requests[0].path == "/volcv/v1"
