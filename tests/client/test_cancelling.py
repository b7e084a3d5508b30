"""Cancelling, in every state that a call can be in, the way the nodes wait: they look, and leave at once.

What was not sent is never sent, what was sent is finished and stored.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from tests.gateway import Fault
from volcv_client.calls import retry
from volcv_client.calls.batch import BatchRun
from volcv_client.calls.call import Phase
from volcv_client.calls.cancel import POLL_SECONDS, CancelToken
from volcv_client.client import Client
from volcv_client.errors import Cancelled
from volcv_client.images import batch
from volcv_client.images.decode import decode_image
from volcv_client.request.json_body import json_body

from .helpers import SMALL, client_for, finish, make, profile, sandbox, settled, start, success, until
from .wire import Script, WireServer, deaf, response

FIXED = {**SMALL, "seed": 7}
LEAVE_WITHIN = 0.3
"""Cancelling sets flags; whoever waits has gone at the next look."""


def leave(run: BatchRun, phase: Phase) -> None:
    """Cancel in that phase, as a node does: set the flag, look at the futures no more."""
    until(lambda: run.calls[0].phase is phase)
    began = time.monotonic()
    run.cancel()
    assert time.monotonic() - began < 0.05, "cancelling itself must not wait"


def ends_cancelled(run: BatchRun, seconds: float = LEAVE_WITHIN) -> None:
    began = time.monotonic()
    with pytest.raises(Cancelled):
        finish(run)
    assert time.monotonic() - began < seconds


def stored(client: Client) -> int:
    return len(client.store.newest(99))


def test_nodes_look_often_enough() -> None:
    assert POLL_SECONDS <= 0.25


def test_while_connecting_nothing_is_sent_later() -> None:
    good = Script(send=response(success()))
    with deaf() as url:
        client = client_for(profile(url))
        run = start(client, FIXED)
        leave(run, Phase.WORKING)
        assert not run.calls[0].ended
    # The queue is free now; a connection that still comes up must carry no request.
    ends_cancelled(run, seconds=20.0)
    with WireServer(good) as server:
        assert settled(lambda: len(server.requests), 0.1) == 0
    assert stored(client) == 0


def test_a_connection_made_too_late_carries_no_request() -> None:
    """The moment between the connection and the first byte: the body asks once more before it flows."""
    token = CancelToken()
    with sandbox() as server:
        client = client_for(profile(server.url))
        token.cancel()
        with pytest.raises(Cancelled):
            client.executor.transport.post("CVProcess", json_body({}), token.check)
        assert settled(lambda: len(server.requests), 0.2) == 0


def test_while_the_service_works_the_answer_is_stored() -> None:
    with sandbox(delay=0.5) as server:
        client = client_for(profile(server.url))
        run = start(client, FIXED)
        until(lambda: len(server.requests) == 1)
        leave(run, Phase.WORKING)
        assert not run.calls[0].ended
        until(lambda: stored(client) == 1)
        assert (len(server.requests), server.charged) == (1, 1)
        assert make(client, FIXED).results[0].reused


def test_with_a_random_seed_the_answer_is_stored_too() -> None:
    with sandbox(delay=0.3) as server:
        client = client_for(profile(server.url))
        run = start(client)
        until(lambda: len(server.requests) == 1)
        leave(run, Phase.WORKING)
        until(lambda: stored(client) == 1)
        assert len(client.store.newest(1)[0].files) == 1


def test_in_the_limiter_s_queue() -> None:
    with sandbox(delay=0.4) as server:
        client = client_for(profile(server.url, max_concurrency=1))
        busy = start(client, {**SMALL, "seed": 1})
        until(lambda: len(server.requests) == 1)
        run = start(client, FIXED)
        leave(run, Phase.WAITING)
        ends_cancelled(run)
        finish(busy)
        assert settled(lambda: len(server.requests), 0.2) == 1
        assert server.charged == 1


@pytest.mark.parametrize("fault", [{"code": 50430}, {"status": 503}, {"code": 50429, "headers": {"Retry-After": "50"}}])
def test_in_back_off(monkeypatch: pytest.MonkeyPatch, fault: dict[str, object]) -> None:
    monkeypatch.setattr(retry, "RULES", tuple(replace(rule, first_wait=30.0) for rule in retry.RULES))
    with sandbox(Fault(times=None, **fault)) as server:  # type: ignore[arg-type]
        run = start(client_for(profile(server.url)), FIXED)
        leave(run, Phase.BACKING_OFF)
        ends_cancelled(run)
        assert settled(lambda: len(server.requests)) == 1


def test_in_back_off_before_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RULES", tuple(replace(rule, first_wait=30.0) for rule in retry.RULES))
    run = start(client_for(profile("http://127.0.0.1:1")), FIXED)
    leave(run, Phase.BACKING_OFF)
    ends_cancelled(run)


def test_while_downloading_the_picture_is_stored() -> None:
    with sandbox(Fault(where="file", stall=0.4)) as server:
        client = client_for(profile(server.url))
        run = start(client, {**FIXED, "return_url": True})
        leave(run, Phase.DOWNLOADING)
        assert not run.calls[0].ended
        until(lambda: stored(client) == 1)
        assert make(client, {**FIXED, "return_url": True}).results[0].reused
        assert server.charged == 1


def test_while_a_download_is_repeated_the_picture_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RULES", tuple(replace(rule, first_wait=0.2) for rule in retry.RULES))
    with sandbox(Fault(where="file", status=500, times=2)) as server:
        client = client_for(profile(server.url))
        run = start(client, {**FIXED, "return_url": True})
        leave(run, Phase.DOWNLOADING)
        until(lambda: stored(client) == 1)
        assert server.charged == 1


def test_while_decoding_the_picture_is_stored(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(data: bytes, place: Any) -> Any:
        time.sleep(0.3)
        return decode_image(data, place)

    monkeypatch.setattr(batch, "decode_image", slowly)
    run = start(client, FIXED)
    leave(run, Phase.DECODING)
    until(lambda: stored(client) == 1)


def test_of_a_batch_only_what_was_sent_is_paid() -> None:
    with sandbox(delay=0.3) as server:
        client = client_for(profile(server.url))
        run = start(client, {**FIXED, "count": 6})
        until(lambda: len(server.requests) == 2)
        run.cancel()
        with pytest.raises(Cancelled):
            finish(run)
        assert settled(lambda: len(server.requests)) == 2
        assert stored(client) == 2
        server.clear()
        make(client, {**FIXED, "count": 6})
        assert server.charged == 4


def test_before_it_began(client: Client) -> None:
    run = start(client, {**FIXED, "count": 30})
    run.cancel()
    ends_cancelled(run, seconds=2.0)


def test_an_early_answer_counts_even_if_cancelled_later(client: Client) -> None:
    run = start(client, FIXED)
    outcome = finish(run)
    run.cancel()
    assert run.result().response == outcome.response
