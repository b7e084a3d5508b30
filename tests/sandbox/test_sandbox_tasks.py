"""Tasks of the shipped sandbox: submitting, waiting, and what they end with."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.gateway.helpers import (
    EDIT,
    ERASE,
    FILM,
    JIMENG,
    OUT,
    RESULT,
    SEEDEDIT,
    SUBMIT,
    V14,
    V20,
    V20_L,
    body,
    finished,
    pictures,
    poll,
    post,
    status,
    submit,
)
from volcv_client.sandbox import SandboxServer
from volcv_client.sandbox.fields import models
from volcv_client.sandbox.job import Job
from volcv_client.sandbox.stores import KEPT, MAX_TASKS, TaskStore

BOTH = [OUT, ERASE, EDIT, V20, V20_L]
LABEL = {"producer_id": "me"}


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.mark.parametrize("req_key", [*BOTH, SEEDEDIT])
def test_a_task_is_done_at_the_first_look_and_again(server: SandboxServer, req_key: str) -> None:
    changes = {"return_url": None, "logo_info": None}
    accepted = post(server, body(req_key, **changes), action=SUBMIT).json()
    assert list(accepted["data"]) == ["task_id"]
    task_id = accepted["data"]["task_id"]
    assert (len(task_id), task_id.isdigit()) == (19, True)
    first, second = poll(server, req_key, task_id), poll(server, req_key, task_id)
    data = first.json()["data"]
    assert (data["status"], data["image_urls"]) == ("done", [])
    assert data["algorithm_base_resp"] == {"status_code": 0, "status_message": "Success"}
    assert len(pictures(first)) == 1
    assert second.json()["data"]["binary_data_base64"] == data["binary_data_base64"]
    assert (server.charged, server.calls) == (1, 3)


def test_a_task_draws_what_the_direct_call_draws(server: SandboxServer) -> None:
    direct = pictures(post(server, body(EDIT)))[0]
    assert finished(server, EDIT)[0].tobytes() == direct.tobytes()


@pytest.mark.parametrize(("submits", "asks"), [(SUBMIT, RESULT), ("CVSubmitTask", "CVGetResult")])
def test_both_pairs_of_actions(server: SandboxServer, submits: str, asks: str) -> None:
    accepted = post(server, body(V20), action=submits).json()
    wanted = {"req_key": V20, "task_id": accepted["data"]["task_id"]}
    assert status(post(server, wanted, action=asks)) == "done"


def test_statuses_by_time() -> None:
    with SandboxServer(task_seconds=0.9) as server:
        task_id = submit(server, V20)
        seen = []
        for _ in range(40):
            seen.append(status(poll(server, V20, task_id)))
            if seen[-1] == "done":
                break
            time.sleep(0.05)
        assert list(dict.fromkeys(seen)) == ["in_queue", "generating", "done"]
        assert seen.count("generating") > seen.count("in_queue") > 2
        assert server.charged == 1


def test_unknown_tasks_and_tasks_of_another_model_are_not_found(server: SandboxServer) -> None:
    task_id = submit(server, V20)
    assert status(poll(server, V20, "7000000000000000000")) == "not_found"
    assert status(poll(server, V20_L, task_id)) == "not_found"
    assert status(poll(server, V14, task_id)) == "not_found"
    assert status(poll(server, V20, task_id)) == "done"
    assert post(server, {"req_key": "no_such_model", "task_id": task_id}, action=RESULT).status_code == 503


def test_tasks_do_not_outlive_the_server(server: SandboxServer) -> None:
    task_id = submit(server, V20)
    assert status(poll(server, V20, task_id)) == "done"
    with SandboxServer() as other:
        assert status(poll(other, V20, task_id)) == "not_found"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


JOB = Job(models()[V20], {"req_key": V20}, {}, 1)


def test_old_tasks_are_forgotten() -> None:
    clock = Clock()
    store = TaskStore(9.0, clock)
    first = store.add(JOB)
    for clock.now, expected in ((2.9, "in_queue"), (3.1, "generating"), (8.9, "generating"), (9.0, "done")):
        assert store.find(first, V20) == (expected, JOB)
    clock.now = KEPT - 1
    assert store.find(first, V20) == ("done", JOB)
    assert store.find(first, V14) == ("not_found", None)
    clock.now = KEPT + 1
    assert store.find(first, V20) == ("not_found", None)
    many = [store.add(JOB) for _ in range(MAX_TASKS + 1)]
    assert store.find(many[0], V20) == ("not_found", None)
    assert store.find(many[1], V20) == ("in_queue", JOB)


@given(seconds=st.floats(0, 1e6), ages=st.lists(st.floats(0, KEPT), max_size=9))
@settings(max_examples=60, deadline=None)
def test_a_status_never_goes_back(seconds: float, ages: list[float]) -> None:
    clock = Clock()
    store = TaskStore(seconds, clock)
    task_id = store.add(JOB)
    order = ["in_queue", "generating", "done"]
    seen = []
    for clock.now in sorted(ages):
        seen.append(order.index(store.find(task_id, V20)[0]))
    assert seen == sorted(seen)


@pytest.mark.parametrize("req_key", [JIMENG, SEEDEDIT, FILM])
def test_task_models_refuse_cvprocess(server: SandboxServer, req_key: str) -> None:
    answer = post(server, body(req_key))
    assert (answer.status_code, answer.json()["code"]) == (400, 50402)
    assert SUBMIT in answer.json()["message"]
    assert server.charged == 0


def test_req_json_decides_how_a_result_is_delivered(server: SandboxServer) -> None:
    task_id = submit(server, EDIT)
    plain = pictures(poll(server, EDIT, task_id))[0]
    by_url = poll(server, EDIT, task_id, return_url=True, aigc_meta=LABEL).json()["data"]
    assert by_url["binary_data_base64"] == []
    fetched = requests.get(by_url["image_urls"][0], timeout=5)
    assert Image.open(io.BytesIO(fetched.content)).tobytes() == plain.tobytes()
    logo = {"add_logo": True, "logo_text_content": "MINE", "position": 1}
    marked = pictures(poll(server, EDIT, task_id, logo_info=logo))[0]
    assert marked.size == plain.size
    assert marked.tobytes() != plain.tobytes()
    assert pictures(poll(server, EDIT, task_id, logo_info={"add_logo": False}))[0].tobytes() == plain.tobytes()


def test_a_random_seed_is_picked_once_per_task(server: SandboxServer) -> None:
    task_id = submit(server, V20, seed=-1)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: poll(server, V20, task_id).json()["data"]["binary_data_base64"], range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert finished(server, V20, seed=-1)[0].tobytes() != _first(answers[0]).tobytes()


def _first(texts: list[str]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(texts[0])))


def test_jimeng_counts_and_sizes(server: SandboxServer) -> None:
    assert [picture.size for picture in finished(server, JIMENG)] == [(1024, 1024)]
    several = finished(server, JIMENG, prompt="a Series of cats", width=2048, height=512, size=None)
    assert [picture.size for picture in several] == [(2048, 512)] * 2
    assert several[0].tobytes() != several[1].tobytes()
    assert len(finished(server, JIMENG, prompt="a series of cats", force_single=True)) == 1
    own = post(server, body(OUT, return_url=True)).json()["data"]["image_urls"]
    shaped = finished(server, JIMENG, image_urls=own)[0]
    assert shaped.width / shaped.height == pytest.approx(144 / 64, rel=0.01)
    assert abs(shaped.width * shaped.height - 1024 * 1024) < 2048
