"""Tasks: submitted once, asked for until they are done, taken up again after whatever came in between."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client.calls import exchange
from volcv_client.calls.call import Phase
from volcv_client.calls.service import Service, service_for
from volcv_client.errors import (
    Cancelled,
    Charged,
    CredentialError,
    DownloadError,
    LostAnswerError,
    ModerationError,
    TaskGoneError,
    VolcvError,
)
from volcv_client.images.media import is_mp4
from volcv_client.store.tasks import KEPT_SECONDS, Task

from .helpers import IMAGE, KEY, colour, finish, make, profile, sandbox, start, until
from .test_paying_once import other_process

EDIT = "seededit_v3.0"
VIDEO = "jimeng_ti2v_v30_pro"
SUBMIT, ASK = "CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult"
FIXED: Mapping[str, Any] = {"prompt": "make it night", "seed": 7}
RANDOM: Mapping[str, Any] = {"prompt": "make it night"}


@pytest.fixture(autouse=True)
def quick_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "FIRST_POLL", 0.02)
    monkeypatch.setattr(exchange, "LONGEST_POLL", 0.05)


@pytest.fixture
def slow() -> Iterator[Gateway]:
    """Tasks take longer than any test waits, unless the test says otherwise."""
    with sandbox(task_seconds=0.6) as server:
        yield server


def actions(server: Gateway) -> list[str]:
    return [request.action for request in server.requests]


def interrupted(server: Gateway, values: Mapping[str, Any]) -> Service:
    """A service whose run was cancelled after its task had been submitted."""
    service = service_for(profile(server.url))
    run = start(service, values, IMAGE, key=EDIT)
    until(lambda: ASK in actions(server))
    run.cancel()
    wait(run.futures, 5)
    assert isinstance(run.futures[0].exception(), Cancelled)
    return service


def test_a_task_is_submitted_once_and_asked_for_until_it_is_done(slow: Gateway) -> None:
    service = service_for(profile(slow.url))
    run = start(service, FIXED, IMAGE, key=EDIT)
    phases = set()
    while not run.futures[0].done():
        phases.add(run.calls[0].phase)
        time.sleep(0.002)
    assert len(finish(run).pictures) == 1
    assert {Phase.IN_QUEUE, Phase.GENERATING} <= phases
    assert actions(slow).count(SUBMIT) == 1 and actions(slow).count(ASK) > 3
    assert slow.charged == 1


def test_the_result_is_asked_for_with_a_json_text(server: Gateway, service: Service) -> None:
    make(service, {**FIXED, "return_url": False}, IMAGE, key=EDIT)
    submitted, asked = (request.body or {} for request in server.requests)
    assert "return_url" not in submitted and "logo_info" not in submitted
    assert json.loads(asked["req_json"]) == {"return_url": False, "logo_info": {"add_logo": False}}
    assert asked.keys() == {"req_key", "task_id", "req_json"}


def test_questions_become_rarer(monkeypatch: pytest.MonkeyPatch, slow: Gateway) -> None:
    monkeypatch.setattr(exchange, "LONGEST_POLL", 10.0)
    make(service_for(profile(slow.url)), FIXED, IMAGE, key=EDIT)
    assert 4 <= actions(slow).count(ASK) <= 9


@pytest.mark.parametrize("values", [FIXED, RANDOM], ids=["fixed seed", "random seed"])
def test_a_cancelled_run_is_taken_up_again(slow: Gateway, values: Mapping[str, Any]) -> None:
    service = interrupted(slow, values)
    outcome = make(service, values, IMAGE, key=EDIT)
    assert len(outcome.pictures) == 1 and any("taken up again" in note for note in outcome.notes)
    assert (slow.charged, actions(slow).count(SUBMIT)) == (1, 1)
    make(service, values, IMAGE, key=EDIT)
    assert slow.charged == (1 if values is FIXED else 2)


def test_another_request_does_not_get_the_task(slow: Gateway) -> None:
    service = interrupted(slow, FIXED)
    make(service, {**FIXED, "scale": 0.7}, IMAGE, key=EDIT)
    assert slow.charged == 2


def test_two_equal_runs_do_not_share_a_task_of_random_seed(slow: Gateway) -> None:
    service = interrupted(slow, RANDOM)
    first, second = (start(service, RANDOM, IMAGE, key=EDIT) for _ in range(2))
    finish(first)
    finish(second)
    assert slow.charged == 2


PROGRAM = """
import sys
from volcv_client.calls import exchange
from volcv_client.catalog import model
from volcv_client.config import Profile
from volcv_client.request.payload import ArrayPicture, defaults
from volcv_client.images.pictures import decode
from volcv_client.calls.run import BatchInputs, Run
from volcv_client.calls.service import service_for
import numpy as np

exchange.FIRST_POLL = exchange.LONGEST_POLL = 0.02
one = model("seededit_v3.0")
values = {**defaults(one), "prompt": "make it night", "seed": int(sys.argv[3])}
picture = ArrayPicture(np.full((32, 48, 3), (200, 30, 60), np.uint8))
service = service_for(Profile(base_url=sys.argv[1], api_key=sys.argv[2], timeout=20.0))
run = Run(service, one, BatchInputs(values, {"image": [picture]}), lambda _, data: decode(data))
run.futures[0].exception()
print(len(run.outcome().pictures), *run.outcome().notes)
"""


@pytest.mark.parametrize("seed", ["7", "-1"])
def test_killed_while_the_task_runs(seed: str) -> None:
    with sandbox(task_seconds=1.5) as server:
        victim = other_process(PROGRAM, server.url, KEY, seed)
        until(lambda: ASK in actions(server), 30)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        task_id = next((request.body or {})["task_id"] for request in server.requests if request.action == ASK)
        out, problems = other_process(PROGRAM, server.url, KEY, seed).communicate(timeout=30)
        assert out.startswith("1 ") and task_id in out, problems
        assert (server.charged, actions(server).count(SUBMIT)) == (1, 1)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(action=ASK, status=502, body=b"<html>bad gateway</html>", times=2),
        Fault(action=ASK, cut="before_headers", times=2),
        Fault(action=ASK, cut="in_body", times=2),
        Fault(action=ASK, code=50429, times=2),
        Fault(action=ASK, body=b"no json", times=2),
    ],
    ids=["502", "no answer", "cut answer", "429", "no json"],
)
def test_a_question_that_fails_is_asked_again(fault: Fault) -> None:
    with sandbox(fault) as server:
        assert len(make(service_for(profile(server.url)), FIXED, IMAGE, key=EDIT).pictures) == 1
        assert (server.charged, actions(server).count(SUBMIT)) == (1, 1)


def test_a_key_that_stops_working_leaves_the_task(server: Gateway) -> None:
    server.inject(Fault(action=ASK, code="invalid_token"))
    service = service_for(profile(server.url))
    with pytest.raises(CredentialError):
        make(service, FIXED, IMAGE, key=EDIT)
    assert len(make(service, FIXED, IMAGE, key=EDIT).pictures) == 1
    assert server.charged == 1


def test_a_task_that_takes_too_long_is_kept_for_the_next_run(slow: Gateway) -> None:
    impatient = service_for(profile(slow.url, task_timeout=0.1))
    with pytest.raises(LostAnswerError) as caught:
        make(impatient, FIXED, IMAGE, key=EDIT)
    assert caught.value.key == "task_timeout" and "taken up" not in str(caught.value)
    assert len(make(service_for(profile(slow.url)), FIXED, IMAGE, key=EDIT).pictures) == 1
    assert slow.charged == 1


def test_a_task_that_fails_is_not_asked_for_again(server: Gateway) -> None:
    server.inject(Fault(task=50511))
    service = service_for(profile(server.url))
    with pytest.raises(ModerationError):
        make(service, FIXED, IMAGE, key=EDIT)
    assert [task.ended for task in service.store.tasks.newest(9)] == ["50511"]
    make(service, FIXED, IMAGE, key=EDIT)
    assert actions(server).count(SUBMIT) == 2


@pytest.mark.parametrize("fate", ["expired", "not_found"])
def test_a_task_that_is_gone_is_said_so(server: Gateway, fate: Any) -> None:
    server.inject(Fault(task=fate))
    with pytest.raises(TaskGoneError) as caught:
        make(service_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert caught.value.key == f"task_{fate}" and caught.value.charged is Charged.MAYBE


def test_a_task_that_was_lost_in_between_is_ordered_anew(slow: Gateway) -> None:
    slow.inject(Fault(task="not_found", delay=0.0))
    service = service_for(profile(slow.url))
    lost = Task("gone", "", service.identity, EDIT, ASK, "", 7, False, {})
    run = start(service, FIXED, IMAGE, key=EDIT)
    with pytest.raises(TaskGoneError):
        finish(run)
    fingerprint = service.store.tasks.newest(1)[0].fingerprint
    service.store.tasks.record(Task(**{**vars(lost), "fingerprint": fingerprint}))
    outcome = make(service, FIXED, IMAGE, key=EDIT)
    assert any("gone" in note and "new one" in note for note in outcome.notes)
    assert len(outcome.pictures) == 1


def test_after_twelve_hours_nobody_asks(slow: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    service = interrupted(slow, FIXED)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + KEPT_SECONDS + 1)
    assert not service.store.tasks.newest(1)[0].open
    make(service, FIXED, IMAGE, key=EDIT)
    assert actions(slow).count(SUBMIT) == 2


def test_an_accepted_task_without_an_id_is_an_error(server: Gateway) -> None:
    server.inject(Fault(action=SUBMIT, edit=lambda answer: {**answer, "data": {}}))
    with pytest.raises(VolcvError) as caught:
        make(service_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert (caught.value.key, caught.value.charged) == ("no_task_id", Charged.MAYBE)


def test_a_store_that_fails_does_not_stop_a_task(server: Gateway, tmp_path: Path, monkeypatch: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("VOLCV_HOME", str(blocked))
    outcome = make(service_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert len(outcome.pictures) == 1 and outcome.notes


def test_a_video_goes_to_disk(server: Gateway) -> None:
    service = service_for(profile(server.url))
    values = {"prompt": "the sea at night", "seed": 3}
    run = start(service, values, key=VIDEO, decoder=lambda media: media)
    answer = finish(run).answers[0]
    (path,) = answer.pictures
    assert isinstance(path, Path) and is_mp4(path.read_bytes()[:12]) and path.parent == service.store.folder / "files"
    again = finish(start(service, values, key=VIDEO, decoder=lambda media: media)).answers[0]
    assert again.reused and again.pictures == (path,) and server.charged == 1
    assert not list(service.store.folder.glob("*.part"))


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault(where="file", cut="in_body", times=None), "download_cut"),
        (Fault(where="file", body=b"<html>", content_type="text/html", times=None), "not_a_video"),
        (Fault(where="file", body=b"no video at all", content_type="video/mp4", times=None), "not_a_video"),
        (Fault(where="file", status=404, times=None), "link_expired"),
    ],
)
def test_a_video_that_does_not_arrive(quick_retries: None, fault: Fault, key: str) -> None:
    with sandbox(fault) as server:
        service = service_for(profile(server.url))
        with pytest.raises(DownloadError) as caught:
            make(service, {"prompt": "the sea", "seed": 3}, key=VIDEO, decoder=lambda media: media)
        assert caught.value.key == key and caught.value.charged is Charged.YES
        assert not list(service.store.folder.glob("*.part"))
        server.clear()
        outcome = make(service, {"prompt": "the sea", "seed": 3}, key=VIDEO, decoder=lambda media: media)
        assert SUBMIT not in actions(server)
        assert all(is_mp4(path.read_bytes()) for path in outcome.pictures)
        assert [task.ended for task in service.store.tasks.newest(9)] == ["done"]


def test_a_big_video_is_never_whole_in_memory(server: Gateway, tmp_path: Path) -> None:
    import tracemalloc

    service = service_for(profile(server.url))
    body = b"\x00\x00\x00\x18ftypmp42" + bytes(48 * 2**20)
    server.inject(Fault(where="file", status=200, body=body, content_type="video/mp4"))
    tracemalloc.start()
    try:
        path = service.transport.download_video(f"{server.url}/files/any.mp4", tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == len(body) and peak < 8 * 2**20


def test_a_batch_of_tasks_keeps_its_order(slow: Gateway) -> None:
    service = service_for(profile(slow.url, max_concurrency=3))
    pictures = {"image": [colour(value=(40 * n, 0, 0)) for n in range(1, 4)]}
    outcome = make(service, FIXED, pictures, key=EDIT)
    reds = [float(picture[..., 0].mean()) for picture in outcome.pictures]
    assert reds == sorted(reds) and slow.charged == 3
