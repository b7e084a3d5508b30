"""What the tests of the results panel's logic share: results and tasks to keep, and who asks for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from volcv_pack.nodes.server import results_api
from volcv_pack.nodes.server.settings import Reply, Requester
from volcv_pack.volcv_client.store.result import Result, ResultFile
from volcv_pack.volcv_client.store.results import ResultStore
from volcv_pack.volcv_client.store.tasks import Task

from tests.support.pictures import png as png
from tests.support.results import result_fields

HERE = Requester("127.0.0.1", "127.0.0.1:8188", None, "application/json")
ELSEWHERE = replace(HERE, remote="192.168.1.20", host="192.168.1.5:8188")
KEY = "canary-results-5d81e0b7"
T2I, OUTPAINT, PRODUCT = "high_aes_general_v14", "i2i_outpainting", "img2img_e_commerce_style"
VIDEO, EDIT, STYLE = "jimeng_ti2v_v30_pro", "seededit_v3.0", "img2img_disney_3d_style"
LINKED = "jimeng_t2i_v40"
"""Takes links to pictures."""
FILM = b"\0\0\0\x18ftypmp42" + bytes(90)


def save(store: ResultStore, one: Result, files: Sequence[bytes]) -> Result:
    return store.save(replace(one, files=tuple(ResultFile(data=data) for data in files)))


def paths(one: Result) -> list[Path]:
    return [file.path for file in one.files if file.path is not None]


def keep(store: ResultStore, number: int, prompt: str = "a red fox", **changes: Any) -> Result:
    fields = {
        "texts": {"rephraser_result": "more"},
        "image_urls": ("https://pictures.example/signed?sign=secret",),
        "request": {"prompt": prompt, "seed": number},
        "files": (ResultFile(data=png(40, 30)),),
    }
    return store.save(Result(**result_fields(number, **fields | changes)))


def keep_video(store: ResultStore, number: int, prompt: str = "a fox runs", **changes: Any) -> Result:
    file = store.folder.parent / f"film {number}.part"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(FILM)
    return store.save(replace(keep(store, number, prompt), req_key=VIDEO, files=(ResultFile(file),), **changes))


def task(number: int, **changes: Any) -> Task:
    given = {"prompt": "a fox runs", "seed": number}
    one = Task(f"7{number:018d}", f"print-{number}", "http://here", VIDEO, "CVSync2AsyncGetResult", "", 5, False, given)
    return replace(one, **changes)


def good(reply: Reply) -> dict[str, Any]:
    status, body = reply
    assert status == 200, body
    json.dumps(body)
    return body


def ids(*arguments: str) -> list[int]:
    return [one["seed"] for one in good(results_api.listing(HERE, *arguments))["results"]]
