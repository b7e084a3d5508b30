"""Tasks: submitting, waiting, failing, and what is charged."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from volcv_client.sandbox import Fault, SandboxServer
from volcv_client.sandbox.pages import PAGES
from volcv_client.sandbox.tasks import KEPT, MAX_TASKS, TaskStore
from volcv_client.sandbox.validate import Job

from .helpers_sandbox import (
    CUT,
    EDIT,
    ERASE,
    FILM,
    JIMENG,
    OUT,
    PICTURE,
    RESULT,
    SEEDEDIT,
    SUBMIT,
    V14,
    V20,
    V20_L,
    V30,
    body,
    finished,
    pictures,
    poll,
    post,
    submit,
)

BOTH = [OUT, ERASE, EDIT, V20, V20_L]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def status(answer: requests.Response) -> str:
    content = answer.json()
    assert (answer.status_code, content["code"]) == (200, 10000), content
    return str(content["data"]["status"])


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
    assert server.charged == 1
    assert [row.charged for row in server.requests] == [True, False, False]


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


def test_tasks_outlive_clear_but_not_the_server(server: SandboxServer) -> None:
    task_id = submit(server, V20)
    server.clear()
    assert status(poll(server, V20, task_id)) == "done"
    assert server.charged == 0
    with SandboxServer() as other:
        assert status(poll(other, V20, task_id)) == "not_found"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_old_tasks_are_forgotten() -> None:
    clock = Clock()
    store = TaskStore(9.0, clock)
    job = Job(PAGES[V20], {})
    first = store.add(job, None)
    task = store.find(first, V20)
    assert task is not None
    for clock.now, expected in ((2.9, "in_queue"), (3.1, "generating"), (8.9, "generating"), (9.0, "done")):
        assert store.status(task) == expected
    clock.now = KEPT - 1
    assert store.find(first, V20) is task
    clock.now = KEPT + 1
    assert store.find(first, V20) is None
    many = [store.add(job, None) for _ in range(MAX_TASKS + 1)]
    assert store.find(many[0], V20) is None
    assert store.find(many[1], V20) is not None


@given(seconds=st.floats(0, 1e6), ages=st.lists(st.floats(0, KEPT), max_size=9))
@settings(max_examples=60, deadline=None)
def test_a_status_never_goes_back(seconds: float, ages: list[float]) -> None:
    clock = Clock()
    store = TaskStore(seconds, clock)
    task = store.find(store.add(Job(PAGES[V20], {}), None), V20)
    assert task is not None
    order = ["in_queue", "generating", "done"]
    seen = []
    for clock.now in sorted(ages):
        seen.append(order.index(store.status(task)))
    assert seen == sorted(seen)


@pytest.mark.parametrize("req_key", [JIMENG, SEEDEDIT, FILM])
def test_task_models_refuse_cvprocess(server: SandboxServer, req_key: str) -> None:
    answer = post(server, body(req_key))
    assert (answer.status_code, answer.json()["code"]) == (400, 50402)
    assert SUBMIT in answer.json()["message"]
    assert server.charged == 0


@pytest.mark.parametrize("req_key", [V14, V30, CUT, "img2img_cartoon_style"])
def test_other_models_refuse_submits(server: SandboxServer, req_key: str) -> None:
    for action in (SUBMIT, "CVSubmitTask"):
        answer = post(server, body(req_key), action=action)
        assert (answer.status_code, answer.json()["code"]) == (400, 50402)
        assert "CVProcess" in answer.json()["message"]
    assert server.charged == 0


@pytest.mark.parametrize("field", [{"return_url": True}, {"logo_info": {}}, {"req_json": "{}"}, {"aigc_meta": "{}"}])
@pytest.mark.parametrize("req_key", [EDIT, SEEDEDIT])
def test_delivery_fields_are_unknown_in_a_submit(server: SandboxServer, req_key: str, field: dict[str, Any]) -> None:
    content = post(server, body(req_key, **field), action=SUBMIT).json()
    assert content["code"] == 50200
    assert f"unknown field '{next(iter(field))}'" in content["message"]
    assert server.charged == 0


def test_a_submit_is_checked_like_a_direct_call(server: SandboxServer) -> None:
    for changes, code in (({"binary_data_base64": None}, 50206), ({"prompt": None}, 50201), ({"seed": "1"}, 50204)):
        assert post(server, body(EDIT, **changes), action=SUBMIT).json()["code"] == code
    assert server.charged == 0


LABEL = {"producer_id": "me"}
REFUSED: list[tuple[Any, int, str]] = [
    ({"return_url": True}, 50204, "'req_json' must be a string"),
    (None, 50204, "req_json"),
    ("", 50200, "valid JSON"),
    ("{", 50200, "valid JSON"),
    ("[]", 50200, "JSON object"),
    ('"x"', 50200, "JSON object"),
    ('{"return_url": "true"}', 50204, "req_json.return_url"),
    ('{"return_url": 1}', 50204, "req_json.return_url"),
    ('{"returnurl": true}', 50200, "req_json.returnurl"),
    ('{"prompt": "x"}', 50200, "req_json.prompt"),
    ('{"logo_info": "{}"}', 50204, "req_json.logo_info"),
    ('{"logo_info": {"position": 4}}', 50200, "req_json.logo_info.position"),
    ('{"logo_info": {"opacity": NaN}}', 50204, "req_json.logo_info.opacity"),
    ('{"aigc_meta": {}}', 50201, "req_json.aigc_meta.producer_id"),
    ('{"aigc_meta": {"producer_id": 1}}', 50204, "req_json.aigc_meta.producer_id"),
    (json.dumps({"aigc_meta": {"producer_id": "x" * 257}}), 50200, "256"),
    ('{"aigc_meta": {"producer_id": "me", "producer": "x"}}', 50200, "req_json.aigc_meta.producer"),
]


@pytest.mark.parametrize(("req_json", "code", "named"), REFUSED)
def test_req_json_is_strict(server: SandboxServer, req_json: Any, code: int, named: str) -> None:
    wanted = {"req_key": V20, "task_id": "7000000000000000000", "req_json": req_json}
    answer = post(server, wanted, action=RESULT)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert named in answer.json()["message"]


def test_result_requests_are_strict(server: SandboxServer) -> None:
    for changes, code in (({"task_id": None}, 50201), ({"task_id": 7}, 50204), ({"seed": 1}, 50200)):
        wanted = {"req_key": V20, "task_id": "7", **changes}
        content = {name: value for name, value in wanted.items() if value is not None}
        assert post(server, content, action=RESULT).json()["code"] == code


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


def test_a_failing_task(server: SandboxServer) -> None:
    server.inject(Fault(task=50511))
    failing, fine = submit(server, V20), submit(server, V20)
    for _ in range(2):
        answer = poll(server, V20, failing)
        content = answer.json()
        assert (answer.status_code, content["code"], content["status"]) == (400, 50511, 50511)
        assert content["data"] == {"status": "done"}
        assert content["message"] == "Post Img Risk Not Pass"
    assert status(poll(server, V20, fine)) == "done"
    assert server.charged == 2


@pytest.mark.parametrize("fate", ["expired", "not_found", "in_queue", "generating"])
def test_tasks_that_never_end_well(server: SandboxServer, fate: str) -> None:
    server.inject(Fault(task=fate, times=None))
    task_id = submit(server, V20)
    assert [status(poll(server, V20, task_id)) for _ in range(2)] == [fate, fate]
    assert server.charged == 1


def test_fates_come_in_time() -> None:
    with SandboxServer(task_seconds=0.6) as server:
        server.inject(Fault(task=50500), Fault(task="expired"))
        tasks = [submit(server, V20) for _ in range(2)]
        assert [status(poll(server, V20, task_id)) for task_id in tasks] == ["in_queue"] * 2
        time.sleep(0.65)
        assert poll(server, V20, tasks[0]).status_code == 500
        assert status(poll(server, V20, tasks[1])) == "expired"


def test_faults_are_selected_by_action(server: SandboxServer) -> None:
    server.inject(
        Fault(action=RESULT, code=50511), Fault(action=RESULT, cut="in_body"), Fault(action=SUBMIT, code=50429)
    )
    assert post(server, body(V20)).json()["code"] == 10000
    assert post(server, body(V20), action=SUBMIT).json()["code"] == 50429
    task_id = submit(server, V20)
    assert poll(server, V20, task_id).json()["code"] == 50511
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        poll(server, V20, task_id)
    assert status(poll(server, V20, task_id)) == "done"
    assert server.charged == 2


def test_a_task_fault_waits_for_a_submit_and_may_match(server: SandboxServer) -> None:
    server.inject(Fault(task="expired", match=lambda content: content.get("seed") == 5))
    assert post(server, body(V20, seed=5)).json()["code"] == 10000
    kept, lost = submit(server, V20, seed=4), submit(server, V20, seed=5)
    assert [status(poll(server, V20, task_id)) for task_id in (kept, lost)] == ["done", "expired"]


def test_a_cut_submit_answer_is_charged(server: SandboxServer) -> None:
    server.inject(Fault(action=SUBMIT, cut="before_headers"))
    with pytest.raises(requests.ConnectionError):
        post(server, body(V20), action=SUBMIT)
    assert server.charged == 1


def test_an_edited_poll(server: SandboxServer) -> None:
    def emptied(answer: dict[str, Any]) -> dict[str, Any]:
        answer["data"]["binary_data_base64"] = None
        return answer

    server.inject(Fault(action=RESULT, edit=emptied))
    task_id = submit(server, V20)
    assert poll(server, V20, task_id).json()["data"]["binary_data_base64"] is None
    assert poll(server, V20, task_id).json()["data"]["binary_data_base64"]


def test_fault_texts() -> None:
    assert Fault.parse("task=50511,times=2") == Fault(task=50511, times=2)
    assert Fault.parse("task=expired").task == "expired"
    assert Fault.parse(f"action={RESULT},code=50500").action == RESULT
    with pytest.raises(ValueError, match="expired"):
        Fault.parse("task=gone")


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


JIMENG_REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"binary_data_base64": [PICTURE]}, 50200, "unknown field 'binary_data_base64'"),
    ({"seed": 1}, 50200, "unknown field 'seed'"),
    ({"width": 2048}, 50201, "height"),
    ({"height": 2048}, 50201, "width"),
    ({"width": 1024, "height": 1023}, 50200, "width"),
    ({"width": 4097, "height": 4096}, 50200, "width"),
    ({"width": 8193, "height": 512}, 50200, "16"),
    ({"width": 0, "height": 0}, 50200, "width"),
    ({"size": 1024 * 1024 - 1}, 50200, "size"),
    ({"size": 4096 * 4096 + 1}, 50200, "size"),
    ({"size": "2048x2048"}, 50204, "size"),
    ({"scale": 1.01}, 50200, "scale"),
    ({"min_ratio": 0.06}, 50200, "min_ratio"),
    ({"max_ratio": 16.1}, 50200, "max_ratio"),
    ({"force_single": 1}, 50204, "force_single"),
    ({"callback_url": 1}, 50204, "callback_url"),
    ({"prompt": "x" * 801}, 50200, "800"),
    ({"image_urls": ["https://example.com/a.jpg"] * 11}, 50200, "at most 10"),
    ({"image_urls": [PICTURE]}, 50200, "image_urls"),
]


@pytest.mark.parametrize(("changes", "code", "named"), JIMENG_REFUSED)
def test_jimeng_is_strict(server: SandboxServer, changes: dict[str, Any], code: int, named: str) -> None:
    answer = post(server, body(JIMENG, **changes), action=SUBMIT)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert named in answer.json()["message"]
    assert server.charged == 0
