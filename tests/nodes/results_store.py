"""What the tests of the results panel's logic share: entries of the journal, and requesters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from volcv_pack.nodes.server import results_api
from volcv_pack.nodes.server.settings import Reply, Requester
from volcv_pack.volcv_client.errors import Charged
from volcv_pack.volcv_client.store.entry import Entry, State
from volcv_pack.volcv_client.store.result import Result, ResultFile
from volcv_pack.volcv_client.store.results import ResultStore

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


def put(store: ResultStore, entry: Entry) -> Entry:
    """Write an entry to the journal; its id is that of its row."""
    charged = entry.charged if entry.charged is not Charged.MAYBE else Charged.YES
    return store.journal.move(replace(entry, charged=charged if entry.result.charged else Charged.NO))


def paths(one: Entry) -> list[Path]:
    return [file.path for file in one.result.files if file.path is not None]


def keep(store: ResultStore, number: int, prompt: str = "a red fox", **changes: Any) -> Entry:
    """A complete result."""
    fields = {
        "texts": {"rephraser_result": "more"},
        "image_urls": ("https://pictures.example/signed?sign=secret",),
        "request": {"prompt": prompt, "seed": number},
        "files": (ResultFile(data=png(40, 30)),),
    }
    return put(store, Entry(Result(**result_fields(number, **fields | changes)), State.COMPLETE))


def keep_files(store: ResultStore, number: int, files: Sequence[bytes]) -> Entry:
    return keep(store, number, files=tuple(ResultFile(data=data) for data in files))


def keep_video(store: ResultStore, number: int, prompt: str = "a fox runs", **changes: Any) -> Entry:
    file = store.folder.parent / f"film {number}.part"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(FILM)
    keep(store, number, prompt)
    return keep(store, number, prompt, **{"req_key": VIDEO, "files": (ResultFile(file),), **changes})


def keep_task(store: ResultStore, number: int, state: State = State.SUBMITTED, **changes: Any) -> Entry:
    """A task whose result is still to come, which nobody attends to."""
    fields = {"request_id": "", "req_key": VIDEO, "seed": 5, "request": {"prompt": "a fox runs", "seed": number}}
    return put(store, Entry(Result(**result_fields(number, **fields | changes)), state, task_id=f"7{number:018d}"))


def good(reply: Reply) -> dict[str, Any]:
    status, body = reply
    assert status == 200, body
    json.dumps(body)
    return body


def ids(*arguments: str) -> list[int]:
    return [one["seed"] for one in good(results_api.listing(HERE, *arguments))["results"]]
