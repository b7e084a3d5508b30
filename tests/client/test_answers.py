"""Every shape that an answer can have, and what it is taken for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from volcv_client.answer.codes import CODES
from volcv_client.answer.envelope import Envelope, RawAnswer, has_result, parse, parse_data, task_status
from volcv_client.answer.json_values import elapsed
from volcv_client.errors import (
    BadAnswerError,
    BusyError,
    Charged,
    CredentialError,
    ModerationError,
    ParameterError,
    QuotaError,
    RefusedError,
    ServiceFaultError,
    VolcvError,
)

from .helpers import DOCUMENTED, KEY, success

REQUEST_ID = "20241217202340CF2A7B6D9E0F1A2B3C4D"


def raw(body: object, status: int = 200, **headers: str) -> RawAnswer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RawAnswer(status, CaseInsensitiveDict({k.replace("_", "-"): v for k, v in headers.items()}), content)


def failure(body: object, status: int = 200, **headers: str) -> VolcvError:
    with pytest.raises(VolcvError) as caught:
        parse(raw(body, status, **headers), secrets=(KEY,))
    return caught.value


def refusal(code: object, message: str = "m") -> dict[str, Any]:
    return {"code": code, "data": None, "message": message, "request_id": REQUEST_ID, "status": code}


def test_success_with_inline_pictures() -> None:
    body = success({"rephraser_result": "a dog", "pe_result": " ", "comfyui_cost": 10}, request_id=REQUEST_ID)
    envelope = parse(raw(body), texts=("rephraser_result", "pe_result"))
    assert envelope.request_id == REQUEST_ID
    assert envelope.texts == {"rephraser_result": "a dog"}
    assert (envelope.seconds, envelope.cost) == (16.52978614, 10.0)
    assert len(envelope.base64_pictures) == 1
    assert envelope.image_urls == ()


def test_success_with_links_only() -> None:
    envelope = parse(raw(success({"binary_data_base64": [], "image_urls": ["https://a/1", "https://a/2"]})))
    assert envelope.image_urls == ("https://a/1", "https://a/2")
    assert envelope.base64_pictures == ()


def test_both_lists_may_be_filled_and_blanks_do_not_count() -> None:
    envelope = parse(raw(success({"image_urls": ["", " ", "https://a/1"], "binary_data_base64": ["QQ==", None, ""]})))
    assert envelope.image_urls == ("https://a/1",)
    assert envelope.base64_pictures == ("QQ==",)


@pytest.mark.parametrize("listed", [True, False])
def test_links_and_inline_pictures_stay_in_order_when_both_are_there(listed: bool) -> None:
    urls, texts = ["https://a/1", "https://a/2"], ["QQ", "Qg=="]
    data = {"image_urls": [{"url": url} for url in urls], "binary_data_base64": texts}
    body = success(data)
    body["data"] = body["data"] if listed else json.dumps(body["data"])
    envelope = parse(raw(body))
    assert (envelope.image_urls, envelope.base64_pictures) == (tuple(urls), tuple(texts))


def test_entries_count_as_what_they_are() -> None:
    data = {"image_urls": ["https://a/1", "data:image/png;base64,QQ=="], "binary_data_base64": ["http://a/2", "Qg"]}
    envelope = parse(raw(success(data)))
    assert envelope.image_urls == ("https://a/1", "http://a/2")
    assert envelope.base64_pictures == ("Qg", "data:image/png;base64,QQ==")


@pytest.mark.parametrize("link", ["https://a/1.mp4", ["https://a/1.mp4"], {"url": "https://a/1.mp4"}])
def test_a_video_link_may_be_wrapped_as_well(link: object) -> None:
    assert parse(raw(success({"video_url": link})), video=True).image_urls == ("https://a/1.mp4",)


def test_a_poll_s_data_may_be_json_text() -> None:
    answer = raw({"code": 10000, "data": json.dumps({"status": "in_queue", "image_urls": "https://a/1"})})
    assert task_status(answer) == "in_queue"
    assert has_result(parse_data(answer)[0])


@pytest.mark.parametrize(
    "extra",
    [
        {"error": None},
        {"status": 0},
        {"code": "10000"},
        {"time_elapsed": None},
        {"unknown": [1]},
    ],
)
def test_a_paid_answer_is_not_lost_over_a_trifle(extra: dict[str, Any]) -> None:
    assert isinstance(parse(raw(success(**extra))), Envelope)


@pytest.mark.parametrize("algorithm", [None, "missing", {}, {"status_code": None}])
def test_a_missing_algorithm_status_is_no_failure(algorithm: object) -> None:
    body = success({"algorithm_base_resp": algorithm})
    if algorithm == "missing":
        del body["data"]["algorithm_base_resp"]
    assert isinstance(parse(raw(body)), Envelope)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7.5s", 7.5), ("812ms", 0.812), ("1m3.2s", 63.2), ("2h", 7200.0), ("15\u00b5s", 15e-6), ("", None), (7, None)],
)
def test_elapsed(text: object, seconds: float | None) -> None:
    assert elapsed(text) == (None if seconds is None else pytest.approx(seconds))


EXPECTED: dict[type[RefusedError], tuple[int | str, ...]] = {
    CredentialError: (50400, 100006, 100009, 100010, 100013, 100026, "gateway_auth", "invalid_request"),
    QuotaError: ("insufficient_user_quota",),
    BusyError: (50429, 50430, "model_not_found"),
    ModerationError: (50411, 50412, 50413, 50511, 50512, 50513, 50514, 50516, 50517, 50518, 50519, 60208),
    ServiceFaultError: (50500, 50501, 50520, 50521, 50522, 201304),
    ParameterError: (50200, 50201, 50204, 50205, 50206, 50207, 50209, 50210, 50211, 50213, 50214, 50215, 50402, 60102),
}
KINDS = {code: kind for kind, codes in EXPECTED.items() for code in codes}
SERVICE_CODES = [row for row in DOCUMENTED if isinstance(row["code"], int) and "name" not in row]
NATIVE_CODES = [row for row in DOCUMENTED if "name" in row]
GATEWAY_CODES = [row for row in DOCUMENTED if isinstance(row["code"], str)]


def test_the_table_holds_every_documented_code_with_its_status() -> None:
    assert {code: row.http for code, row in CODES.items()} == {row["code"]: row["http"] for row in DOCUMENTED}
    assert KINDS.keys() == CODES.keys()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("documented_status", [True, False])
@pytest.mark.parametrize("row", SERVICE_CODES, ids=lambda row: str(row["code"]))
def test_service_codes(
    row: dict[str, Any], documented_status: bool, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLCV_LANG", lang)
    status = (row["http"] or 400) if documented_status else 200
    error = failure(refusal(row["code"], row["message"] or "why it failed"), status)
    assert type(error) is KINDS[row["code"]]
    assert (error.key, error.code) == (str(row["code"]), row["code"])
    shown = str(error)
    for part in (str(row["code"]), f"HTTP {status}", REQUEST_ID, error.message, error.advice, row["message"]):
        assert part in shown
    assert len(error.message) > 4
    assert len(error.advice) > 4
    assert error.charged is Charged.NO


@pytest.mark.parametrize("field", ["code", "type"])
@pytest.mark.parametrize("row", GATEWAY_CODES, ids=lambda row: str(row["code"]))
def test_gateway_codes(row: dict[str, Any], field: str) -> None:
    message = f"something is wrong (request id: {REQUEST_ID})"
    error = failure({"error": {field: row["code"], "message": message}}, row["http"] or 403)
    assert type(error) is KINDS[row["code"]]
    assert (error.code, error.request_id) == (row["code"], REQUEST_ID)
    assert "something is wrong" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_an_unknown_service_code_still_says_everything(status: int) -> None:
    error = failure(refusal(59999, "Strange Trouble"), status)
    assert isinstance(error, RefusedError)
    assert error.key == "unknown_code"
    for part in ("59999", f"HTTP {status}", REQUEST_ID, "Strange Trouble"):
        assert part in str(error)


def test_an_unknown_gateway_code_follows_its_status() -> None:
    error = failure({"error": {"code": "teapot", "message": "short and stout"}}, 402)
    assert type(error) is QuotaError
    for part in ("teapot", "HTTP 402", "short and stout"):
        assert part in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Invalid token", "type": "new_api_error", "code": "invalid_token"}},
        {"error": {"message": "Incorrect: invalid api key", "type": "x"}},
        {"error": "Unauthorized"},
        {"error": {"message": "\u65e0\u6548\u7684\u4ee4\u724c"}},
    ],
)
def test_gateway_words_for_a_bad_key(body: dict[str, Any]) -> None:
    assert isinstance(failure(body, 401), CredentialError)


def test_wrong_path() -> None:
    message = "Invalid URL (POST /v1/volcv/v1), you may need [POST /volcv/v1]"
    error = failure({"error": {"message": message, "type": "invalid_request_error", "param": "", "code": ""}}, 404)
    assert error.key == "http_404"
    assert "VOLCV_BASE_URL" in str(error)


@pytest.mark.parametrize("number", [{"CodeN": 50430, "Code": "x"}, {"CodeN": "50430"}, {"Code": 50430}])
def test_response_metadata(number: dict[str, Any]) -> None:
    inner = {**number, "Message": "too many"}
    error = failure({"ResponseMetadata": {"RequestId": REQUEST_ID, "Error": inner}, "code": 10000, "data": {}}, 400)
    assert isinstance(error, BusyError)
    assert (error.code, error.request_id) == (50430, REQUEST_ID)
    assert "too many" in str(error)


def test_response_metadata_with_an_unknown_code_name() -> None:
    inner = {"Code": "MissingSignature", "Message": "no signature"}
    error = failure({"ResponseMetadata": {"RequestId": REQUEST_ID, "Error": inner}}, 401)
    assert isinstance(error, CredentialError)
    assert "MissingSignature" in str(error)


def native(inner: dict[str, Any], status: int, **headers: str) -> VolcvError:
    return failure({"ResponseMetadata": {"RequestId": REQUEST_ID, "Error": inner}}, status, **headers)


@pytest.mark.parametrize("row", NATIVE_CODES, ids=lambda row: str(row["name"]))
def test_codes_of_the_native_entrance_by_number_and_by_name(row: dict[str, Any]) -> None:
    number, name = {"CodeN": row["code"]}, {"Code": row["name"]}
    for inner, shown in (
        (number | name, row["code"]),
        (number, row["code"]),
        (name, row["name"]),
        ({"CodeN": 199999} | name, 199999),
    ):
        error = native({**inner, "Message": row["message"]}, row["http"])
        assert type(error) is CredentialError
        assert (error.key, error.http_status, error.charged) == (str(row["code"]), row["http"], Charged.NO)
        assert str(shown) in str(error) and row["message"] in str(error)


def test_a_gateway_may_give_other_codes_the_same_names() -> None:
    error = failure({"error": {"code": "AccessDenied", "message": "no"}}, 403)
    assert (error.key, error.code) == ("http_403", "AccessDenied")


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Jan 2024 00:00:00 GMT", "\ud800", "0"])
def test_a_date_that_is_none_costs_only_the_minutes(date: str) -> None:
    assert native({"CodeN": 100006}, 400, Date=date).key == "100006"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ParameterError),
        (401, CredentialError),
        (402, QuotaError),
        (403, QuotaError),
        (404, ParameterError),
        (413, ParameterError),
        (418, RefusedError),
        (429, BusyError),
        (500, ServiceFaultError),
        (502, ServiceFaultError),
        (503, BusyError),
        (504, ServiceFaultError),
        (599, ServiceFaultError),
        (301, RefusedError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html><title>Trouble</title></html>", b"plain"])
def test_statuses_without_json(status: int, kind: type[RefusedError], body: bytes) -> None:
    error = failure(body, status, X_Request_Id="abc-123456")
    assert type(error) is kind
    for part in (f"HTTP {status}", "abc-123456"):
        assert part in str(error)


@pytest.mark.parametrize(
    ("status", "charged"), [(500, Charged.MAYBE), (502, Charged.MAYBE), (504, Charged.MAYBE), (503, Charged.NO)]
)
def test_a_gateway_that_lost_the_service_may_have_charged(status: int, charged: Charged) -> None:
    assert failure(b"<html></html>", status).charged is charged


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"<!DOCTYPE html><html>login</html>", "html_answer"),
        (b"  \n<html>", "html_answer"),
        (b"", "not_json"),
        (b"OK", "not_json"),
        (b"[1, 2]", "not_json"),
        (b'"text"', "not_json"),
        (b"{", "not_json"),
        ({}, "unknown_shape"),
        ({"code": None}, "unknown_shape"),
        ({"ok": True, "images": []}, "unknown_shape"),
        ({"code": 10000}, "no_data"),
        ({"code": 10000, "data": None}, "no_data"),
        ({"code": 10000, "data": []}, "no_data"),
        ({"code": 10000, "data": {}}, "no_picture"),
        ({"code": 10000, "data": {"image_urls": [], "binary_data_base64": []}}, "no_picture"),
        ({"code": 10000, "data": {"image_urls": None, "binary_data_base64": [7]}}, "no_picture"),
        ({"code": 10000, "data": {"image_urls": {"url": 7}}}, "no_picture"),
        ({"code": 10000, "data": "{}"}, "no_picture"),
        ({"code": 10000, "data": "[]"}, "no_data"),
    ],
)
def test_success_that_is_none(body: object, key: str) -> None:
    error = failure(body)
    assert isinstance(error, BadAnswerError)
    assert (error.key, error.charged) == (key, Charged.MAYBE)
    assert "HTTP 200" in str(error)


def test_success_code_with_a_failing_status_is_no_success() -> None:
    assert isinstance(failure(success(), 500), BadAnswerError)


@pytest.mark.parametrize(("status_code", "kind"), [(50511, ModerationError), (-7, RefusedError), ("1", RefusedError)])
def test_the_algorithm_failed(status_code: object, kind: type[RefusedError]) -> None:
    algorithm = {"status_code": status_code, "status_message": "no luck"}
    error = failure(success({"algorithm_base_resp": algorithm}, request_id=REQUEST_ID))
    assert type(error) is kind
    for part in (str(status_code), "no luck", REQUEST_ID):
        assert part in str(error)


def test_data_without_pictures_is_enough_for_a_probe() -> None:
    data, request_id, _ = parse_data(raw({"code": 10000, "data": {"status": "not_found"}, "request_id": "abcdefg"}))
    assert (data, request_id) == ({"status": "not_found"}, "abcdefg")


@pytest.mark.parametrize("header", ["X_Tt_Logid", "x_request_id", "X_Oneapi_Request_Id"])
def test_request_id_from_the_headers(header: str) -> None:
    assert failure(refusal(50200) | {"request_id": None}, 400, **{header: REQUEST_ID}).request_id == REQUEST_ID


HOSTILE_IDS = [f"id {KEY}", "x" * 5000, "a\nb\r\nc", "\ud800abc"]


@pytest.mark.parametrize("value", HOSTILE_IDS)
def test_a_hostile_request_id_is_one_short_clean_line(value: str) -> None:
    errors = [
        failure(refusal(50200) | {"request_id": value}, 400),
        failure({"ResponseMetadata": {"RequestId": value, "Error": {"Code": "x"}}}, 400),
        failure({"code": 10000, "data": None, "request_id": value}),
    ]
    ids = [error.request_id for error in errors] + [parse(raw(success(request_id=value)), secrets=(KEY,)).request_id]
    for one in ids:
        assert one
        assert len(one) <= 80
        assert "\n" not in one
        assert KEY not in one
        one.encode()


def test_texts_can_always_be_written_to_a_file() -> None:
    body = success({"rephraser_result": "dog \ud83d"})
    assert parse(raw(body), texts=("rephraser_result",)).texts["rephraser_result"].encode()


@pytest.mark.parametrize("cost", [10**400, float("inf"), float("nan"), "10", True, None, {}])
def test_a_cost_that_is_no_number_is_left_out(cost: object) -> None:
    assert parse(raw(success({"comfyui_cost": cost}))).cost is None
