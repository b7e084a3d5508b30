"""The retry table, row by row, against servers that count."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from tests.gateway import Fault
from volcv_client.answer.raw import retry_after
from volcv_client.calls import retry
from volcv_client.calls.retry import LONGEST_WAIT, RULES, Rule, matches, rule_for, wait_before
from volcv_client.errors import (
    BadAnswerError,
    BusyError,
    DownloadError,
    LostAnswerError,
    ModerationError,
    NotSentError,
    ServiceFaultError,
    VolcvError,
)

from .helpers import SMALL, client_for, finish, make, make_at, profile, sandbox, start, success, until
from .wire import Script, WireServer, response

FIXED = {**SMALL, "seed": 7}
FAILURES: dict[str, VolcvError] = {
    "not connected": NotSentError("not_connected"),
    "proxy": NotSentError("proxy"),
    "rate limit": BusyError("50429", code=50429, http_status=429),
    "concurrency limit": BusyError("50430", code=50430, http_status=200),
    "HTTP 429": BusyError("http_429", http_status=429),
    "no channel": BusyError("model_not_found", code="model_not_found", http_status=503),
    "HTTP 503": BusyError("http_503", http_status=503),
    "internal error": ServiceFaultError("50500", code=50500, http_status=500),
    "result refused": ModerationError("50511", code=50511, http_status=400),
    "download": DownloadError("download_cut"),
}
NEVER = [
    LostAnswerError("timeout"),
    LostAnswerError("cut"),
    NotSentError("tls"),
    BadAnswerError("no_data"),
    ServiceFaultError("http_500", http_status=500),
    ServiceFaultError("http_502", http_status=502),
    ServiceFaultError("http_504", http_status=504),
    ServiceFaultError("50520", code=50520),
    DownloadError("link_expired", http_status=403),
    DownloadError("private_link"),
    *(ModerationError(str(code), code=code) for code in (50411, 50412, 50413, 50512, 50518)),
    *(VolcvError(str(code), code=code, http_status=429) for code in (50200, 50207, 50215, 50400, 50402)),
]


def test_every_row_has_a_failure_here() -> None:
    assert FAILURES.keys() == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_row_takes_its_failure_and_no_other_row_s(rule: Rule) -> None:
    assert rule_for(FAILURES[rule.name], random_seed=True) is rule
    assert [other for other, failure in FAILURES.items() if matches(rule, failure)] == [rule.name]
    fixed = rule_for(FAILURES[rule.name], random_seed=False)
    assert fixed is (None if rule.random_seed_only else rule)


@pytest.mark.parametrize("failure", NEVER, ids=lambda failure: failure.key)
@pytest.mark.parametrize("random_seed", [True, False])
def test_what_may_have_been_worked_on_or_would_fail_again_matches_no_row(
    failure: VolcvError, random_seed: bool
) -> None:
    assert rule_for(failure, random_seed=random_seed) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_waits_double_up_to_a_cap(rule: Rule) -> None:
    nothing = FAILURES[rule.name]
    waits = [wait_before(rule, attempt, nothing, steady(0.0)) for attempt in range(1, rule.retries + 1)]
    assert waits == [min(LONGEST_WAIT, rule.first_wait * 2**n) for n in range(rule.retries)]
    jittered = wait_before(rule, 1, nothing, steady(1.0))
    assert jittered == pytest.approx(waits[0] * 1.25)


class steady(random.Random):
    """Always the same number."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self._value = value

    def random(self) -> float:
        return self._value


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def later(**span: float) -> str:
    return format_datetime(NOW + timedelta(**span), usegmt=True)


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("0", 0.0),
        ("-3", 0.0),
        (later(seconds=30), 30.0),
        (later(hours=-1), 0.0),
        (later(days=3650), 3650 * 86400.0),
        ("Fri, 02 Jan 2026 04:04:05 +0100", 0.0),
        ("Fri, 02 Jan 2026 03:04:15", 10.0),
        ("999999999", 999999999.0),
        ("99999999999999999999", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Fri, 99 Foo 2026 25:61:61 GMT", None),
        ("1e5", None),
        ("NaN", None),
    ],
)
def test_retry_after_is_read(header: str | None, asked: float | None) -> None:
    assert retry_after(header, NOW) == asked


@pytest.mark.parametrize(
    ("rule_name", "asked", "wait"),
    [
        ("rate limit", 7.0, 7.0),
        ("rate limit", 0.0, 1.0),
        ("rate limit", None, 1.0),
        ("rate limit", 1e9, LONGEST_WAIT),
        ("HTTP 503", 5.0, 5.0),
        ("HTTP 429", 5.0, 5.0),
        ("no channel", 5.0, 5.0),
        ("internal error", 5.0, 1.0),
    ],
)
def test_retry_after_counts_if_it_is_longer_and_is_capped(rule_name: str, asked: float | None, wait: float) -> None:
    rule = next(rule for rule in RULES if rule.name == rule_name)
    failure = BusyError("http_429", http_status=429)
    failure.retry_after = asked
    assert wait_before(rule, 1, failure, steady(0.0)) == wait


@pytest.mark.parametrize("seconds", [0.3, 0.6])
def test_retry_after_is_waited_for(quick_retries: None, seconds: float) -> None:
    with sandbox(Fault(code=50429, headers={"Retry-After": str(seconds)})) as server:
        make_at(server)
        first, second = server.requests
    assert seconds <= second.time - first.time < seconds * 1.25 + 0.5


@pytest.mark.parametrize("header", ["Thu, 01 Jan 1970 00:00:00 GMT", "rubbish", "-1", "\u00e9"])
def test_a_strange_retry_after_changes_nothing(quick_retries: None, header: str) -> None:
    with sandbox(Fault(code=50429, headers={"Retry-After": header})) as server:
        assert len(make_at(server).pictures) == 1
        first, second = server.requests
    assert second.time - first.time < 1.0


API_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("rate limit", {"code": 50429}),
    ("rate limit", {"code": 50429, "status": 200}),
    ("concurrency limit", {"code": 50430}),
    ("HTTP 429", {"status": 429}),
    ("no channel", {"code": "model_not_found"}),
    ("HTTP 503", {"status": 503}),
    ("HTTP 503", {"status": 503, "body": b"<html>busy</html>"}),
    ("internal error", {"code": 50500}),
    ("internal error", {"code": 50501}),
    ("result refused", {"code": 50511}),
    ("result refused", {"code": 50519}),
]


@pytest.mark.parametrize(("name", "fault"), API_ROWS)
def test_the_row_s_retries_are_made_and_the_last_may_succeed(
    quick_retries: None, name: str, fault: dict[str, Any]
) -> None:
    retries = next(rule.retries for rule in RULES if rule.name == name)
    with sandbox(Fault(times=retries, **fault)) as server:
        assert len(make_at(server).pictures) == 1
        assert (len(server.requests), server.charged) == (retries + 1, 1)


@pytest.mark.parametrize(("name", "fault"), API_ROWS)
def test_and_no_more_than_the_row_says(quick_retries: None, name: str, fault: dict[str, Any]) -> None:
    retries = next(rule.retries for rule in RULES if rule.name == name)
    with sandbox(Fault(times=None, **fault)) as server:
        with pytest.raises(VolcvError):
            make_at(server)
        assert (len(server.requests), server.charged) == (retries + 1, 0)


@pytest.mark.parametrize("code", [50511, 50519])
def test_a_refused_result_of_a_fixed_seed_is_not_tried_again(quick_retries: None, code: int) -> None:
    with sandbox(Fault(times=None, code=code)) as server:
        with pytest.raises(ModerationError):
            make_at(server, FIXED)
        assert len(server.requests) == 1


def test_rows_are_counted_separately(quick_retries: None) -> None:
    faults = [Fault(code=50500), Fault(status=503), Fault(code=50501), Fault(code=50430)]
    with sandbox(*faults) as server:
        with pytest.raises(ServiceFaultError):
            make_at(server)
        assert [request.code for request in server.requests] == [50500, None, 50501]


@pytest.mark.parametrize("values", [SMALL, FIXED])
@pytest.mark.parametrize(
    "script", [Script(), Script(reset=True), Script(hold=30.0)], ids=["cut", "reset", "no answer in time"]
)
def test_never_again_after_a_lost_answer(quick_retries: None, script: Script, values: dict[str, Any]) -> None:
    good = Script(send=response(success()))
    with WireServer(script, good) as server:
        with pytest.raises(LostAnswerError):
            make(client_for(profile(server.url, timeout=0.4)), values)
        assert len(server.requests) == 1


def test_a_refused_connection_is_tried_again_until_somebody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tuple(replace(rule, first_wait=0.5) for rule in RULES)
    monkeypatch.setattr(retry, "RULES", slow)
    with WireServer() as gone:
        url = gone.url
        port = gone.port
    run = start(client_for(profile(url)))
    until(lambda: run.calls[0].retries == 1)
    with sandbox(port=port) as server:
        assert len(finish(run).pictures) == 1
        assert len(server.requests) == 1


def test_a_download_is_tried_again_but_not_the_call(quick_retries: None) -> None:
    with sandbox(Fault(times=2, where="file", cut="in_body")) as server:
        assert len(make_at(server, {**SMALL, "return_url": True}).pictures) == 1
        assert (len(server.requests), server.charged) == (1, 1)


def test_the_status_line_tells_of_the_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RULES", tuple(replace(rule, first_wait=0.4) for rule in RULES))
    with sandbox(Fault(code=50429)) as server:
        run = start(client_for(profile(server.url)))
        seen = set()
        while not run.calls[0].ended:
            seen.add(run.status())
        finish(run)
    assert any("retry 1: The limit of requests per second is reached." in line for line in seen)
