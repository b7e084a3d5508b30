"""How many calls are in flight: settling at what the service allows, growing back, waiting."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.gateway import Fault, Gateway
from volcv_client.calls import limiter as limiter_module
from volcv_client.calls.cancel import CancelToken
from volcv_client.calls.limiter import GROW_AFTER_SECONDS, GROW_AFTER_SUCCESSES, Limiter
from volcv_client.calls.shared import SharedState
from volcv_client.client import Client, ClientPool
from volcv_client.errors import Cancelled
from volcv_client.store import shared_allowance
from volcv_client.store.results import ResultStore

from .helpers import SMALL, client_for, finish, profile, sandbox, settled, start, until
from .test_store import held_by_another
from .test_store import impatient as impatient


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ten_pictures_settle_at_the_two_that_the_service_allows(quick_retries: None) -> None:
    with sandbox(max_in_flight=2, delay=0.15) as server:
        client = client_for(profile(server.url, max_concurrency=8))
        run = start(client, {**SMALL, "count": 10})
        assert len(finish(run).pictures) == 10
        requests = server.requests
        refused = [request for request in requests if request.code == 50430]
        assert server.charged == 10
        assert server.peak_in_flight <= 2
        assert client.executor.limiter.allowed in (1, 2)
        assert len(refused) <= 12
        last_refusal = max(position for position, request in enumerate(requests) if request.code == 50430)
        assert last_refusal < len(requests) - 2, "it was still hammering at the end"


def test_once_settled_it_asks_no_more_than_allowed(quick_retries: None) -> None:
    with sandbox(max_in_flight=2, delay=0.1) as server:
        client = client_for(profile(server.url, max_concurrency=8))
        finish(start(client, {**SMALL, "count": 10}))
        server.clear()
        finish(start(client, {**SMALL, "count": 8}))
        assert [request.code for request in server.requests] == [10000] * 8
        assert server.peak_in_flight <= 2


def test_two_at_a_time_by_default_and_both_slots_are_used() -> None:
    with sandbox(delay=0.05) as server:
        finish(start(client_for(profile(server.url)), {**SMALL, "count": 6}))
        assert server.peak_in_flight == 2


def test_two_runs_with_one_credential_share_one_limiter() -> None:
    with sandbox(delay=0.05) as server:
        client = client_for(profile(server.url))
        runs = [start(client, {**SMALL, "count": 3}), start(client_for(profile(server.url)), {**SMALL, "count": 3})]
        for run in runs:
            finish(run)
        assert server.peak_in_flight == 2


def test_two_credentials_have_two_limiters() -> None:
    with Gateway(api_keys=("first-key", "second-key"), delay=0.15) as server:
        services = [client_for(profile(server.url, api_key=key)) for key in ("first-key", "second-key")]
        for run in [start(client, {**SMALL, "count": 4}) for client in services]:
            finish(run)
        assert server.peak_in_flight == 4
        assert services[0].executor.limiter is not services[1].executor.limiter


def test_other_profiles_with_the_same_credential_share_it_too() -> None:
    one, other = (client_for(profile("http://127.0.0.1:1", name=name)) for name in ("one", "other"))
    assert one is not other
    assert one.executor.limiter is other.executor.limiter


def test_a_burst_of_refusals_counts_once() -> None:
    clock = Clock()
    limiter = Limiter(8, clock)
    for _ in range(5):
        limiter.refused(granted_at=0.0)
    assert limiter.allowed == 4
    clock.now = 1.0
    limiter.refused(granted_at=0.5)
    limiter.refused(granted_at=0.7)
    assert limiter.allowed == 2


def test_it_never_falls_below_one() -> None:
    clock = Clock()
    limiter = Limiter(2, clock)
    for moment in range(1, 6):
        clock.now = float(moment)
        limiter.refused(granted_at=moment - 0.5)
    assert limiter.allowed == 1


def test_it_grows_back_by_one_after_a_quiet_time_with_successes() -> None:
    clock = Clock()
    limiter = Limiter(4, clock)
    limiter.refused(granted_at=0.0)
    assert limiter.allowed == 2
    clock.now = GROW_AFTER_SECONDS - 1
    for _ in range(GROW_AFTER_SUCCESSES * 3):
        limiter.succeeded()
    assert limiter.allowed == 2, "too early"
    clock.now = GROW_AFTER_SECONDS
    limiter.succeeded()
    assert limiter.allowed == 3
    for _ in range(GROW_AFTER_SUCCESSES * 3):
        limiter.succeeded()
    assert limiter.allowed == 3, "one at a time"
    clock.now = GROW_AFTER_SECONDS * 2
    limiter.succeeded()
    assert limiter.allowed == 4
    clock.now = GROW_AFTER_SECONDS * 9
    for _ in range(GROW_AFTER_SUCCESSES * 9):
        limiter.succeeded()
    assert limiter.allowed == 4, "never above what is configured"


def test_it_does_not_grow_without_successes() -> None:
    clock = Clock()
    limiter = Limiter(4, clock)
    limiter.refused(granted_at=0.0)
    clock.now = GROW_AFTER_SECONDS * 5
    for _ in range(GROW_AFTER_SUCCESSES - 1):
        limiter.succeeded()
    assert limiter.allowed == 2
    limiter.refused(granted_at=-1.0)
    limiter.succeeded()
    assert limiter.allowed == 2, "a refusal starts the count anew"


def test_the_configured_limit_can_change() -> None:
    shared = SharedState()
    limiter = shared.limiter("a credential", 2)
    assert shared.limiter("a credential", 5).allowed == 5
    assert shared.limiter("a credential", 1).allowed == 1
    assert limiter.allowed == 1


def test_a_smaller_allowance_survives_a_change() -> None:
    clock = Clock()
    limiter = Limiter(8, clock)
    limiter.refused(granted_at=0.0)
    limiter.set_limit(6)
    assert limiter.allowed == 4
    limiter.set_limit(3)
    assert limiter.allowed == 3


def test_a_slot_is_given_back_whatever_happens() -> None:
    limiter = Limiter(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="inside"), limiter.slot(CancelToken()):
            raise ValueError("inside")
    with limiter.slot(CancelToken()):
        pass


def test_waiting_for_a_slot_can_be_cancelled() -> None:
    limiter = Limiter(1)
    flag = CancelToken()
    ended: list[float] = []

    def wait() -> None:
        with pytest.raises(Cancelled), limiter.slot(flag):
            pass
        ended.append(time.monotonic())

    with limiter.slot(CancelToken()):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        began = time.monotonic()
        flag.cancel()
        thread.join(5)
    assert ended[0] - began < 0.3
    with limiter.slot(CancelToken()):
        pass


def test_cancelled_calls_in_the_queue_are_never_sent() -> None:
    with sandbox(delay=0.3) as server:
        run = start(client_for(profile(server.url, max_concurrency=1)), {**SMALL, "count": 4})
        until(lambda: len(server.requests) == 1)
        until(lambda: "waiting for a free slot" in run.status())
        run.cancel()
        with pytest.raises(Cancelled):
            finish(run)
        assert settled(lambda: len(server.requests)) == 1


def test_one_refusal_slows_every_process_that_shares_the_home(quick_retries: None) -> None:
    """Clients of different pools share nothing but the folder, as processes do."""
    with sandbox(Fault(code=50430), delay=0.2) as server:
        refused, other = (Client(profile(server.url, max_concurrency=4), pool=ClientPool()) for _ in range(2))
        finish(start(refused, SMALL))
        assert refused.executor.limiter.allowed == 2 and other.executor.limiter.allowed == 4
        server.clear()
        run = start(other, {**SMALL, "count": 6})
        assert len(finish(run).pictures) == server.charged == 6
        assert other.executor.limiter.allowed == 2 and server.peak_in_flight <= 2


def test_a_process_follows_another_down_and_up() -> None:
    clock = Clock()
    limiter = Limiter(8, clock)
    limiter.adopt(0, grown=False)
    assert limiter.allowed == 1
    limiter.adopt(5, grown=False)
    assert limiter.allowed == 1, "a refusal elsewhere raises nothing"
    clock.now = GROW_AFTER_SECONDS
    grown = [limiter.succeeded() for _ in range(GROW_AFTER_SUCCESSES)]
    assert (limiter.allowed, grown.count(True), grown[-1]) == (2, 1, True), "as after a refusal of its own"
    limiter.adopt(1, grown=True)
    assert limiter.allowed == 2, "growth elsewhere lowers nothing"
    limiter.adopt(3, grown=True)
    assert limiter.allowed == 3
    clock.now += GROW_AFTER_SECONDS - 1
    assert [limiter.succeeded() for _ in range(2 * GROW_AFTER_SUCCESSES)].count(True) == 0, "one grows at a time"
    limiter.adopt(9, grown=True)
    assert limiter.allowed == 8


def test_growth_is_told(quick_retries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter_module, "GROW_AFTER_SECONDS", 0.0)
    with sandbox(Fault(code=50430)) as server:
        refused, other = (Client(profile(server.url, max_concurrency=4), pool=ClientPool()) for _ in range(2))
        finish(start(refused, SMALL))
        finish(start(other, {**SMALL, "seed": 1}))
        assert other.executor.limiter.allowed == 2
        finish(start(refused, {**SMALL, "count": GROW_AFTER_SUCCESSES}))
        finish(start(other, {**SMALL, "seed": 2}))
        assert refused.executor.limiter.allowed == other.executor.limiter.allowed == 3


def test_a_refusal_is_told_once_and_not_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (ResultStore(tmp_path).shared_allowance for _ in range(2))
    assert one.told("c") is None, "no store yet"
    one.tell("c", 3)
    assert (one.told("c"), other.told("d")) == (None, None)
    told = [other.told("c"), other.told("c")]
    assert told[0] is not None and (told[0].allowed, told[0].grown, told[1]) == (3, False, None)
    monkeypatch.setattr(shared_allowance, "TOLD_SECONDS", 0.0)
    assert ResultStore(tmp_path).shared_allowance.told("c") is None, "allowances have grown since then"


def test_a_refusal_that_cannot_be_told_harms_nothing(tmp_path: Path, impatient: None) -> None:
    one, other = (ResultStore(tmp_path) for _ in range(2))
    one.shared_allowance.tell("c", 3)
    with held_by_another(tmp_path):
        one.shared_allowance.tell("c", 2)
    told = other.shared_allowance.told("c")
    assert told is not None and told.allowed == 3
    (tmp_path / "index.db").write_bytes(b"no database" * 99)
    assert ResultStore(tmp_path).shared_allowance.told("c") is None
