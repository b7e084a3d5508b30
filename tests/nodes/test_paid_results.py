"""Results that are paid and not stored, and calls without an answer: in the panel, and in the node Recall results."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from results_store import EDIT, ELSEWHERE, HERE, KEY, T2I, good, ids, keep, keep_task
from volcv_pack.nodes.runner import clients, recall, run_model
from volcv_pack.nodes.server import calls_api, results_api
from volcv_pack.nodes.server.settings import Reply
from volcv_pack.volcv_client.calls import reading, task_call
from volcv_pack.volcv_client.calls.call import Call
from volcv_pack.volcv_client.catalog import model
from volcv_pack.volcv_client.config import edit
from volcv_pack.volcv_client.errors import (
    BadAnswerError,
    Cancelled,
    DownloadError,
    LostAnswerError,
    SetupError,
    StoreError,
)
from volcv_pack.volcv_client.store.entry import Entry, State
from volcv_pack.volcv_client.store.journal import Allowance
from volcv_pack.volcv_client.store.results import ResultStore

from tests.gateway import Fault, Gateway
from tests.nodes.test_runner import FakeHost
from tests.support.waiting import until

OTHER_KEY = "canary-other-account-77"
BROKEN = Fault(edit=lambda body: body | {"data": body["data"] | {"binary_data_base64": ["bm8gcGljdHVyZQ=="]}})
"""An answer whose picture cannot be read."""

DOWN = Fault(where="file", status=500, times=None)
"""No result file can be downloaded."""


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setattr(reading, "wait_before", lambda *_: 0.0)
    monkeypatch.setattr(task_call, "FIRST_POLL", 0.05)
    monkeypatch.setenv("VOLCV_API_KEY", KEY)
    with Gateway(api_keys=(KEY, OTHER_KEY), task_seconds=1.0) as server:
        monkeypatch.setenv("VOLCV_BASE_URL", server.url)
        yield server


@pytest.fixture
def store() -> ResultStore:
    return results_api.store()


def run(**inputs: Any) -> Any:
    given = {"prompt": "a red fox", "width": 64, "height": 64, **inputs}
    return asyncio.run(run_model(model(T2I), given, FakeHost()))


def submit(gateway: Gateway, seed: int = 9) -> dict[str, Any]:
    """A task that nobody waits for: its row in the panel. The service goes on with it."""
    picture = torch.full((1, 64, 64, 3), 0.4)
    host = FakeHost()
    given = {"prompt": "make it night", "seed": seed, "image": picture}

    async def leave() -> None:
        task = asyncio.create_task(run_model(model(EDIT), given, host))
        await asyncio.to_thread(until, lambda: gateway.charged == 1)
        host.stop = True
        with pytest.raises(Cancelled):
            await task

    asyncio.run(leave())
    until(lambda: len(open_calls()) == 1)
    return open_calls()[0]


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(results_api.listing(HERE))["results"]
    return found


def open_calls() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(calls_api.calls_under_way())["open"]
    return found


def today() -> dict[str, Any]:
    found: dict[str, Any] = good(results_api.charges())["today"]
    return found


def fetch(number: int) -> Reply:
    """What the route replies."""
    begun = calls_api.start_fetch(HERE, b"{}", str(number))
    if not isinstance(begun, Call):
        return begun
    until(lambda: begun.ended)
    return calls_api.fetched(begun)


@pytest.mark.parametrize("seed", [-1, 4])
def test_a_download_that_failed_is_fetched_without_a_charge(gateway: Gateway, seed: int) -> None:
    gateway.inject(DOWN)
    with pytest.raises(DownloadError):
        run(seed=seed, return_url=True)
    (row,) = listed()
    assert (row["state"], row["pictures"], row["charged"], row["fetching"]) == ("answered", 0, True, False)
    assert row["problem"] == "127.0.0.1 did not hand out the picture."
    assert good(results_api.details(str(row["id"])))["prompt"] == "a red fox" and open_calls() == []
    status, body = fetch(row["id"])
    assert status == 400 and "did not hand out" in body["error"] and listed()[0]["state"] == "answered"
    gateway.inject()
    gateway.clear()
    assert good(fetch(row["id"])) == {"outcome": "fetched", "notes": []}
    (row,) = listed()
    assert (row["state"], row["pictures"], row["problem"]) == ("complete", 1, "")
    assert gateway.charged == 0 and today()["calls"] == 1
    assert good(fetch(row["id"])) == {"outcome": "fetched", "notes": []} and gateway.requests == []


def test_a_discarded_answer_is_paid_anew_and_a_kept_one_is_not(gateway: Gateway, store: ResultStore) -> None:
    gateway.inject(BROKEN)
    for _ in range(2):
        with pytest.raises(BadAnswerError):
            run(seed=4)
    (row,) = listed()
    assert "cannot be decoded" in row["problem"] and "..." not in row["problem"] and gateway.charged == 1
    status, body = fetch(row["id"])
    assert status == 400 and str(store.folder) in body["error"]
    assert good(results_api.delete(HERE, b"{}", str(row["id"]))) == {"deleted": 1}
    assert listed() == [] and not list((store.folder / "media").iterdir())
    run(seed=4)
    assert gateway.charged == 2 and today()["calls"] == 2


def test_good_pictures_beside_a_broken_one_are_shown(gateway: Gateway) -> None:
    def add_broken(body: dict[str, Any]) -> dict[str, Any]:
        good_picture = body["data"]["binary_data_base64"][0]
        return body | {"data": body["data"] | {"binary_data_base64": [good_picture, "bm8gcGljdHVyZQ=="]}}

    gateway.inject(Fault(edit=add_broken))
    run(seed=4)
    (row,) = listed()
    assert (row["state"], row["pictures"]) == ("answered", 1) and row["problem"]
    assert results_api.picture(str(row["id"]), "0").content_type == "image/jpeg" or row["version"]
    body = good(fetch(row["id"]))
    assert body["outcome"] == "fetched" and "could not be used" in body["notes"][0] and gateway.charged == 1


def test_a_call_without_an_answer_stays_until_it_is_dismissed(gateway: Gateway) -> None:
    gateway.inject(Fault(cut="before_headers"))
    with pytest.raises(LostAnswerError):
        run(seed=4)
    for _ in range(3):
        (row,) = open_calls()
        assert (row["kind"], row["prompt"], row["seed"]) == ("unknown", "a red fox", 4)
    assert row["created"] == pytest.approx(time.time(), abs=30) and listed() == []
    assert (today()["calls"], today()["unknown"]) == (0, 1)
    assert today()["models"][0] | {"unknown": 1, "calls": 0} == today()["models"][0]
    assert fetch(row["id"])[0] == 400
    assert good(results_api.delete(HERE, b"{}", str(row["id"]))) == {"deleted": 1}
    assert open_calls() == [] and (today()["calls"], today()["unknown"]) == (0, 1)


def test_a_task_is_fetched_without_a_charge(gateway: Gateway) -> None:
    row = submit(gateway)
    assert (row["kind"], row["model"]) == ("task", EDIT)
    assert good(fetch(row["id"]))["outcome"] == "fetched"
    assert open_calls() == [] and ids() == [9] and gateway.charged == today()["calls"] == 1


def test_a_fetch_can_be_stopped_and_is_not_shown_twice(gateway: Gateway) -> None:
    gateway.inject(Fault(task="in_queue"))
    row = submit(gateway)
    begun = calls_api.start_fetch(HERE, b"{}", str(row["id"]))
    assert isinstance(begun, Call)
    assert open_calls() == []
    until(lambda: [one["phase"] for one in good(calls_api.calls_under_way())["calls"]] == ["in_queue"])
    status, body = fetch(row["id"])
    assert status == 400 and "Another run is fetching" in body["error"]
    assert results_api.delete(HERE, b"{}", str(row["id"]))[0] == 400
    assert good(calls_api.cancel(HERE, b"{}", str(begun.number))) == {"outcome": "left"}
    until(lambda: begun.ended)
    assert good(calls_api.fetched(begun)) == {"outcome": "left", "notes": []}
    assert [one["id"] for one in open_calls()] == [row["id"]]
    assert good(results_api.delete(HERE, b"{}", str(row["id"]))) == {"deleted": 1} and open_calls() == []


def test_calls_of_another_process(gateway: Gateway, store: ResultStore) -> None:
    other = ResultStore(store.folder)
    template = keep(store, 1).result
    new = replace(template, request_id="", files=(), fingerprint="print-elsewhere")
    begun = other.journal.begin(Entry(new, identity=gateway.url), Allowance(2), reuse=True)
    assert isinstance(begun, Entry)
    (row,) = open_calls()
    assert (row["kind"], row["model"]) == ("elsewhere", T2I)
    assert results_api.delete(HERE, b"{}", str(row["id"]))[0] == 400
    begun = other.journal.move(begun, state=State.SENT)
    assert [one["kind"] for one in open_calls()] == ["elsewhere"]
    begun = other.journal.move(begun, state=State.SUBMITTED, task_id="71")
    assert [one["kind"] for one in open_calls()] == ["elsewhere"]
    assert "Another run" in fetch(row["id"])[1]["error"]
    other.journal.move(begun, state=State.SENT)
    other.close()
    assert [one["kind"] for one in open_calls()] == ["unknown"]


@pytest.mark.parametrize("number", ["0", "999", "x", "", "-1"])
def test_what_cannot_be_fetched(gateway: Gateway, number: str) -> None:
    begun = calls_api.start_fetch(HERE, b"{}", number)
    assert not isinstance(begun, Call) and begun[0] == 400 and "no longer stored" in begun[1]["error"]


def test_strangers_cannot_fetch(gateway: Gateway, store: ResultStore) -> None:
    number = str(keep_task(store, 1).result.id)
    for requester, body, status in ((ELSEWHERE, b"{}", 403), (HERE, b"[", 400)):
        begun = calls_api.start_fetch(requester, body, number)
        assert not isinstance(begun, Call) and begun[0] == status
    form = calls_api.start_fetch(replace(HERE, content_type="text/plain"), b"", number)
    assert not isinstance(form, Call) and form[0] == 400 and gateway.requests == []


def test_the_profile_that_leads_to_the_service_fetches(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = submit(gateway)
    monkeypatch.delenv("VOLCV_BASE_URL")
    monkeypatch.delenv("VOLCV_API_KEY")
    for key, url in (("default", "http://127.0.0.1:9"), ("empty", "")):
        edit.set_values(key, {"base_url": url, "api_key": KEY} if url else {"timeout": "60"})
    status, body = fetch(row["id"])
    assert status == 400 and gateway.url in body["error"] and row["task_id"] in body["error"]
    edit.set_values("gate", {"base_url": gateway.url, "api_key": KEY})
    assert good(fetch(row["id"]))["outcome"] == "fetched" and ids() == [9]


def test_of_two_accounts_the_right_one_asks(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    row = submit(gateway)
    monkeypatch.delenv("VOLCV_BASE_URL")
    monkeypatch.delenv("VOLCV_API_KEY")
    edit.set_values("default", {"base_url": gateway.url, "api_key": OTHER_KEY})
    edit.set_values("mine", {"base_url": gateway.url.upper().replace("HTTP", "http"), "api_key": KEY})
    entry = results_api.store().entry(row["id"])
    assert entry is not None and clients.client_for(entry).profile.name == "mine"
    assert clients.client_for(replace(entry, credential="of a key that was replaced")).profile.name == "default"
    assert clients.client_for(replace(entry, identity="")).profile.name == "default"
    assert clients.client_for(replace(entry, identity="sandbox")).profile.name == "sandbox"
    with pytest.raises(SetupError, match=r"gone\.example"):
        clients.client_for(replace(entry, identity="https://gone.example"))


def test_limits_beside_the_charges(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (today()["limit"], today()["left"]) == (0, 0)
    monkeypatch.setenv("VOLCV_DAILY_LIMIT", "3")
    run(seed=4)
    gateway.inject(Fault(cut="before_headers"))
    with pytest.raises(LostAnswerError):
        run(seed=5)
    assert {name: today()[name] for name in ("calls", "unknown", "limit", "left")} == {
        "calls": 1,
        "unknown": 1,
        "limit": 3,
        "left": 1,
    }
    assert good(results_api.charges())["month"]["limit"] == 0
    monkeypatch.setenv("VOLCV_DAILY_LIMIT", "x")
    assert today()["limit"] == 0


def test_the_node_fetches_a_download_that_failed(gateway: Gateway) -> None:
    gateway.inject(DOWN)
    with pytest.raises(DownloadError):
        run(seed=-1, return_url=True)
    name = listed()[0]["name"]
    with pytest.raises(DownloadError):
        asyncio.run(recall(name, 1, FakeHost()))
    gateway.clear()
    host = FakeHost()
    result = asyncio.run(recall(name, 1, host))
    assert result.images is not None and result.images.shape == (1, 64, 64, 3) and "not charged" in str(result.status)
    assert json.loads(result.response)[0]["reused"] and gateway.charged == 0
    again = asyncio.run(recall(name, 1, host))
    assert torch.equal(again.images, result.images) and gateway.requests == []


def test_the_node_fetches_a_task_by_its_id(gateway: Gateway) -> None:
    task_id = submit(gateway)["task_id"]
    host = FakeHost()
    for _ in range(2):
        result = asyncio.run(recall(task_id, 1, host))
        assert result.images is not None and "not charged" in str(result.status)
    assert host.lines and gateway.charged == today()["calls"] == 1


def test_the_node_s_fetch_is_interrupted(gateway: Gateway) -> None:
    gateway.inject(Fault(task="in_queue"))
    task_id = submit(gateway)["task_id"]
    host = FakeHost()

    async def stop() -> None:
        task = asyncio.create_task(recall(task_id, 1, host))
        await asyncio.to_thread(until, lambda: any("queue" in line for line in host.lines))
        host.stop = True
        began = time.monotonic()
        with pytest.raises(Cancelled):
            await task
        assert time.monotonic() - began < 1

    asyncio.run(stop())
    until(lambda: [one["task_id"] for one in open_calls()] == [task_id])


def test_the_node_says_what_is_not_there(gateway: Gateway, store: ResultStore) -> None:
    keep_task(store, 1, State.UNKNOWN)
    for name in ("no-such-id", "7000000000000000001"):
        with pytest.raises(StoreError, match=name):
            asyncio.run(recall(name, 1, FakeHost()))
    assert gateway.requests == []
