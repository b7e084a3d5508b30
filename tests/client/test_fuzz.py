"""Whatever comes in, nothing but our own errors comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from volcv_client import config, messages
from volcv_client.answer.envelope import Envelope, RawAnswer, parse
from volcv_client.answer.raw import retry_after
from volcv_client.calls.retry import RULES, rule_for, wait_before
from volcv_client.config import Profile, normalize_base_url
from volcv_client.errors import SetupError, VolcvError
from volcv_client.redact import redact, secret_suffix

from .helpers import DOCUMENTED, KEY, success

CODES = [row["code"] for row in DOCUMENTED]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(CODES)
jsons = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
statuses = st.sampled_from([200, 201, 204, 301, 302, 400, 401, 402, 403, 404, 413, 418, 429, 500, 502, 503, 504, 599])
values = jsons | st.just(KEY) | st.just(f"Bearer {KEY}")
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "code": values | st.just(10000),
        "status": values,
        "message": values,
        "request_id": values,
        "time_elapsed": values | st.just("1m2.5s"),
        "error": values | st.fixed_dictionaries({}, optional={"message": values, "code": values, "type": values}),
        "ResponseMetadata": values
        | st.fixed_dictionaries(
            {},
            optional={
                "RequestId": values,
                "Error": values
                | st.fixed_dictionaries({}, optional={"Code": values, "CodeN": values, "Message": values}),
            },
        ),
        "data": values
        | st.fixed_dictionaries(
            {},
            optional={
                "algorithm_base_resp": values
                | st.fixed_dictionaries({}, optional={"status_code": values, "status_message": values}),
                "image_urls": values | st.lists(values, max_size=3),
                "binary_data_base64": values | st.lists(values, max_size=3),
                "comfyui_cost": values,
                "rephraser_result": values,
            },
        ),
    },
)
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "X-Request-Id", "X-Tt-Logid", "Content-Type"]), st.text(max_size=30) | st.just(KEY)
)


def judge(raw: RawAnswer) -> None:
    """An envelope with something in it, or one of our errors that can be shown and holds no key."""
    try:
        envelope = parse(raw, texts=("rephraser_result",), secrets=(KEY,))
    except VolcvError as error:
        shown = str(error)
        assert error.message
        assert error.advice
        assert error.message in shown
        assert KEY not in shown + repr(error) + error.request_id + error.service_message
        assert len(shown) < 1500
        rule = rule_for(error, random_seed=True)
        assert rule is None or 0 <= wait_before(rule, 1, error) <= 75
        shown.encode()
    else:
        assert isinstance(envelope, Envelope)
        assert envelope.image_urls or envelope.base64_pictures
        json.dumps([envelope.cost, envelope.seconds, *envelope.texts.values()], allow_nan=False)
        envelope.request_id.encode()


@settings(max_examples=150)
@given(statuses, envelopes, headers)
def test_any_envelope(status: int, body: dict[str, Any], sent: dict[str, str]) -> None:
    judge(RawAnswer(status, CaseInsensitiveDict(sent), json.dumps(body).encode()))


@given(statuses, jsons, headers)
def test_any_json(status: int, body: object, sent: dict[str, str]) -> None:
    judge(RawAnswer(status, CaseInsensitiveDict(sent), json.dumps(body).encode()))


@given(statuses, st.binary(max_size=300), headers)
def test_any_bytes(status: int, body: bytes, sent: dict[str, str]) -> None:
    judge(RawAnswer(status, CaseInsensitiveDict(sent), body))


@given(statuses, st.data())
def test_any_damage_to_a_good_answer(status: int, data: st.DataObject) -> None:
    good = bytearray(json.dumps(success()).encode())
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    judge(RawAnswer(status, CaseInsensitiveDict(), bytes(good[: data.draw(st.integers(0, len(good)))])))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b'{"code":' + b"9" * 5000 + b"}"])
def test_bodies_made_to_break_a_parser(body: bytes) -> None:
    judge(RawAnswer(200, CaseInsensitiveDict(), body))


@pytest.mark.parametrize("before", [0, 250, 290, 390, 4080])
@pytest.mark.parametrize("status", [200, 500])
def test_a_key_is_hidden_wherever_it_stands_in_a_page(before: int, status: int) -> None:
    page = b"x" * before + b" " + KEY.encode() + b" and more"
    with pytest.raises(VolcvError) as caught:
        parse(RawAnswer(status, CaseInsensitiveDict(), page), secrets=(KEY,))
    assert KEY[:12] not in str(caught.value)


@given(st.text(max_size=40) | st.datetimes().map(str))
def test_any_retry_after(text: str) -> None:
    seconds = retry_after(text)
    assert seconds is None or seconds >= 0


profiles = st.dictionaries(
    st.sampled_from(["default", "other", "sandbox"]),
    jsons
    | st.dictionaries(
        st.sampled_from([*config.SETTINGS, "unknown"]), jsons | st.just("http://gateway.example"), max_size=5
    ),
    max_size=3,
)
contents = jsons | st.fixed_dictionaries(
    {},
    optional={"active": jsons | st.sampled_from(["default", "other", "sandbox"]), "profiles": jsons | profiles},
)


def read_profile() -> None:
    try:
        loaded = config.profile()
        loaded.ready()
    except SetupError as error:
        assert str(error)
    else:
        assert isinstance(loaded, Profile)
        assert 1 <= loaded.max_concurrency <= 64
        assert 1 <= loaded.timeout <= 86400
        assert isinstance(loaded.reuse, bool)
        repr(loaded)


@given(contents)
def test_any_json_as_configuration(content: object) -> None:
    config.home().mkdir(parents=True, exist_ok=True)
    config.config_file().write_text(json.dumps(content), encoding="utf-8")
    read_profile()


@given(st.binary(max_size=100))
def test_any_bytes_as_configuration(content: bytes) -> None:
    config.home().mkdir(parents=True, exist_ok=True)
    config.config_file().write_bytes(content)
    read_profile()


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda text: "https://" + text))
def test_any_text_as_gateway_address(text: str) -> None:
    try:
        origin = normalize_base_url(text)
    except SetupError as error:
        assert str(error)
        return
    assert origin.startswith(("http://", "https://"))
    assert not origin.endswith(("/", config.GATEWAY_PATH))
    assert normalize_base_url(origin) == origin


secrets = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8, max_size=40)


@given(st.lists(secrets, min_size=1, max_size=3), st.lists(st.text(max_size=30), max_size=3), st.integers(0, 500))
def test_no_secret_gets_through(hidden: list[str], around: list[str], filler: int) -> None:
    text = " ".join([*around, "y" * filler, *hidden, "z".join(hidden), *around])
    shown = redact(text, hidden)
    assert len(shown) <= 400
    for secret in hidden:
        if any(secret in part for part in around) or not set(secret) <= set("yz*"):
            assert secret not in shown.replace("***", "|")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("key sk-AbCdEf123456 is wrong", "sk-AbCdEf123456"),
        ("see https://a.example/p.png?X-Sign=abcdef&x=1 now", "abcdef"),
        ("picture " + "QUJD" * 100, "QUJD" * 30),
    ],
)
def test_things_that_look_secret_are_hidden_without_being_known(text: str, hidden: str) -> None:
    assert hidden not in redact(text)


def test_a_secret_that_is_part_of_another() -> None:
    assert redact("a key-0001-and-more b key-0001", ["key-0001", "key-0001-and-more"]) == "a *** b ***"


@given(secrets)
def test_a_secret_suffix_never_shows_most_of_a_secret(secret: str) -> None:
    shown = secret_suffix(secret)
    assert secret.endswith(shown)
    assert len(shown) * 3 <= len(secret)


def test_rules_and_languages_are_what_the_fuzz_assumes() -> None:
    assert RULES
    assert messages.LANGUAGES == ("en", "zh")
