"""Never pay twice, never lose what was paid: scenes, each counted at the server."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client import config
from volcv_client.calls import retry
from volcv_client.calls.call import Phase
from volcv_client.client import Client
from volcv_client.errors import (
    BatchError,
    Cancelled,
    Charged,
    CredentialError,
    LostAnswerError,
    ModerationError,
    QuotaError,
    ServiceFaultError,
    VolcvError,
)

from .helpers import (
    KEY,
    SMALL,
    client_for,
    error_of,
    finish,
    make,
    make_at,
    profile,
    sandbox,
    settled,
    start,
    until,
)

ROOT = Path(__file__).parents[2]
A = {**SMALL, "prompt": "A", "seed": 7}
B = {**SMALL, "prompt": "B", "seed": 7}
LINKS = {**A, "return_url": True}


def only(prompt: str) -> Any:
    return lambda body: body.get("prompt") == prompt


def seed_is(seed: int) -> Any:
    return lambda body: body.get("seed") == seed


def test_identical_calls_at_once_cost_one() -> None:
    with sandbox(delay=0.2) as server:
        client = client_for(profile(server.url, max_concurrency=8))
        runs = [start(client, A) for _ in range(5)]
        outcomes = [finish(run) for run in runs]
        assert server.charged == len(server.requests) == 1
    assert all(outcome.pictures[0].read() == outcomes[0].pictures[0].read() for outcome in outcomes)
    assert sorted(answer.reused for outcome in outcomes for answer in outcome.results) == [False] + [True] * 4


def test_identical_calls_at_once_are_refused_each_for_itself(quick_retries: None) -> None:
    """A refusal is free, and another call may be lucky."""
    with sandbox(Fault(code=50412, stall=0.2, times=2)) as server:
        runs = [start(client_for(profile(server.url)), A) for _ in range(3)]
        assert all(run.wait(20) for run in runs)
        assert sorted(type(run.calls[0].error).__name__ for run in runs) == ["ModerationError"] * 2 + ["NoneType"]
        assert (len(server.requests), server.charged) == (3, 1)


@pytest.mark.parametrize("fault", [{"cut": "before_headers"}, {"cut": "in_body"}, {"status": 502, "body": b"<html>"}])
def test_identical_calls_at_once_share_a_lost_answer(fault: dict[str, Any]) -> None:
    with sandbox(Fault(delay=0.3, times=1, **fault)) as server:
        runs = [start(client_for(profile(server.url, max_concurrency=8)), A) for _ in range(4)]
        errors = [error_of(run) for run in runs]
        assert len(server.requests) == 1
        assert all(isinstance(error, VolcvError) and error.charged is Charged.MAYBE for error in errors)
        assert sum(isinstance(error, LostAnswerError) and error.key == "equal_call_lost" for error in errors) == 3
        again = make_at(server, A)
        assert any("may have been charged" in note for note in again.notes)
        assert len(server.requests) == 2


def test_a_cancelled_leader_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RULES", tuple(replace(rule, first_wait=30.0) for rule in retry.RULES))
    with sandbox(Fault(code=50430, times=1)) as server:
        client = client_for(profile(server.url))
        leader = start(client, A)
        until(lambda: leader.calls[0].phase is Phase.BACKING_OFF)
        leader.cancel()
        assert isinstance(error_of(leader), Cancelled)
        assert client.store.journal.select("") == []
        assert not make(client, A).results[0].reused
        assert (len(server.requests), server.charged) == (2, 1)


def test_a_waiting_twin_survives_the_cancelling_of_the_first() -> None:
    with sandbox(delay=0.3) as server:
        client = client_for(profile(server.url, max_concurrency=1))
        busy = start(client, B)
        until(lambda: len(server.requests) == 1)
        first, twin = start(client, A), start(client, A)
        time.sleep(0.1)
        first.cancel()
        assert len(finish(twin).pictures) == 1
        finish(busy)
        assert server.charged == 2


def test_random_seeds_never_share_a_call() -> None:
    with sandbox(delay=0.1) as server:
        client = client_for(profile(server.url))
        for run in [start(client), start(client)]:
            finish(run)
        make(client)
        assert server.charged == 3


def test_a_b_a_costs_two(client: Client, server: Gateway) -> None:
    first = make(client, A)
    make(client, B)
    third = make(client, A)
    assert server.charged == len(server.requests) == 2
    assert first.pictures[0].read() == third.pictures[0].read()
    assert third.results[0].reused
    assert "not charged" in third.summary
    assert json.loads(third.response)[0]["reused"] is True
    assert json.loads(third.response)[0]["request_id"] == first.results[0].request_id


def test_reuse_can_be_turned_off(client: Client, server: Gateway) -> None:
    make(client, A)
    not_reusing = client_for(profile(server.url, reuse=False))
    assert not make(not_reusing, A).results[0].reused
    assert server.charged == 2


@pytest.mark.parametrize("change", [{"seed": 8}, {"prompt": "A "}, {"scale": 3.5}, {"return_url": True}])
def test_any_difference_is_another_picture(client: Client, server: Gateway, change: dict[str, Any]) -> None:
    make(client, A)
    make(client, {**A, **change})
    assert server.charged == 2


def test_another_gateway_is_another_picture() -> None:
    with sandbox() as one, sandbox() as other:
        make_at(one, A)
        make_at(other, A)
        assert (one.charged, other.charged) == (1, 1)


PROGRAM = """
import sys
from volcv_client import Client, Profile

client = Client(Profile(base_url=sys.argv[1], api_key=sys.argv[2], timeout=20.0))
(result,) = client.run("high_aes_general_v14", prompt="A", width=64, height=64, seed=7).results
print(result.request_id, result.reused, *result.notes)
"""


def other_process(code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        cwd=ROOT,
        env={**environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_after_a_restart_it_is_free(client: Client, server: Gateway) -> None:
    first = make(client, A).results[0]
    out, problems = other_process(PROGRAM, server.url, KEY).communicate(timeout=30)
    assert out.split() == [first.request_id, "True"], problems
    assert server.charged == 1


def test_what_another_process_paid_is_free_here(client: Client, server: Gateway) -> None:
    out, problems = other_process(PROGRAM, server.url, KEY).communicate(timeout=30)
    assert out.split()[1:] == ["False"], problems
    assert make(client, A).results[0].request_id == out.split()[0]
    assert server.charged == 1


def test_cancelled_while_the_service_worked_is_free_when_run_again() -> None:
    with sandbox(delay=0.3) as server:
        client = client_for(profile(server.url))
        run = start(client, A)
        until(lambda: len(server.requests) == 1)
        run.cancel()
        until(lambda: client.store.usage()[0] == 1)
        again = make(client, A)
        assert again.results[0].reused
        assert server.charged == 1


def test_a_sibling_s_failure_does_not_lose_a_picture(quick_retries: None) -> None:
    with sandbox(Fault(code=50412, match=only("B"))) as server:
        client = client_for(profile(server.url))
        run, sibling = start(client, A), start(client, B)
        with pytest.raises(ModerationError):
            finish(sibling)
        finish(run)
        make(client, A)
        assert server.charged == 1


def test_one_refused_picture_in_a_batch_of_four_costs_one_call_on_the_next_run(quick_retries: None) -> None:
    four = {**A, "count": 4}
    with sandbox(Fault(code=50511, match=seed_is(9))) as server:
        client = client_for(profile(server.url))
        with pytest.raises(BatchError) as caught:
            make(client, four)
        assert [(position, error.code) for position, error in caught.value.failures] == [(3, 50511)]
        for part in ("1 of 4", "Picture 3:", "50511", "What succeeded (3) is kept"):
            assert part in str(caught.value)
        assert (len(server.requests), server.charged) == (4, 3)
        again = make(client, four)
        assert (len(server.requests), server.charged) == (5, 4)
        assert [answer.seed for answer in again.results] == [7, 8, 9, 10]
        assert [answer.reused for answer in again.results] == [True, True, False, True]
        assert "1 call charged, 3 reused" in again.summary


def test_all_failures_are_named(quick_retries: None) -> None:
    with sandbox(Fault(code=50511, match=seed_is(7)), Fault(code=50411, match=seed_is(9))) as server:
        with pytest.raises(BatchError) as caught:
            make_at(server, {**A, "count": 3})
        assert [(position, error.code) for position, error in caught.value.failures] == [(1, 50511), (3, 50411)]
        assert server.charged == 1


def test_skip_returns_what_succeeded_and_says_what_is_missing(quick_retries: None) -> None:
    with sandbox(Fault(code=50511, match=seed_is(8))) as server:
        outcome = make_at(server, {**A, "count": 3, "on_refusal": "skip"})
    assert [answer.seed for answer in outcome.results] == [7, 9]
    assert "Picture 2:" in outcome.text
    assert "50511" in outcome.text
    entries = json.loads(outcome.response)
    assert ["error" in entry for entry in entries] == [False, True, False]
    assert entries[1]["seed"] == 8
    assert any("Picture 2:" in note for note in outcome.notes)


def test_skip_with_nothing_left_is_an_error(quick_retries: None) -> None:
    with sandbox(Fault(code=50511, times=None)) as server, pytest.raises(BatchError):
        make_at(server, {**A, "count": 2, "on_refusal": "skip"})


def test_skip_does_not_hide_a_fault_of_the_service(quick_retries: None) -> None:
    with sandbox(Fault(status=500, match=seed_is(8))) as server, pytest.raises(BatchError) as caught:
        make_at(server, {**A, "count": 3, "on_refusal": "skip"})
    assert isinstance(caught.value.failures[0][1], ServiceFaultError)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Fault(code="invalid_token", times=None), CredentialError), (Fault(status=402, times=None), QuotaError)],
)
def test_a_hopeless_batch_stops_and_reads_as_one_error(fault: Fault, kind: type[VolcvError]) -> None:
    with sandbox(fault, delay=0.05) as server:
        with pytest.raises(kind):
            make_at(server, {**SMALL, "count": 30})
        assert len(server.requests) < 10


def test_twins_get_their_picture_even_if_the_store_cannot_be_written(tmp_path: Path) -> None:
    (config.home() / "results").mkdir(parents=True)
    (config.home() / "results" / "media").write_text("in the way")
    with sandbox(delay=0.5) as server:
        runs = [start(client_for(profile(server.url)), A) for _ in range(3)]
        assert [len(finish(run).pictures) for run in runs] == [1, 1, 1]
        assert server.charged == 1


def test_everything_cancelled_is_cancelled_and_no_error(client: Client, server: Gateway) -> None:
    server.inject(Fault(times=None, delay=0.3))
    run = start(client, {**SMALL, "count": 3})
    run.cancel()
    with pytest.raises(Cancelled):
        finish(run)
    assert settled(lambda: len(server.requests)) <= 2
