"""``volcv check``: what is free, what is paid for, and what is found out about a service."""

from __future__ import annotations

import io
import json
import sys
from _thread import interrupt_main
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Facts, Fault, Gateway
from tests.gateway.server import FaultyHandler
from tests.generate import fixtures
from tests.generate.files import write
from volcv_client.calls import task_call
from volcv_client.client import Client

from .conftest import KEY, Command, Ran

T2I, OUTPAINT, PRODUCT, JIMENG = (
    "high_aes_general_v14",
    "i2i_outpainting",
    "img2img_e_commerce_style",
    "jimeng_t2i_v40",
)
ERASE, REPAINT = "i2i_inpainting", "i2i_inpainting_edit"
AS_DECLARED: Mapping[str, Mapping[str, str]] = {
    OUTPAINT: {"prompt_field": "prompt", "mask": "white"},
    PRODUCT: {"pictures": "inline"},
    JIMENG: {"pictures": "inline"},
    ERASE: {"mask": "white"},
    REPAINT: {"mask": "white"},
}
THE_OTHER_WAY: Mapping[str, Mapping[str, str]] = {
    OUTPAINT: {"prompt_field": "custom_prompt", "mask": "black"},
    PRODUCT: {"pictures": "links"},
    JIMENG: {"pictures": "links"},
    ERASE: {"mask": "black"},
    REPAINT: {"mask": "black"},
}
QUESTIONS = 6
"""Open questions in the table, each at most one charged call."""
NO_UPLOAD = Fault(where="upload", status=404, times=None)
FIXTURES = sorted(fixtures.FOLDER.glob("*.json"))


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(task_call, "FIRST_POLL", 0.02)
    monkeypatch.chdir(tmp_path)


Live = Callable[..., tuple[Ran, dict[str, Any]]]


@pytest.fixture
def live(volcv: Command, tmp_path: Path) -> Live:
    """Runs ``volcv check --live --yes``; what it left behind, and its report."""

    def run(*arguments: object, spend: int) -> tuple[Ran, dict[str, Any]]:
        path = tmp_path / "report.json"
        path.unlink(missing_ok=True)
        ran = volcv("check", "--live", "--yes", "--spend", spend, "--report", path, *arguments)
        return ran, json.loads(path.read_text(encoding="utf-8"))

    return run


def outcomes(ran: Ran) -> list[str]:
    """The outcomes of the free checks: address, key, clock, task, upload."""
    return [line.split(":")[0] for line in ran.out.splitlines()[:5]]


def of(report: dict[str, Any], key: str) -> dict[str, Any]:
    """The first step of that model."""
    found: dict[str, Any] = next(one for one in report["models"] if one["req_key"] == key)
    return found


def slow(field: str) -> Fault:
    """Requests with that field take long enough to be there at the same time."""
    return Fault(delay=0.4, times=None, match=lambda body: field in body)


OK, FAILED, SKIPPED = "ok", "failed", "skipped"


def test_a_good_configuration(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    ran = volcv("check")
    assert ran.code == 0 and outcomes(ran) == [OK] * 5
    assert "/v1/files" in ran.out and (server.charged, server.uploads) == (0, 1)
    assert [one.action for one in server.requests] == ["CVSync2AsyncGetResult"]
    assert list(tmp_path.glob("volcv-check*")) == []


@pytest.mark.parametrize(
    ("faults", "expected", "said"),
    [
        ([Fault(code="invalid_token")], [OK, FAILED, OK, SKIPPED, SKIPPED], "did not accept the key"),
        ([Fault(code="insufficient_user_quota")], [OK, FAILED, OK, SKIPPED, SKIPPED], "quota"),
        ([Fault(code=50430)], [OK, SKIPPED, OK, FAILED, OK], "50430"),
        ([Fault(status=502, body=b"<html>bad</html>")], [OK, SKIPPED, OK, FAILED, OK], "502"),
        ([Fault(status=404, body=b"<html>no</html>")], [FAILED, *[SKIPPED] * 4], "404"),
        ([Fault(body=b"<html>hello</html>")], [FAILED, *[SKIPPED] * 4], "web page"),
        ([Fault(cut="before_headers")], [FAILED, *[SKIPPED] * 4], "127.0.0.1"),
        ([NO_UPLOAD], [OK, OK, OK, OK, SKIPPED], "no picture at /v1/files"),
        ([Fault(where="file", status=404)], [OK, OK, OK, OK, FAILED], "404"),
        ([Fault(where="file", body=b"hello")], [OK, OK, OK, OK, FAILED], ""),
    ],
)
def test_what_is_wrong_is_named(
    volcv: Command, server: Gateway, faults: list[Fault], expected: list[str], said: str
) -> None:
    server.inject(*faults)
    ran = volcv("check", "--json")
    report = json.loads(ran.out)
    assert [one["outcome"] for one in report["checks"]] == expected
    assert said in ran.err and ran.code == int(FAILED in expected)
    assert server.charged == 0 and KEY not in ran.out + ran.err


def test_an_upload_address_that_is_set_must_work(
    volcv: Command, server: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLCV_UPLOAD_URL", f"{server.url}/v1/files")
    assert "upload_url (127.0.0.1) takes" in volcv("check").out
    server.inject(NO_UPLOAD)
    ran = volcv("check")
    assert ran.code == 1 and outcomes(ran)[4] == FAILED


@pytest.mark.parametrize(("minutes", "said"), [(20, "20 min ahead"), (-20, "20 min behind")])
def test_a_wrong_clock_matters_for_signed_calls_only(
    volcv: Command, monkeypatch: pytest.MonkeyPatch, minutes: int, said: str
) -> None:
    """The signature is not refused here: what is off is the Date header."""
    moment = datetime.now(timezone.utc) - timedelta(minutes=minutes)
    monkeypatch.setattr(FaultyHandler, "date_time_string", lambda *_: format_datetime(moment, usegmt=True))
    with Gateway(api_keys=(KEY,), access_keys={"AK": "SK"}) as server:
        monkeypatch.setenv("VOLCV_BASE_URL", server.url)
        monkeypatch.setenv("VOLCV_API_KEY", KEY)
        ran = volcv("check")
        assert ran.code == 0 and outcomes(ran)[2] == OK and said in ran.out and "signed" in ran.out
        monkeypatch.delenv("VOLCV_API_KEY")
        monkeypatch.setenv("VOLCV_ACCESS_KEY", "AK")
        monkeypatch.setenv("VOLCV_SECRET_KEY", "SK")
        ran = volcv("check")
        assert ran.code == 1 and outcomes(ran) == [OK, OK, FAILED, OK, SKIPPED] and said in ran.out


def test_nothing_is_configured(volcv: Command) -> None:
    ran = volcv("check")
    assert ran.code == 2 and "VOLCV_BASE_URL" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--live"], "--spend N"),
        (["--live", "--spend", 0, "--yes"], "0"),
        (["--live", "--spend", 3], "--yes"),
        (["--spend", 3], "--live"),
        (["--yes"], "--live"),
        (["--model", T2I], "--live"),
        (["--live", "--spend", 3, "--yes", "--model", "no_such_model"], "no_such_model"),
        (["--live", "--spend", 3, "--yes", "--report", "there.json"], "there.json"),
    ],
)
def test_what_cannot_be_meant_sends_nothing(
    volcv: Command, server: Gateway, monkeypatch: pytest.MonkeyPatch, options: list[object], said: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    Path("there.json").write_text("mine")
    ran = volcv("check", *options)
    assert ran.code == 2 and said in ran.err and server.requests == []
    assert Path("there.json").read_text() == "mine"


@pytest.mark.parametrize(("answer", "charged"), [("n", 0), ("", 0), ("y", 1)])
def test_it_says_what_it_will_cost_and_asks(
    volcv: Command, server: Gateway, monkeypatch: pytest.MonkeyPatch, answer: str, charged: int, tmp_path: Path
) -> None:
    terminal = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    ran = volcv("check", "--live", "--spend", 1, "--model", JIMENG)
    assert ran.code == 0 and server.charged == charged
    assert "at most 1 charged call" in ran.err and "CNY 0.22" in ran.err and JIMENG in ran.err
    assert len(list(tmp_path.glob("volcv-check-*.json"))) == charged


def test_a_price_that_nobody_states(live: Live, server: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, _ = live("--model", T2I, spend=3)
    assert "price of 3 calls is not known" in ran.err
    monkeypatch.setenv("VOLCV_PRICES", "USD, 0.1")
    ran, _ = live("--model", T2I, spend=3)
    assert "USD 0.30" in ran.err and "not known" not in ran.err


@pytest.mark.parametrize("facts", [AS_DECLARED, THE_OTHER_WAY], ids=["as declared", "the other way"])
def test_open_questions_are_settled(live: Live, server: Gateway, facts: Mapping[str, Mapping[str, str]]) -> None:
    server.facts = Facts(facts)
    keys = [part for key in facts for part in ("--model", key)]
    ran, report = live(*keys, spend=QUESTIONS)
    assert ran.code == 0 and report["facts"] == facts, ran.out
    assert report["charged"] == server.charged == QUESTIONS
    assert {one["outcome"] for model in report["models"] for one in model["tries"]} <= {"accepted", "refused"}
    assert len(Client().store.newest(9)) == QUESTIONS, "results are stored as usual"
    text = json.dumps(report)
    assert KEY not in text + ran.out + ran.err and not fixtures.looks_secret(text)


def test_the_default_models_come_first(live: Live, server: Gateway) -> None:
    ran, report = live(spend=5)
    assert [one["req_key"] for one in report["models"]] == [T2I, "byteedit_v2.0", OUTPAINT, PRODUCT, JIMENG]
    assert ran.code == 0 and report["charged"] == server.charged == 5
    first = of(report, T2I)["tries"][0]
    assert first["fields"]["width"] == first["files"][0]["width"] == 128 and first["files"][0]["format"] == "jpg"
    assert first["fields"]["prompt"] and first["seconds"] >= 0 and first["request_id"]


@pytest.mark.parametrize(
    ("refused", "expected", "tries"),
    [("custom_prompt", "prompt", 2), ("prompt", "custom_prompt", 3)],
)
def test_a_field_that_is_refused(live: Live, server: Gateway, refused: str, expected: str, tries: int) -> None:
    server.inject(Fault(code=50200, message=f"unknown field {refused}", times=None, match=lambda body: refused in body))
    _, report = live("--model", OUTPAINT, spend=1)
    assert report["facts"] == {OUTPAINT: {"prompt_field": expected}}
    sent = of(report, OUTPAINT)["tries"]
    assert len(sent) == tries and server.charged == report["charged"] == 1
    assert sent[0]["code"] == 50200 and refused in sent[0]["message"] and sent[0]["charged"] == 0


def test_pictures_as_links_need_an_upload(live: Live, server: Gateway) -> None:
    server.facts = Facts({PRODUCT: {"pictures": "links"}})
    server.inject(NO_UPLOAD)
    ran, report = live("--model", PRODUCT, spend=1)
    assert [one["outcome"] for one in of(report, PRODUCT)["tries"]] == ["refused", "failed"]
    assert report["facts"] == {} and server.charged == 0 and ran.code == 0


def test_neither_what_is_remembered_nor_an_upload_address_answers(
    live: Live, server: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLCV_UPLOAD_URL", f"{server.url}/v1/files")
    server.facts = Facts({PRODUCT: {"pictures": "links"}})
    live("--model", PRODUCT, spend=1)
    server.facts = Facts()
    _, report = live("--model", PRODUCT, spend=1)
    assert report["facts"] == {PRODUCT: {"pictures": "inline"}} and server.charged == 2


def test_a_lost_answer_is_not_asked_for_again(live: Live, server: Gateway) -> None:
    server.inject(Fault(cut="before_headers", action="CVProcess"))
    _, report = live("--model", OUTPAINT, spend=1)
    assert [(one["outcome"], one["charged"]) for one in of(report, OUTPAINT)["tries"]] == [("unknown", 1)]
    assert server.charged == 1 and report["facts"] == {}


def test_ctrl_c_finishes_what_was_sent_and_writes_the_report(live: Live, server: Gateway) -> None:
    def interrupt(body: dict[str, Any]) -> bool:
        if body.get("req_key") == OUTPAINT:
            interrupt_main()
            return True
        return False

    server.inject(Fault(delay=0.2, match=interrupt))
    ran, report = live("--model", OUTPAINT, "--model", T2I, spend=4)
    assert ran.code == 130 and report["charged"] == server.charged == 1
    assert [one["tries"][0]["outcome"] for one in report["models"]] == ["accepted"]


def test_the_native_service_makes_no_links(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    with Gateway(access_keys={"AK": "SK-canary-71"}, facts=Facts({PRODUCT: {"pictures": "links"}})) as native:
        for name, value in {"BASE_URL": native.url, "ACCESS_KEY": "AK", "SECRET_KEY": "SK-canary-71"}.items():
            monkeypatch.setenv(f"VOLCV_{name}", value)
        ran, report = live("--model", PRODUCT, spend=1)
        assert [one["outcome"] for one in of(report, PRODUCT)["tries"]] == ["refused", "not sent"]
        assert ran.code == 0 and "50207" in ran.out and native.charged == 0
        assert report["service"]["kind"] == "native" and "SK-canary" not in json.dumps(report)


def test_a_task_that_fails_may_be_charged(live: Live, server: Gateway) -> None:
    server.inject(Fault(task=50207))
    _, report = live("--model", JIMENG, spend=1)
    assert [one["code"] for one in of(report, JIMENG)["tries"]] == [50207]
    assert report["charged"] == server.charged == 1 and report["facts"] == {}


def test_it_counts_against_the_limits(live: Live, server: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_DAILY_LIMIT", "1")
    ran, report = live(spend=5)
    assert ran.code == 1 and server.charged == report["charged"] == 1
    assert [one["tries"][0]["outcome"] for one in report["models"]] == ["accepted", "failed"]
    assert of(report, "byteedit_v2.0")["tries"][0]["error"] == "daily_limit"


@pytest.mark.parametrize(("most", "code"), [(1, 50430), (2, 50429)])
def test_how_many_at_once(live: Live, server: Gateway, most: int, code: int) -> None:
    server.facts, server.max_in_flight = Facts(calls=most, too_many=code), most
    server.inject(slow("width"), slow("task_id"))
    ran, report = live("--model", T2I, spend=5)
    assert report["concurrency"] == {"calls": most, "code": code}
    assert report["at_once"]["calls"]["sent"] == 4 and f"{most} of 4 accepted" in ran.out
    assert report["charged"] == server.charged == 1 + most, "what is refused is not sent again"
    polls = report["at_once"]["polls"]
    assert polls[-1]["refused"] == polls[-1]["sent"] - most and polls[-1]["codes"] == [str(code)]


def test_no_limit_is_found_where_there_is_none(live: Live, server: Gateway) -> None:
    _, report = live("--model", T2I, spend=3)
    assert report["concurrency"] is None and report["at_once"]["calls"]["accepted"] == 2
    assert [one["refused"] for one in report["at_once"]["polls"]] == [0, 0, 0]


def test_nothing_is_paid_with_a_wrong_key(live: Live, server: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_API_KEY", "sk-wrong-000000000000")
    ran, report = live(spend=5)
    assert ran.code == 1 and report["models"] == [] and len(server.requests) == 1
    assert "sk-wrong" not in ran.out + ran.err + json.dumps(report)


def test_a_report_without_secrets_even_if_the_service_repeats_them(live: Live, server: Gateway) -> None:
    told = f"key {KEY} Bearer abcdefghijk https://x.example/a?sig=1 " + "QUJD" * 60
    server.inject(Fault(code=50411, message=told, action="CVProcess"))
    _, report = live("--model", T2I, spend=1)
    tried = of(report, T2I)["tries"][0]
    assert (tried["outcome"], tried["code"]) == ("refused", 50411) and "key ***" in tried["message"]
    assert not fixtures.looks_secret(json.dumps(report)) and KEY not in json.dumps(report)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_languages(volcv: Command, server: Gateway, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("VOLCV_LANG", language)
    ran = volcv("check")
    assert ran.code == 0 and ran.out.isascii() is (language == "en")


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_makes_a_gateway_in_which_the_same_is_found(
    path: Path, live: Live, server: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["fake"] is path.name.startswith(fixtures.FAKE_NAME)
    server.facts = facts = Facts.read(path)
    server.max_in_flight = facts.calls
    server.inject(slow("width"))
    some = dict(list(content["facts"].items())[:2])
    keys = [part for key in some for part in ("--model", key)]
    _, report = live(*keys, "--model", T2I, spend=sum(map(len, some.values())) + 1 + 4)
    assert (report["facts"], report["concurrency"]) == (some, content["concurrency"])


def test_a_fixture_of_a_report(live: Live, server: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixtures, "FOLDER", tmp_path / "fixtures")
    live("--model", PRODUCT, spend=1)
    report = tmp_path / "report.json"
    (written,) = write(fixtures.files(report))
    assert written.name.startswith("fake-gateway-") and Facts.read(written).models == {PRODUCT: {"pictures": "inline"}}
    assert write(fixtures.files(report)) == [], "idempotent"
    content = json.loads(report.read_text(encoding="utf-8"))
    content["service"] |= {"server": "nginx", "host": "Gateway.example"}
    report.write_text(json.dumps(content))
    ((path, text),) = fixtures.files(report).items()
    assert path.name.startswith("gateway.example-") and json.loads(text)["fake"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"note": "Bearer abcdefghijk"},
        {"note": "sk-0123456789abcdef"},
        {"note": "AKLTabcdefgh12345678"},
        {"note": "https://files.example/a.png?X-Signature=1"},
        {"note": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ" * 4},
        {"note": "Zq81kDm2Lx90TbVa77RpWe3Y"},
        {"note": {"deep": [{"api_key": "x"}]}},
        {"facts": {OUTPAINT: {"prompt_field": "both"}}},
        {"facts": {OUTPAINT: {"colour": "red"}}},
        {"facts": {}, "concurrency": None},
        {"volcv_check": 99},
        {"service": {}},
        {"created": "yesterday"},
    ],
    ids=str,
)
def test_what_makes_no_fixture(tmp_path: Path, change: dict[str, Any]) -> None:
    good = {
        "volcv_check": 1,
        "version": "0.1.0",
        "created": "2026-11-30T20:00:00Z",
        "service": {"kind": "gateway", "host": "gateway.example", "server": ""},
        "models": [{"request_id": "20240612140828519894A35E4283DB7C8AD", "message": "(request id 20240612140828aBcD)"}],
        "facts": {OUTPAINT: {"prompt_field": "prompt"}},
        "concurrency": None,
    }
    report = tmp_path / "report.json"
    report.write_text(json.dumps(good))
    assert len(fixtures.files(report)) == 1
    report.write_text(json.dumps({**good, **change}))
    with pytest.raises(fixtures.NoReport):
        fixtures.files(report)
