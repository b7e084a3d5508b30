"""Calls under way and open tasks, as the results panel gets them: real calls, without ComfyUI."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from results_store import (
    EDIT,
    HERE,
    KEY,
    LINKED,
    T2I,
    VIDEO,
    good,
    ids,
    keep_task,
)
from volcv_pack.nodes.runner import clients
from volcv_pack.nodes.server import calls_api, results_api
from volcv_pack.volcv_client.calls import task_call
from volcv_pack.volcv_client.calls.batch import BatchRun
from volcv_pack.volcv_client.calls.call import Phase
from volcv_pack.volcv_client.calls.task_call import KEPT_SECONDS
from volcv_pack.volcv_client.catalog import model
from volcv_pack.volcv_client.config import Profile
from volcv_pack.volcv_client.errors import Cancelled
from volcv_pack.volcv_client.images.image import Image
from volcv_pack.volcv_client.request.plan import plan
from volcv_pack.volcv_client.store.entry import State
from volcv_pack.volcv_client.store.results import ResultStore

from tests.gateway import Fault, Gateway
from tests.support.waiting import until


@pytest.fixture
def store() -> ResultStore:
    return results_api.store()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,)) as server:
        yield server


def start(gateway: Gateway, **values: Any) -> BatchRun:
    profile = Profile(base_url=gateway.url, api_key=KEY, timeout=20.0, max_concurrency=1)
    given = {"prompt": "a red fox", "width": 64, "height": 64, **values}
    return clients.client(profile).start(plan(model(T2I), given))


def start_task(gateway: Gateway, seed: int, key: str = EDIT, name: str = "image") -> BatchRun:
    upload_url = f"{gateway.url}/v1/files"
    profile = Profile(base_url=gateway.url, api_key=KEY, timeout=20.0, upload_url=upload_url)
    picture = Image(np.full((64, 64, 3), 90, np.uint8))
    given = {"prompt": "make it night", "seed": seed, name: [picture]}
    return clients.client(profile).start(plan(model(key), given))


def calls() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(calls_api.calls_under_way())["calls"]
    return found


def test_calls_under_way_and_cancelling_one(gateway: Gateway) -> None:
    gateway.inject(Fault(delay=1.0, times=None))
    run = start(gateway, seed=40, count=3)
    until(lambda: sorted(one["phase"] for one in calls()) == ["waiting", "waiting", "working"])
    working, waiting, last = calls()
    assert working["sent"] and not waiting["sent"] and not last["sent"]
    assert working["phase"] == "working" and {one["seed"] for one in calls()} == {40, 41, 42}
    assert working["model"] == T2I and working["seconds"] >= working["phase_seconds"] >= 0
    assert good(calls_api.cancel(HERE, b"{}", str(working["id"]))) == {"outcome": "sent"}
    assert not any(one["cancelled"] for one in calls())
    assert good(calls_api.cancel(HERE, b"{}", str(last["id"]))) == {"outcome": "cancelled"}
    until(lambda: last["id"] not in [one["id"] for one in calls()])
    assert good(calls_api.cancel(HERE, b"{}", str(last["id"]))) == {"outcome": "ended"}
    until(lambda: calls() == [])
    errors = [call.error for call in run.calls]
    assert [isinstance(error, Cancelled) for error in errors].count(True) == 1
    assert errors.count(None) == 2 and gateway.charged == len(ids()) == 2


def tasks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(calls_api.calls_under_way())["open"]
    return found


@pytest.mark.parametrize("phase", ["in_queue", "generating"])
def test_a_call_that_waits_for_a_task_stops_waiting_and_loses_nothing(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    monkeypatch.setattr(task_call, "FIRST_POLL", 0.05)
    gateway.inject(Fault(task=phase))
    run = start_task(gateway, 60)
    until(lambda: [one["phase"] for one in calls()] == [phase])
    (call,) = calls()
    assert call["task"] and not call["sent"] and call["model"] == EDIT
    assert tasks() == []  # the call still waits for it
    assert good(calls_api.cancel(HERE, b"{}", str(call["id"]))) == {"outcome": "left"}
    until(lambda: calls() == [])
    assert run.wait(10) and isinstance(run.calls[0].error, Cancelled)
    until(lambda: len(tasks()) == 1)
    (left,) = tasks()
    assert (left["model"], left["seed"], left["prompt"]) == (EDIT, 60, "make it night")
    again = start_task(gateway, 60)
    until(lambda: [one["phase"] for one in calls()] == [phase])
    assert tasks() == [] and gateway.charged == 1
    again.cancel()


def test_a_call_that_uploads_is_not_yet_sent(gateway: Gateway) -> None:
    gateway.inject(Fault(where="upload", delay=0.5))
    run = start_task(gateway, 65, LINKED, "image_1")
    until(lambda: [one["phase"] for one in calls()] == ["uploading"])
    (call,) = calls()
    assert not call["sent"] and not call["task"]
    assert good(calls_api.cancel(HERE, b"{}", str(call["id"]))) == {"outcome": "cancelled"}
    until(lambda: calls() == [])
    assert run.wait(10) and isinstance(run.calls[0].error, Cancelled)
    assert gateway.charged == 0 and tasks() == []


def test_every_phase_can_or_cannot_be_cancelled(gateway: Gateway) -> None:
    gateway.inject(Fault(delay=1.0))
    run = start(gateway, seed=70)
    until(lambda: [one["phase"] for one in calls()] == ["working"])
    (call,) = run.calls
    found = {}
    for phase in Phase:
        call.phase = phase
        (one,) = calls()
        found[phase] = (one["sent"], one["task"])
        assert not (one["sent"] and one["task"]) and one["phase"] == phase.value
    call.phase = Phase.WORKING
    sent = {phase for phase, (sent, _) in found.items() if sent}
    assert sent == {Phase.WORKING, Phase.DOWNLOADING, Phase.DECODING}
    assert {phase for phase, (_, waits) in found.items() if waits} == {Phase.IN_QUEUE, Phase.GENERATING}
    until(lambda: calls() == [])


def test_every_phase_has_words_in_both_languages() -> None:
    web = Path(results_api.__file__).parents[2] / "web"
    texts = json.loads((web / "strings.json").read_text(encoding="utf-8"))
    source = (web / "results" / "underway.js").read_text(encoding="utf-8")
    for phase in Phase:
        if phase is not Phase.DONE:
            assert f'{phase.value}: "phase_{phase.value}"' in source
            assert all(texts[language][f"phase_{phase.value}"] for language in ("en", "zh"))


def test_open_tasks(store: ResultStore) -> None:
    now = time.time()
    first = keep_task(store, 1, created=now - 60)
    keep_task(store, 2, created=now - 30, req_key="gone_in_this_version", seed=None, request={"prompt": 7})
    keep_task(store, 3, State.FAILED, created=now - 20)
    newest, oldest = tasks()
    assert oldest == {
        **results_api.named(VIDEO),
        "id": first.result.id,
        "kind": "task",
        "name": first.task_id,
        "task_id": first.task_id,
        "prompt": "a fox runs",
        "seed": 5,
        "created": now - 60,
        "expires": now - 60 + KEPT_SECONDS,
    }
    assert (newest["title"], newest["prompt"], newest["seed"]) == ("gone_in_this_version", "", None)
    taken = store.journal.take(first)
    assert taken is not None
    assert [one["task_id"] for one in tasks()] == [newest["task_id"]]
    store.journal.leave(taken)
    assert len(tasks()) == 2


def test_nothing_that_is_said_holds_a_key_or_a_picture(gateway: Gateway) -> None:
    gateway.inject(Fault(delay=0.5))
    run = start(gateway, seed=50)
    until(lambda: bool(calls()))
    said = [json.dumps(good(calls_api.calls_under_way()))]
    until(lambda: all(call.ended for call in run.calls))
    until(lambda: len(ids()) == 1)
    (one,) = good(results_api.listing(HERE))["results"]
    said += [json.dumps(good(reply)) for reply in (results_api.details(str(one["id"])), results_api.charges())]
    said.append(json.dumps(one))
    assert all(KEY not in text and "base64" not in text and len(text) < 5000 for text in said)
