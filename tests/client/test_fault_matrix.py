"""The fault matrix, row by row, and ``docs/faults.md``, which is made from it.

``VOLCV_WRITE_DOCS=1`` writes the page; otherwise the committed one must be current.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.gateway import Gateway
from tests.support.docs import cells, check_part, stable
from volcv_client import config
from volcv_client.calls import task_call
from volcv_client.config import Profile
from volcv_client.errors import Charged, CredentialError, TaskGoneError, VolcvError
from volcv_client.http import downloads, session, transport

from .fault_matrix import Case
from .helpers import KEY, SMALL, T2I, client_for, finish, profile, sandbox, start
from .task_faults import ALL
from .wire import CERTIFICATE, WireServer, closed_port, deaf

SHORT = 0.4
HEAD = """# When something goes wrong

Made by `tests/client/test_fault_matrix.py` from runs against real servers that misbehave in these ways; one picture
is asked for each time, with a random seed. *Calls* counts what arrived at the server. *Charged* is what the message
says: "maybe" where nobody on this side can know. No row ends with a picture.

| Fault | Outcome | Calls | Charged | Message |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Seen:
    """What came of one case."""

    error: VolcvError
    calls: int
    paid: int | None
    english: str
    chinese: str
    profile: Profile


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch, quick_retries: None) -> None:
    monkeypatch.setattr(session, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 2**21)
    monkeypatch.setattr(downloads, "MAX_PICTURE_BYTES", 2**21)


def address_of(case: Case, stack: ExitStack) -> tuple[str, Gateway | WireServer | None]:
    if case.address:
        known = {"closed port": closed_port, "deaf": lambda: stack.enter_context(deaf())}
        return known.get(case.address, lambda: case.address)(), None
    if case.script is not None:
        wire = stack.enter_context(WireServer(case.script, tls=case.tls))
        return wire.url, wire
    assert case.fault is not None
    server = stack.enter_context(sandbox(case.fault))
    return server.url, server


def play(case: Case, monkeypatch: pytest.MonkeyPatch) -> Seen:
    for name, value in case.environment.items():
        monkeypatch.setenv(name, str(CERTIFICATE) if value == "our certificate" else value)
    with ExitStack() as stack:
        url, server = address_of(case, stack)
        # A limit that a healthy answer keeps with ease and a dead one reaches soon.
        stalls = case.key in ("timeout", "download_timeout")
        several_polls = case.error in (TaskGoneError, CredentialError)
        if several_polls:
            monkeypatch.setattr(task_call, "FIRST_POLL", 0.05)
            monkeypatch.setattr(task_call, "GONE_SECONDS", 0.1)
        limit = 10.0 if several_polls else 1.0
        mine = profile(url, timeout=SHORT if stalls else 10.0, task_timeout=limit)
        run = start(client_for(mine), {**(SMALL if case.model == T2I else {}), **case.values}, key=case.model)
        with pytest.raises(VolcvError) as caught:
            finish(run)
        assert not any(call.result is not None for call in run.calls), "a picture came out"
        calls, paid = 0, None
        if isinstance(server, Gateway):
            calls, paid = len(server.requests), server.charged
        elif server is not None:
            calls = len(server.requests)
    english = str(caught.value)
    with monkeypatch.context() as patch:
        patch.setenv("VOLCV_LANG", "zh")
        chinese = str(caught.value)
    return Seen(caught.value, calls, paid, english, chinese, mine)


ROWS: dict[str, str] = {}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name.replace(" ", "-"))
def test_fault(case: Case, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen = play(case, monkeypatch)
    error = seen.error
    assert (type(error), error.key) == (case.error, case.key)
    assert seen.calls == case.calls
    assert error.charged is case.charged
    if seen.paid is not None:
        assert seen.paid == int(case.paid)
    assert not (case.paid and error.charged is Charged.NO), "a paid call must not be called free"
    check_message(case, seen)
    check_secrets(seen, caplog.text)
    if case.documented:
        ROWS[case.name] = row(case, seen)


def check_message(case: Case, seen: Seen) -> None:
    error = seen.error
    assert error.code == case.code if case.code is not None else True
    assert error.http_status == case.status if case.status is not None else True
    assert bool(error.request_id) == case.request_id
    facts = [case.code, f"HTTP {case.status}" if case.status else None, error.request_id]
    for shown in (seen.english, seen.chinese):
        for fact in facts:
            assert fact is None or str(fact) in shown
        assert len(shown) < 900
        assert "\n" not in shown
    assert seen.english.startswith(error.message)
    assert error.advice in seen.english
    assert seen.chinese != seen.english
    assert not seen.chinese.isascii()
    assert ("may have been charged" in seen.english) == (error.charged is Charged.MAYBE)
    assert ("was charged" in seen.english) == (error.charged is Charged.YES)


def check_secrets(seen: Seen, logged: str) -> None:
    places = [seen.english, seen.chinese, repr(seen.error), repr(seen.error.__dict__), repr(seen.profile), logged]
    places += [path.read_bytes().decode("latin-1") for path in config.home().rglob("*") if path.is_file()]
    assert not any(KEY in text for text in places)


def row(case: Case, seen: Seen) -> str:
    error = seen.error
    return cells(case.name, type(error).__name__, seen.calls, error.charged.value, stable(seen.english))


@pytest.fixture
def whole_matrix(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    wanted = [case.name for case in ALL if case.documented]
    if not all(name in ROWS for name in wanted):
        pytest.skip("needs every row of the matrix in the same run")
    yield [ROWS[name] for name in wanted]


def test_the_page_is_current(whole_matrix: list[str]) -> None:
    check_part("Faults of one call", HEAD + "\n".join(whole_matrix))


def test_names_are_unique() -> None:
    assert len({case.name for case in ALL}) == len(ALL)
    assert len(ALL) > 100
