"""Tasks: submitted once, asked for until they are done, taken up again after whatever came in between."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client.calls import task_call
from volcv_client.calls.call import Phase
from volcv_client.client import Client
from volcv_client.errors import (
    Cancelled,
    Charged,
    CredentialError,
    DownloadError,
    LostAnswerError,
    ModerationError,
    TaskFailedError,
    TaskGoneError,
    VolcvError,
)
from volcv_client.images.formats import is_mp4
from volcv_client.store.entry import State

from .helpers import IMAGE, KEY, client_for, colour, error_of, finish, make, profile, sandbox, start, until
from .test_paying_once import other_process

EDIT = "seededit_v3.0"
VIDEO = "jimeng_ti2v_v30_pro"
SUBMIT, ASK = "CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult"
FIXED: Mapping[str, Any] = {"prompt": "make it night", "seed": 7}
RANDOM: Mapping[str, Any] = {"prompt": "make it night"}


@pytest.fixture(autouse=True)
def quick_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_call, "FIRST_POLL", 0.02)
    monkeypatch.setattr(task_call, "LONGEST_POLL", 0.05)
    monkeypatch.setattr(task_call, "GONE_SECONDS", 0.05)


@pytest.fixture
def slow() -> Iterator[Gateway]:
    """Tasks take longer than any test waits, unless the test says otherwise."""
    with sandbox(task_seconds=0.6) as server:
        yield server


def actions(server: Gateway) -> list[str]:
    return [request.action for request in server.requests]


def interrupted(server: Gateway, values: Mapping[str, Any]) -> Client:
    """A service whose run was cancelled after its task had been submitted."""
    client = client_for(profile(server.url))
    run = start(client, values, IMAGE, key=EDIT)
    until(lambda: ASK in actions(server))
    run.cancel()
    assert isinstance(error_of(run, 5), Cancelled)
    return client


def test_a_task_is_submitted_once_and_asked_for_until_it_is_done(slow: Gateway) -> None:
    client = client_for(profile(slow.url))
    run = start(client, FIXED, IMAGE, key=EDIT)
    phases = set()
    while not run.calls[0].ended:
        phases.add(run.calls[0].phase)
        time.sleep(0.002)
    assert len(finish(run).pictures) == 1
    assert {Phase.IN_QUEUE, Phase.GENERATING} <= phases
    assert actions(slow).count(SUBMIT) == 1 and actions(slow).count(ASK) > 3
    assert slow.charged == 1


def test_the_result_is_asked_for_with_a_json_text(server: Gateway, client: Client) -> None:
    make(client, {**FIXED, "return_url": False}, IMAGE, key=EDIT)
    submitted, asked = (request.body or {} for request in server.requests)
    assert "return_url" not in submitted and "logo_info" not in submitted
    assert json.loads(asked["req_json"]) == {"return_url": False, "logo_info": {"add_logo": False}}
    assert asked.keys() == {"req_key", "task_id", "req_json"}


def test_questions_become_rarer(monkeypatch: pytest.MonkeyPatch, slow: Gateway) -> None:
    monkeypatch.setattr(task_call, "LONGEST_POLL", 10.0)
    make(client_for(profile(slow.url)), FIXED, IMAGE, key=EDIT)
    assert 4 <= actions(slow).count(ASK) <= 9


@pytest.mark.parametrize("values", [FIXED, RANDOM], ids=["fixed seed", "random seed"])
def test_a_cancelled_run_is_taken_up_again(slow: Gateway, values: Mapping[str, Any]) -> None:
    client = interrupted(slow, values)
    outcome = make(client, values, IMAGE, key=EDIT)
    assert len(outcome.pictures) == 1 and any("taken up again" in note for note in outcome.notes)
    assert (slow.charged, actions(slow).count(SUBMIT)) == (1, 1)
    make(client, values, IMAGE, key=EDIT)
    assert slow.charged == (1 if values is FIXED else 2)


def test_another_request_does_not_get_the_task(slow: Gateway) -> None:
    client = interrupted(slow, FIXED)
    make(client, {**FIXED, "scale": 0.7}, IMAGE, key=EDIT)
    assert slow.charged == 2


def test_two_equal_runs_do_not_share_a_task_of_random_seed(slow: Gateway) -> None:
    client = interrupted(slow, RANDOM)
    first, second = (start(client, RANDOM, IMAGE, key=EDIT) for _ in range(2))
    finish(first)
    finish(second)
    assert slow.charged == 2


PROGRAM = """
import sys
import numpy as np
from volcv_client import Client, Profile
from volcv_client.calls import task_call

task_call.FIRST_POLL = task_call.LONGEST_POLL = 0.02
picture = np.full((32, 48, 3), (200, 30, 60), np.uint8)
client = Client(Profile(base_url=sys.argv[1], api_key=sys.argv[2], timeout=20.0))
result = client.run("seededit_v3.0", image=picture, prompt="make it night", seed=int(sys.argv[3]))
print(len(result.pictures), *result.notes)
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
        Fault(action=ASK, code=50500, times=2),
        Fault(action=ASK, code=50501, status=200, times=2),
        Fault(action=ASK, edit=lambda answer: {**answer, "data": {"status": "not_found"}}, times=2),
        Fault(action=ASK, code=50411, times=1),
        *(Fault(action=ASK, status=status, body=b"{}", times=3) for status in (400, 403, 404, 408, 425, 500, 503)),
        Fault(action=ASK, status=403, body=b"<html>firewall</html>", content_type="text/html", times=3),
        Fault(action=ASK, edit=lambda answer: {**answer, "data": {"status": "resting"}}, times=3),
    ],
    ids=[
        *(
            "502",
            "no answer",
            "cut answer",
            "429",
            "no json",
            "50500",
            "50501 with 200",
            "not found yet",
            "refused once",
        ),
        *("400", "403", "404", "408", "425", "500", "503", "firewall", "unknown status"),
    ],
)
def test_a_question_that_fails_is_asked_again(fault: Fault) -> None:
    with sandbox(fault) as server:
        assert len(make(client_for(profile(server.url)), FIXED, IMAGE, key=EDIT).pictures) == 1
        assert (server.charged, actions(server).count(SUBMIT)) == (1, 1)


def test_a_key_that_stops_working_leaves_the_task(server: Gateway) -> None:
    server.inject(Fault(action=ASK, code="invalid_token", times=3))
    client = client_for(profile(server.url))
    with pytest.raises(CredentialError):
        make(client, FIXED, IMAGE, key=EDIT)
    assert len(make(client, FIXED, IMAGE, key=EDIT).pictures) == 1
    assert server.charged == 1


def test_a_task_that_takes_too_long_is_kept_for_the_next_run(slow: Gateway) -> None:
    impatient = client_for(profile(slow.url, task_timeout=0.1))
    with pytest.raises(LostAnswerError) as caught:
        make(impatient, FIXED, IMAGE, key=EDIT)
    assert caught.value.key == "task_timeout" and "taken up" not in str(caught.value)
    assert len(make(client_for(profile(slow.url)), FIXED, IMAGE, key=EDIT).pictures) == 1
    assert slow.charged == 1


def test_a_task_that_fails_is_not_asked_for_again(server: Gateway) -> None:
    server.inject(Fault(task=50511))
    client = client_for(profile(server.url))
    with pytest.raises(ModerationError):
        make(client, FIXED, IMAGE, key=EDIT)
    assert [(one.state, one.problem) for one in client.store.journal.select("")] == [(State.FAILED, "50511")]
    make(client, FIXED, IMAGE, key=EDIT)
    assert actions(server).count(SUBMIT) == 2


def refused(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "code": 50411, "message": "Input invalid", "data": {"status": "done"}}


def test_a_refusal_of_a_done_task_ends_it_at_once(server: Gateway) -> None:
    server.inject(Fault(action=ASK, edit=refused))
    with pytest.raises(ModerationError):
        make(client_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert actions(server).count(ASK) == 1


def test_a_refusal_that_is_repeated_ends_the_task(server: Gateway) -> None:
    server.inject(Fault(action=ASK, code=50411, times=None))
    with pytest.raises(ModerationError):
        make(client_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert (actions(server).count(ASK), actions(server).count(SUBMIT)) == (2, 1)


def test_a_failed_task_ends_with_the_service_s_words(server: Gateway) -> None:
    failed = {"status": "failed", "message": "the model broke"}
    server.inject(Fault(action=ASK, edit=lambda answer: {**answer, "data": failed}))
    with pytest.raises(TaskFailedError, match="the model broke") as caught:
        make(client_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert caught.value.charged is Charged.MAYBE and actions(server).count(ASK) == 1


@pytest.mark.parametrize("fate", ["expired", "not_found"])
def test_a_task_that_is_gone_is_said_so(server: Gateway, fate: Any) -> None:
    server.inject(Fault(task=fate, times=None))
    with pytest.raises(TaskGoneError) as caught:
        make(client_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert caught.value.key == f"task_{fate}" and caught.value.charged is Charged.MAYBE


def refuse_to_know(server: Gateway, fate: str) -> None:
    server.inject(Fault(action=ASK, edit=lambda answer: {**answer, "data": {"status": fate}}, times=None))


@pytest.mark.parametrize("fate", ["not_found", "expired"])
def test_a_task_that_was_lost_in_between_is_submitted_anew(slow: Gateway, fate: str) -> None:
    client = interrupted(slow, FIXED)
    lost = client.store.journal.open_entries(9)[0].task_id
    refuse_to_know(slow, fate)
    run = start(client, FIXED, IMAGE, key=EDIT)
    until(lambda: actions(slow).count(SUBMIT) == 2)
    slow.clear()
    outcome = finish(run)
    assert any(lost in note and "new one" in note for note in outcome.notes)
    assert len(outcome.pictures) == 1


@pytest.mark.parametrize("hours", [-100.0, 13.0, 100.0])
def test_whatever_the_local_clock_says_the_service_is_asked(
    slow: Gateway, monkeypatch: pytest.MonkeyPatch, hours: float
) -> None:
    client = interrupted(slow, FIXED)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + hours * 3600)
    outcome = make(client, FIXED, IMAGE, key=EDIT)
    assert any("taken up again" in note for note in outcome.notes)
    assert actions(slow).count(SUBMIT) == 1


def test_an_old_task_that_is_not_known_ends_at_once(slow: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old by the service's clock: its Date headers, then and now."""
    client = interrupted(slow, FIXED)
    (entry,) = client.store.journal.open_entries(9)
    assert entry.service_time is not None
    monkeypatch.setattr(task_call, "GONE_SECONDS", 60.0)
    client.store.journal.move(entry, service_time=entry.service_time - task_call.KEPT_SECONDS - 60)
    refuse_to_know(slow, "expired")
    asked = actions(slow).count(ASK)
    run = start(client, FIXED, IMAGE, key=EDIT)
    until(lambda: actions(slow).count(SUBMIT) == 2)
    assert actions(slow).count(ASK) in (asked + 1, asked + 2), "the second is that of the new task"
    slow.clear()
    assert len(finish(run).pictures) == 1


def test_a_dead_link_of_a_task_is_fetched_by_asking_again(quick_retries: None, server: Gateway) -> None:
    server.inject(Fault(where="file", status=404, times=1))
    client = client_for(profile(server.url))
    values = {"prompt": "the sea", "seed": 3}
    with pytest.raises(DownloadError):
        make(client, values, key=VIDEO)
    asked = actions(server).count(ASK)
    server.inject(Fault(where="file", status=404, times=1))
    assert make(client, values, key=VIDEO).results[0].reused
    assert actions(server).count(ASK) == asked + 1 and server.charged == 1


def test_a_deleted_video_of_a_task_comes_again_for_free(server: Gateway, client: Client) -> None:
    values = {"prompt": "the sea", "seed": 3}
    first = make(client, values, key=VIDEO).results[0]
    for file in first.files:
        assert file.path is not None
        file.path.unlink()
    again = make(client, values, key=VIDEO).results[0]
    assert again.reused and again.request_id == first.request_id and is_mp4(again.files[0].read())
    assert server.charged == 1


def test_a_deleted_picture_of_a_task_without_links_is_asked_for_again(server: Gateway, client: Client) -> None:
    first = make(client, {**FIXED, "return_url": False}, IMAGE, key=EDIT).results[0]
    assert not first.image_urls and first.files[0].path is not None
    first.files[0].path.unlink()
    again = make(client, {**FIXED, "return_url": False}, IMAGE, key=EDIT).results[0]
    assert again.reused and again.pictures[0].read() == first.pictures[0].read()
    assert actions(server).count(SUBMIT) == server.charged == 1


def test_equal_calls_wait_for_one_task(slow: Gateway) -> None:
    client = client_for(profile(slow.url, max_concurrency=4))
    runs = [start(client, FIXED, IMAGE, key=EDIT) for _ in range(3)]
    assert [len(finish(run).pictures) for run in runs] == [1, 1, 1]
    assert actions(slow).count(SUBMIT) == slow.charged == 1


def test_a_task_in_another_process_is_waited_for_or_left_alone() -> None:
    """The same fixed seed waits for it; a random seed submits its own."""
    for seed, charged in (("7", 1), ("-1", 2)):
        with sandbox(task_seconds=1.5) as server:
            other = other_process(PROGRAM, server.url, KEY, seed)
            until(lambda server=server: ASK in actions(server), 30)  # type: ignore[misc]
            out, problems = other_process(PROGRAM, server.url, KEY, seed).communicate(timeout=30)
            assert out.split()[:1] == ["1"] and "taken up again" not in out, problems
            assert other.communicate(timeout=30)[0].split()[:1] == ["1"]
            assert server.charged == actions(server).count(SUBMIT) == charged


def test_an_accepted_task_without_an_id_is_an_error(server: Gateway) -> None:
    server.inject(Fault(action=SUBMIT, edit=lambda answer: {**answer, "data": {}}))
    with pytest.raises(VolcvError) as caught:
        make(client_for(profile(server.url)), FIXED, IMAGE, key=EDIT)
    assert (caught.value.key, caught.value.charged) == ("no_task_id", Charged.MAYBE)


def test_a_video_goes_to_disk(server: Gateway) -> None:
    client = client_for(profile(server.url))
    values = {"prompt": "the sea at night", "seed": 3}
    run = start(client, values, key=VIDEO)
    answer = finish(run).results[0]
    (file,) = answer.pictures
    path = file.path
    assert isinstance(path, Path) and is_mp4(path.read_bytes()[:12]) and path.parent == client.store.folder / "media"
    again = finish(start(client, values, key=VIDEO)).results[0]
    assert again.reused and again.pictures == (file,) and server.charged == 1
    assert not list(client.store.folder.glob("*.part"))


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
        client = client_for(profile(server.url))
        with pytest.raises(DownloadError) as caught:
            make(client, {"prompt": "the sea", "seed": 3}, key=VIDEO)
        assert caught.value.key == key and caught.value.charged is Charged.YES
        assert not list(client.store.folder.glob("*.part"))
        server.clear()
        outcome = make(client, {"prompt": "the sea", "seed": 3}, key=VIDEO)
        assert SUBMIT not in actions(server)
        assert all(is_mp4(file.read()) for file in outcome.pictures)
        assert [one.state for one in client.store.journal.select("")] == [State.COMPLETE]


def test_a_big_video_is_never_whole_in_memory(server: Gateway, tmp_path: Path) -> None:
    import tracemalloc

    client = client_for(profile(server.url))
    body = b"\x00\x00\x00\x18ftypmp42" + bytes(48 * 2**20)
    server.inject(Fault(where="file", status=200, body=body, content_type="video/mp4"))
    tracemalloc.start()
    try:
        path = client.executor.transport.download_video(f"{server.url}/files/any.mp4", tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == len(body) and peak < 8 * 2**20


def test_a_batch_of_tasks_keeps_its_order(slow: Gateway) -> None:
    client = client_for(profile(slow.url, max_concurrency=3))
    pictures = {"image": [colour(value=(40 * n, 0, 0)) for n in range(1, 4)]}
    outcome = make(client, FIXED, pictures, key=EDIT)
    reds = [float(picture.pixels()[..., 0].mean()) for picture in outcome.pictures]
    assert reds == sorted(reds) and slow.charged == 3
