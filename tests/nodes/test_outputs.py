"""What models hand out besides pictures: masks and videos; and the model that takes any req_key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from volcv_pack.nodes import runner
from volcv_pack.nodes.runner import NodeResult, run_model
from volcv_pack.volcv_client.catalog import model
from volcv_pack.volcv_client.errors import BadAnswerError, InputError, StoreError
from volcv_pack.volcv_client.images.formats import is_mp4
from volcv_pack.volcv_client.store import results

from tests.gateway import Gateway
from tests.nodes.test_new_model import Silent

KEY = "canary-outputs"


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,)) as server:
        for name, value in {"HOME": tmp_path, "API_KEY": KEY, "BASE_URL": server.url, "LANG": "en"}.items():
            monkeypatch.setenv(f"VOLCV_{name}", str(value))
        yield server


def run(key: str, **inputs: Any) -> NodeResult:
    return asyncio.run(run_model(model(key), inputs, Silent()))


def disc(size: int = 96) -> torch.Tensor:
    """A red disc on white, ``[1, H, W, 3]``, and nothing else that could be the subject."""
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    inside = ((x - size / 2) ** 2 + (y - size / 2) ** 2 < (size / 4) ** 2).unsqueeze(-1)
    return torch.where(inside, torch.tensor([0.8, 0.1, 0.1]), torch.ones(3)).unsqueeze(0)


@pytest.mark.parametrize(("result", "full"), [("full size", True), ("cropped", False), ("mask only", True)])
def test_a_cut_out_brings_its_mask(gateway: Gateway, result: str, full: bool) -> None:
    made = run("saliency_seg", image=disc(), only_mask={"only_mask": result})
    assert made.images.shape[:3] == made.mask.shape and (made.mask.shape[1:] == (96, 96)) is full
    height, width = made.mask.shape[1:]
    assert made.mask[0, height // 2, width // 2] > 0.9 and made.mask[0, 0, 0] < 0.1
    assert 0.15 < float(made.mask.mean()) < 0.9


def test_every_picture_of_an_answer_can_be_a_mask(gateway: Gateway) -> None:
    made = run("entity_seg", image=disc(160), refine_mask="none")
    assert made.images.shape[:3] == made.mask.shape == (2, 160, 160)
    ground, red = made.mask
    assert (ground[80, 80], red[80, 80], ground[2, 2], red[2, 2]) == (0.0, 1.0, 1.0, 0.0)
    assert torch.equal(made.images[..., 0], made.mask)
    run("entity_seg", image=disc(160), refine_mask="none")
    assert gateway.charged == 1


def test_masks_of_a_batch_stay_with_their_pictures(gateway: Gateway) -> None:
    batch = torch.cat([disc(), torch.roll(disc(), 20, dims=2)])
    made = run("saliency_seg", image=batch)
    assert made.images.shape[0] == made.mask.shape[0] == 2
    assert made.mask[1].nonzero()[:, 1].float().mean() > made.mask[0].nonzero()[:, 1].float().mean() + 10


def test_a_cut_out_has_no_chance_in_it(gateway: Gateway) -> None:
    for _ in range(2):
        made = run("saliency_seg", image=disc())
    assert json.loads(made.response)[0]["reused"] and gateway.charged == 1


def recall(request_id: str, newest: int) -> NodeResult:
    return asyncio.run(runner.recall(request_id, newest, Silent()))


def test_videos_are_files_one_per_call(gateway: Gateway) -> None:
    made = run("jimeng_ti2v_v30_pro", prompt="waves", seed=4, count=2)
    assert len(made.video) == 2 and made.images is None
    assert all(is_mp4(path.read_bytes()[:12]) for path in made.video)
    with pytest.raises(StoreError, match="empty"):
        recall("", 1)
    request_id = json.loads(made.response)[0]["request_id"]
    with pytest.raises(StoreError, match=f"{request_id} is a video.*recall {request_id}"):
        recall(request_id, 1)


def test_a_video_comes_back_as_a_file(gateway: Gateway) -> None:
    with pytest.raises(StoreError, match="empty"):
        asyncio.run(runner.recall_video("", Silent()))
    made = run("jimeng_ti2v_v30_pro", prompt="waves", seed=4)
    (answered,) = json.loads(made.response)
    picture = run("high_aes_general_v14", prompt="a fox", seed=1, width=64, height=64)
    for wanted in ("", answered["request_id"]):
        found = asyncio.run(runner.recall_video(wanted, Silent()))
        assert list(found.video) == list(made.video) and found.images is None and "not charged" in found.summary
        assert json.loads(found.response)[0]["reused"] is True
        runner.check_recall_video(wanted)
    (other,) = json.loads(picture.response)
    for wanted, problem in ((other["request_id"], "is a picture"), ("no-such-id", "no-such-id")):
        with pytest.raises(StoreError, match=problem):
            runner.check_recall_video(wanted)
    assert gateway.charged == 2


def test_recall_looks_for_pictures_behind_videos(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "PAGE", 2)
    for seed in (1, 2):
        run("high_aes_general_v14", prompt="a fox", seed=seed, width=64 * seed, height=64)
    run("jimeng_ti2v_v30_pro", prompt="waves", seed=4, count=3)
    found = recall("", 2)
    status = str(found.status)
    assert [entry["seed"] for entry in json.loads(found.response)] == [2, 1]
    assert "2 pictures" in status and "128x64" in status and "black" in status
    assert "Size: 64x64" in str(recall(json.loads(found.response)[1]["request_id"], 1).status)


def test_any_model_takes_the_body_as_it_is(gateway: Gateway) -> None:
    body = json.dumps(
        {"prompt": "a lighthouse", "width": 64, "height": 80, "seed": 12, "logo_info": {"add_logo": False}}
    )
    made = run("any", req_key="high_aes_general_v14", body=body, seed=99)
    sent = gateway.requests[0].body or {}
    assert sent == {"req_key": "high_aes_general_v14", **json.loads(body)}
    assert made.images.shape == (1, 80, 64, 3) and json.loads(made.response)[0]["seed"] == 12


def test_any_model_as_a_task_with_pictures_and_mask(gateway: Gateway) -> None:
    body = json.dumps({"custom_prompt": "a boat", "return_url": False})
    inputs = {"image_2": disc(), "mask": torch.ones(1, 24, 24)}
    run("any", req_key="i2i_inpainting_edit", body=body, seed=3, image_1=None, **inputs)
    sent = gateway.requests[0].body or {}
    assert len(sent["binary_data_base64"]) == 2 and sent["seed"] == 3
    run("any", req_key="byteedit_v2.0", body='{"prompt": "make it blue"}', mode="task", image_1=disc())
    assert [request.action for request in gateway.requests[1:]] == ["CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult"]


@pytest.mark.parametrize("body", ['{"prompt": "a cat",}', "[1]", '"text"', "{'a': 1}", "{" * 100_000])
def test_any_model_refuses_what_is_no_json_object(gateway: Gateway, body: str) -> None:
    with pytest.raises(InputError, match="body is no JSON object"):
        run("any", req_key="high_aes_general_v14", body=body)
    assert not gateway.requests


def test_a_required_mask_that_selects_nothing_is_said_so(gateway: Gateway) -> None:
    with pytest.raises(InputError, match="mask selects nothing"):
        run("i2i_inpainting", image=disc(), mask=torch.zeros(1, 96, 96))
    assert not gateway.requests


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"prompt": "a", "size_by": {"size_by": "width and height", "width": 512, "height": 512}}, "512x512"),
        ({"prompt": "a", "image_1": torch.zeros(1, 100, 400, 3)}, "at most 3 times"),
    ],
)
def test_sizes_the_service_refuses_are_refused_here(gateway: Gateway, inputs: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        run("jimeng_t2i_v40", **inputs)
    assert not gateway.requests


def test_a_video_that_any_model_made_is_not_lost(gateway: Gateway) -> None:
    with pytest.raises(BadAnswerError, match=f"Download it .*{gateway.url}/files/"):
        run("any", req_key="jimeng_ti2v_v30_pro", body='{"prompt": "waves"}', mode="task")
