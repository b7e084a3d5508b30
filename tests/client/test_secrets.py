"""A canary key, looked for everywhere that people and files can see."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client import config
from volcv_client.config import Profile
from volcv_client.errors import BadAnswerError, CredentialError, VolcvError
from volcv_client.images import batch

from .helpers import KEY, SMALL, client_for, colour, error_of, finish, make, make_at, profile, sandbox, start
from .wire import Script, WireServer, response

SECRETS = (KEY, "AKLTcanary0123456789", "canary-secret-key-0123456789==", "canary-session-token-0123456789")


def everything() -> Profile:
    access, secret, session = SECRETS[1:]
    return Profile(base_url="http://x", api_key=KEY, access_key=access, secret_key=secret, session_token=session)


def test_not_in_a_profile_s_text() -> None:
    one = everything()
    for text in (repr(one), str(one), f"{one.ready()}"):
        assert not any(secret in text for secret in SECRETS)
    assert set(one.secrets) == set(SECRETS)


def test_not_in_logs_files_or_the_response_of_a_good_run(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    with sandbox() as server:
        values = {**SMALL, "seed": 7, "return_url": True}
        outcome = make_at(server, values)
        again = make_at(server, values)
    assert caplog.records
    texts = [caplog.text, outcome.response, again.response, outcome.text, repr(outcome.results), repr(again.notes)]
    texts += [path.read_bytes().decode("latin-1") for path in config.home().rglob("*") if path.is_file()]
    assert len(texts) > 7
    assert not any(KEY in text for text in texts)


def test_no_log_line_holds_base64_or_a_signed_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="volcv_client")
    with sandbox() as server:
        client = client_for(profile(server.url))
        make(client, {"prompt": "a cat"}, {"image": [colour()]}, key="i2i_outpainting")
    for record in caplog.records:
        message = record.getMessage()
        assert "?" not in message or "Action=" in message
        assert len(message) < 500


@pytest.mark.parametrize(
    "fault",
    [
        Fault(code="invalid_token", message=f"Incorrect API key provided: {KEY}."),
        Fault(code=50400, message=f"key {KEY} has no access"),
        Fault(status=401, body=f"<html>Bearer {KEY} is not known</html>".encode()),
        Fault(status=200, body=f"<title>{KEY}</title>".encode().join([b"<html>", b"</html>"])),
        Fault(status=500, body=f"Authorization: Bearer {KEY}".encode()),
        Fault(status=200, body=("x" * 290 + KEY).encode()),
        Fault(edit=lambda answer: {**answer, "data": None, "request_id": f"id-{KEY}"}),
        Fault(code="teapot", status=418, message="m", headers={"X-Request-Id": KEY}),
        Fault(code=f"bad_key_{KEY}", status=400),
    ],
    ids=range(9),
)
def test_not_in_an_error_that_quotes_it(fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with sandbox(fault) as server:
        run = start(client_for(profile(server.url)))
        with pytest.raises(VolcvError) as caught:
            finish(run)
    error = caught.value
    shown = "".join(traceback.format_exception(error))
    for text in (str(error), repr(error), repr(error.__dict__), shown, run.status(), caplog.text):
        assert KEY not in text
        assert KEY[:12] not in text


def test_not_in_the_traceback_of_an_unexpected_failure(
    server: Gateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoder(data: bytes, place: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(batch, "decode_image", decoder)
    error = error_of(start(client_for(profile(server.url))))
    assert isinstance(error, RuntimeError)
    assert "unexpected failure" in caplog.text
    assert KEY not in caplog.text + "".join(traceback.format_exception(error))


def test_errors_of_broken_connections_hold_no_signed_url(quick_retries: None) -> None:
    link = "http://127.0.0.1:1/a.png?X-Signature=canary-signature"

    def edit(answer: dict[str, object]) -> dict[str, object]:
        data = answer["data"]
        assert isinstance(data, dict)
        data.update(image_urls=[link], binary_data_base64=[])
        return answer

    with sandbox(Fault(edit=edit)) as server, pytest.raises(VolcvError) as caught:
        make_at(server)
    assert "canary-signature" not in str(caught.value) + repr(caught.value.__dict__)


def test_an_error_names_the_class_without_an_install_path() -> None:
    for kind in (CredentialError, BadAnswerError):
        assert traceback.format_exception_only(kind("no_data"))[0].startswith(f"{kind.__name__}: ")


def test_a_key_with_a_line_break_is_not_sent_as_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_API_KEY", "abc\r\nX-Evil: 1")
    monkeypatch.setenv("VOLCV_BASE_URL", "http://127.0.0.1:1")
    with pytest.raises(VolcvError) as caught:
        config.profile()
    assert "Evil" not in str(caught.value)
    assert "VOLCV_API_KEY" in str(caught.value)


def test_the_key_goes_to_the_gateway_only() -> None:
    with WireServer(Script(send=response(b"x", kind="image/png"))) as other:

        def edit(answer: dict[str, object]) -> dict[str, object]:
            data = answer["data"]
            assert isinstance(data, dict)
            data.update(image_urls=[other.url + "/a.png"], binary_data_base64=[])
            return answer

        with sandbox(Fault(edit=edit)) as server, pytest.raises(BadAnswerError):
            make(client_for(profile(server.url)))
        assert other.requests
        assert all(KEY.encode() not in request for request in other.requests)
