"""Tasks: what is refused, what fails, and what is charged."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.gateway import Fault, Gateway

from .helpers import (
    CUT,
    EDIT,
    ERASE,
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
    poll,
    post,
    status,
    submit,
)

BOTH = [OUT, ERASE, EDIT, V20, V20_L]


@pytest.fixture
def server() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def test_tasks_outlive_clear(server: Gateway) -> None:
    task_id = submit(server, V20)
    server.clear()
    assert status(poll(server, V20, task_id)) == "done"
    assert server.charged == 0


def test_only_the_submit_is_charged(server: Gateway) -> None:
    task_id = submit(server, V20)
    for _ in range(2):
        assert status(poll(server, V20, task_id)) == "done"
    assert [row.charged for row in server.requests] == [True, False, False]


@pytest.mark.parametrize("req_key", [V14, V30, CUT, "img2img_cartoon_style"])
def test_other_models_refuse_submits(server: Gateway, req_key: str) -> None:
    for action in (SUBMIT, "CVSubmitTask"):
        answer = post(server, body(req_key), action=action)
        assert (answer.status_code, answer.json()["code"]) == (400, 50402)
        assert "CVProcess" in answer.json()["message"]
    assert server.charged == 0


@pytest.mark.parametrize("field", [{"return_url": True}, {"logo_info": {}}, {"req_json": "{}"}, {"aigc_meta": "{}"}])
@pytest.mark.parametrize("req_key", [EDIT, SEEDEDIT])
def test_delivery_fields_are_unknown_in_a_submit(server: Gateway, req_key: str, field: dict[str, Any]) -> None:
    content = post(server, body(req_key, **field), action=SUBMIT).json()
    assert content["code"] == 50200
    assert f"unknown field '{next(iter(field))}'" in content["message"]
    assert server.charged == 0


def test_a_submit_is_checked_like_a_direct_call(server: Gateway) -> None:
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
def test_req_json_is_strict(server: Gateway, req_json: Any, code: int, named: str) -> None:
    wanted = {"req_key": V20, "task_id": "7000000000000000000", "req_json": req_json}
    answer = post(server, wanted, action=RESULT)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert named in answer.json()["message"]


def test_result_requests_are_strict(server: Gateway) -> None:
    for changes, code in (({"task_id": None}, 50201), ({"task_id": 7}, 50204), ({"seed": 1}, 50200)):
        wanted = {"req_key": V20, "task_id": "7", **changes}
        content = {name: value for name, value in wanted.items() if value is not None}
        assert post(server, content, action=RESULT).json()["code"] == code


def test_a_failing_task(server: Gateway) -> None:
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
def test_tasks_that_never_end_well(server: Gateway, fate: str) -> None:
    server.inject(Fault(task=fate, times=None))
    task_id = submit(server, V20)
    assert [status(poll(server, V20, task_id)) for _ in range(2)] == [fate, fate]
    assert server.charged == 1


def test_fates_come_in_time() -> None:
    with Gateway(task_seconds=0.6) as server:
        server.inject(Fault(task=50500), Fault(task="expired"))
        tasks = [submit(server, V20) for _ in range(2)]
        assert [status(poll(server, V20, task_id)) for task_id in tasks] == ["in_queue"] * 2
        time.sleep(0.65)
        assert poll(server, V20, tasks[0]).status_code == 500
        assert status(poll(server, V20, tasks[1])) == "expired"


def test_faults_are_selected_by_action(server: Gateway) -> None:
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


def test_a_task_fault_waits_for_a_submit_and_may_match(server: Gateway) -> None:
    server.inject(Fault(task="expired", match=lambda content: content.get("seed") == 5))
    assert post(server, body(V20, seed=5)).json()["code"] == 10000
    kept, lost = submit(server, V20, seed=4), submit(server, V20, seed=5)
    assert [status(poll(server, V20, task_id)) for task_id in (kept, lost)] == ["done", "expired"]


def test_a_cut_submit_answer_is_charged(server: Gateway) -> None:
    server.inject(Fault(action=SUBMIT, cut="before_headers"))
    with pytest.raises(requests.ConnectionError):
        post(server, body(V20), action=SUBMIT)
    assert server.charged == 1


def test_an_edited_poll(server: Gateway) -> None:
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


JIMENG_REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"binary_data_base64": ["A" * 9_000_000, "A" * 1_000_001]}, 50213, "10000000"),
    ({"binary_data_base64": [PICTURE] * 11}, 50200, "at most 10"),
    ({"binary_data_base64": ["data:image/png;base64," + PICTURE]}, 50207, "binary_data_base64[0]"),
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
def test_jimeng_is_strict(server: Gateway, changes: dict[str, Any], code: int, named: str) -> None:
    answer = post(server, body(JIMENG, **changes), action=SUBMIT)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert named in answer.json()["message"]
    assert server.charged == 0
