"""The results panel's logic without ComfyUI: a real store, real files, real calls."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from volcv_pack.nodes import results_api
from volcv_pack.nodes.settings import REMOTE_SWITCH, Client, Reply
from volcv_pack.volcv_client import exchange, media
from volcv_pack.volcv_client.calls import Phase
from volcv_pack.volcv_client.catalog import model, models
from volcv_pack.volcv_client.config import Profile
from volcv_pack.volcv_client.errors import Cancelled, StoreError
from volcv_pack.volcv_client.payload import ArrayPicture, defaults
from volcv_pack.volcv_client.results import Result, ResultStore
from volcv_pack.volcv_client.run import BatchInputs, Run
from volcv_pack.volcv_client.sandbox import Fault, SandboxServer
from volcv_pack.volcv_client.service import service_for
from volcv_pack.volcv_client.tasks import KEPT_SECONDS, Task

HERE = Client("127.0.0.1", "127.0.0.1:8188", None, "application/json")
ELSEWHERE = replace(HERE, remote="192.168.1.20", host="192.168.1.5:8188")
KEY = "canary-results-5d81e0b7"
T2I, OUTPAINT, PRODUCT = "high_aes_general_v14", "i2i_outpainting", "img2img_e_commerce_style"
VIDEO, EDIT, STYLE = "jimeng_ti2v_v30_pro", "seededit_v3.0", "img2img_disney_3d_style"
FILM = b"\0\0\0\x18ftypmp42" + bytes(90)


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def store() -> ResultStore:
    return results_api.store()


def keep(store: ResultStore, number: int, prompt: str = "a red fox", **changes: Any) -> Result:
    one = Result(
        request_id=f"20261121{number:08d}",
        req_key=T2I,
        fingerprint=f"print-{number}",
        reusable=True,
        seed=number,
        seconds=1.25,
        cost=None,
        texts={"rephraser_result": "more"},
        image_urls=("https://pictures.example/signed?sign=secret",),
        request={"prompt": prompt, "seed": number},
    )
    return store.save(replace(one, **changes), [png()])


def keep_video(store: ResultStore, number: int, prompt: str = "a fox runs", **changes: Any) -> Result:
    file = store.folder.parent / f"film {number}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(FILM)
    return store.save(replace(keep(store, number, prompt), req_key=VIDEO, **changes), [file])


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


def test_an_empty_store() -> None:
    body = good(results_api.listing(HERE))
    assert (body["results"], body["total"], body["models"], body["refusal"]) == ([], 0, [], "")
    assert good(results_api.calls_under_way())["calls"] == []
    assert good(results_api.charges())["today"]["calls"] == 0


def test_a_line_of_the_list(store: ResultStore) -> None:
    kept = keep(store, 5, cost=2.0)
    body = good(results_api.listing(HERE))
    (line,) = body["results"]
    assert line == {
        "model": T2I,
        "node": "Volcv_high_aes_general_v14",
        "title": model(T2I).title,
        "choice": "",
        "id": kept.id,
        "version": kept.files[0].stem[:12],
        "kind": "picture",
        "pictures": 1,
        "request_id": kept.request_id,
        "prompt": "a red fox",
        "seed": 5,
        "seconds": 1.25,
        "cost": 2.0,
        "created": kept.created,
        "charged": True,
        "reuses": 0,
    }
    assert body["models"] == [{key: line[key] for key in ("model", "node", "title", "choice")} | {"results": 1}]
    store.reused(kept)
    assert good(results_api.listing(HERE))["results"][0]["reuses"] == 1


def test_newest_first_in_pages(store: ResultStore) -> None:
    for number in range(7):
        keep(store, number)
    assert ids("0", "3") == [6, 5, 4] and ids("6", "3") == [0] and ids("7", "3") == []
    assert good(results_api.listing(HERE, "0", "3"))["total"] == 7
    for nonsense in ("-1", "x", "1e3", "\u0663", "9" * 30, "' OR 1=1"):
        assert len(ids(nonsense, nonsense)) == 7
    assert len(ids("0", "100000000")) == 7


def test_no_more_than_a_page_at_once(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_api, "MOST", 3)
    for number in range(5):
        keep(store, number)
    assert len(ids("0", "999")) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fox", [1]),
        ("FOX  red", [1]),
        ("red", [3, 1]),
        ("\u74f7", [2]),
        ("2026112100000002", [2]),
        ("outpainting", [3]),
        ("\u6269\u56fe", [3]),
        ("i2i_", [3]),
        ("100%", []),
        ("%", []),
        ("nothing", []),
        ("   ", [3, 2, 1]),
        ("red outpainting", [3]),
    ],
)
def test_search(store: ResultStore, query: str, found: list[int]) -> None:
    keep(store, 1, "A Red Fox in the snow")
    keep(store, 2, "\u9752\u82b1\u74f7\u8336\u58f6")
    keep(store, 3, "a red barn", req_key=OUTPAINT)
    assert ids("0", "9", query) == found
    assert good(results_api.listing(HERE, "0", "1", query))["total"] == len(found)


def test_one_model_only(store: ResultStore) -> None:
    keep(store, 1)
    keep(store, 2, req_key=OUTPAINT)
    keep(store, 3, req_key="gone_in_this_version")
    assert ids("", "", "", OUTPAINT) == [2]
    assert ids("", "", "fox", T2I) == [1] and ids("", "", "fox", PRODUCT) == []
    (gone,) = good(results_api.listing(HERE, "", "", "", "gone_in_this_version"))["results"]
    assert (gone["node"], gone["title"]) == ("", "gone_in_this_version")


def test_every_member_of_a_family_is_known(store: ResultStore) -> None:
    for one in models():
        for key in one.req_keys:
            assert results_api.named(key)["node"] == one.node_id and results_api.named(key)["model"] == key
    keep(store, 1, req_key=STYLE)
    keep(store, 2, req_key=model(STYLE).req_key)
    assert (
        ids("", "", "disney") == [1]
        and ids("", "", "volcv_stylise") == []
        and ids("", "", model(STYLE).title) == [2, 1]
    )
    choices = {one["model"]: one["choice"] for one in good(results_api.listing(HERE))["models"]}
    assert choices[STYLE] == "Disney 3D" != choices[model(STYLE).req_key] != ""


def test_a_search_in_a_thousand_results_is_quick(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "fsync", lambda _: None)
    for number in range(1000):
        keep(store, number, f"picture {number} of a red fox")
    began = time.perf_counter()
    assert ids("0", "50", "fox 77") == [one for one in range(999, -1, -1) if "77" in str(one)]
    assert time.perf_counter() - began < 1.0


def test_details(store: ResultStore) -> None:
    kept = keep(store, 5, prompt="x" * 900, request={"prompt": "x" * 900, "nested": {"a": [1]}})
    body = good(results_api.details(str(kept.id)))
    assert body["request"] == {"prompt": "x" * 900, "nested": {"a": [1]}}
    assert body["texts"] == {"rephraser_result": "more"}
    assert body["files"] == [{"width": 40, "height": 30, "format": "PNG", "bytes": len(png())}]
    assert len(body["prompt"]) == 900
    assert len(good(results_api.listing(HERE))["results"][0]["prompt"]) == 500
    assert "sign=secret" not in json.dumps(body)


def test_pictures_and_thumbnails(store: ResultStore) -> None:
    kept = store.save(keep(store, 1), [png(900, 300), b"\xff\xd8\xff no picture"])
    path, kind, name = results_api.picture(str(kept.id), "0")
    assert (path.read_bytes(), kind, name) == (png(900, 300), "image/png", f"{T2I}-1-1.png")
    assert results_api.picture(str(kept.id), "1")[1:] == ("image/jpeg", f"{T2I}-1-2.jpg")
    path, kind, name = results_api.thumbnail(str(kept.id), "0")
    with Image.open(path) as image:
        assert (image.size, image.format, kind, name) == ((256, 85), "JPEG", "image/jpeg", "")
    with pytest.raises(StoreError) as caught:
        results_api.thumbnail(str(kept.id), "1")
    assert caught.value.key == "store_unreadable"
    facts = good(results_api.details(str(kept.id)))["files"]
    assert facts[0]["width"] == 900 and facts[1] == {}


def test_a_video(store: ResultStore) -> None:
    kept = keep_video(store, 3)
    line, picture = good(results_api.listing(HERE))["results"]
    assert (line["kind"], line["model"], line["pictures"], picture["kind"]) == ("video", VIDEO, 1, "picture")
    assert good(results_api.details(str(kept.id)))["files"] == [{"format": "MP4", "bytes": len(FILM)}]
    path, kind, name = results_api.picture(str(kept.id), "0")
    assert (path, kind, name) == (kept.files[0], "video/mp4", f"{VIDEO}-3-1.mp4")
    path, kind, _ = results_api.thumbnail(str(kept.id), "0")
    with Image.open(path) as image:
        assert (image.size, image.format, kind) == ((256, 256), "JPEG", "image/jpeg")
        dark, light = image.convert("L").getextrema()
    assert path.stat().st_size < 10_000 and light - dark > 150  # type: ignore[operator]
    assert results_api.thumbnail(str(kept.id), "0").path == path
    good(results_api.delete(HERE, b"{}", str(kept.id)))
    assert not kept.files[0].exists() and not path.exists()


def test_a_video_that_vanished(store: ResultStore) -> None:
    kept = keep_video(store, 3)
    kept.files[0].unlink()
    assert good(results_api.details(str(kept.id)))["files"] == [{}]
    for locate in (results_api.picture, results_api.thumbnail):
        with pytest.raises(StoreError):
            locate(str(kept.id), "0")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"seed": None, "request_id": '2026\r\nX: y/../7f3a"9911'}, f"{VIDEO}-f3a9911"),
        ({"seed": None, "request_id": "\u4f60"}, f"{VIDEO}-result"),
        ({"req_key": 'a/b"c\r\n\u4f60.v2'}, "a_b_c____.v2-3"),
    ],
)
def test_what_a_saved_file_is_called(store: ResultStore, changes: dict[str, Any], name: str) -> None:
    assert results_api.name_of(replace(keep_video(store, 3), **changes), 0).endswith(f"{name[-16:]}-1.mp4")
    assert results_api.name_of(replace(keep_video(store, 4), **changes), 0).isascii()


PATHS = ("0", "-1", "", "999", "1.0", "..", "../index.db", "..%2findex.db", "\u0661", "1 OR 1=1", "9" * 19, "9" * 400)


@pytest.mark.parametrize("text", PATHS)
def test_what_is_no_result_is_not_found(store: ResultStore, text: str) -> None:
    kept = keep(store, 1)
    assert results_api.details(text)[0] == 404
    for locate in (results_api.picture, results_api.thumbnail):
        with pytest.raises(StoreError) as caught:
            locate(text, "0")
        assert caught.value.key == "no_result"
    assert good(results_api.delete(HERE, b"", text)) == {"deleted": 0}
    assert store.by_id(kept.id) is not None


@pytest.mark.parametrize("position", [*(one for one in PATHS if one != "0"), "1", "00000000001"])
def test_what_is_no_picture_of_it_is_not_found(store: ResultStore, position: str) -> None:
    kept = keep(store, 1)
    for locate in (results_api.picture, results_api.thumbnail):
        with pytest.raises(StoreError) as caught:
            locate(str(kept.id), position)
        assert caught.value.key == "no_result"


def test_a_picture_that_vanished_is_not_found(store: ResultStore) -> None:
    kept = keep(store, 1)
    kept.files[0].unlink()
    for locate in (results_api.picture, results_api.thumbnail):
        with pytest.raises(StoreError):
            locate(str(kept.id), "0")


def test_delete_forgets_the_pictures_and_keeps_the_count(store: ResultStore) -> None:
    kept, other = keep(store, 1, cost=1.0), keep(store, 2)
    thumbnail, _ = results_api.thumbnail(str(kept.id), "0")
    assert good(results_api.delete(HERE, b"{}", str(kept.id))) == {"deleted": 1}
    assert not kept.files[0].exists() and not thumbnail.exists() and other.files[0].exists()
    assert ids() == [2]
    assert good(results_api.charges())["today"]["calls"] == 2


REFUSED = {
    "another computer": ELSEWHERE,
    "behind a proxy": replace(HERE, forwarded="203.0.113.9"),
    "a foreign name": replace(HERE, host="evil.example"),
    "another page": replace(HERE, origin="https://evil.example"),
}


@pytest.mark.parametrize("client", list(REFUSED.values()), ids=list(REFUSED))
def test_strangers_may_look_but_not_touch(store: ResultStore, client: Client) -> None:
    kept = keep(store, 1)
    body = good(results_api.listing(client))
    assert body["total"] == 1 and body["refusal"]
    for status, answer in (results_api.delete(client, b"{}", str(kept.id)), results_api.cancel(client, b"{}", "1")):
        assert (status, answer) == (403, {"error": body["refusal"]})
    assert store.by_id(kept.id) is not None


def test_the_switch_lets_strangers_in(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "VOLCV_ALLOW_REMOTE_SETTINGS=1" in results_api.refusal(ELSEWHERE)
    monkeypatch.setenv(REMOTE_SWITCH, "1")
    assert results_api.refusal(ELSEWHERE) == ""
    assert good(results_api.delete(ELSEWHERE, b"{}", str(keep(store, 1).id))) == {"deleted": 1}


def test_forms_of_other_pages_are_refused(store: ResultStore) -> None:
    kept = keep(store, 1)
    form = replace(HERE, content_type="application/x-www-form-urlencoded")
    assert results_api.delete(form, b"", str(kept.id))[0] == 400
    assert results_api.delete(HERE, b"[", str(kept.id))[0] == 400
    assert store.by_id(kept.id) is not None


def test_charges_by_local_day_and_month(store: ResultStore) -> None:
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    first = datetime.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    keep(store, 1, created=midnight, cost=1.5)
    keep(store, 2, created=midnight + 1, cost=0.5, req_key=OUTPAINT)
    keep(store, 3, created=first, cost=4.0)
    keep(store, 4, created=min(midnight, first) - 1)
    keep(store, 5, created=midnight + 2, charged=False)
    body = good(results_api.charges())
    first_is_today = first == midnight
    assert body["today"]["calls"] == (3 if first_is_today else 2)
    assert (body["month"]["calls"], body["month"]["cost"]) == (3, 6.0)
    assert [(one["model"], one["calls"]) for one in body["month"]["models"]] == [(T2I, 2), (OUTPAINT, 1)]
    assert body["today"]["since"] == time.strftime("%Y-%m-%d")
    assert body["month"]["since"] == time.strftime("%Y-%m-01")


def test_the_revision_changes_with_the_store_and_the_day(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = good(results_api.calls_under_way())["revision"]
    assert good(results_api.listing(HERE))["revision"] == before
    keep(store, 1)
    after = good(results_api.calls_under_way())["revision"]
    assert after != before
    monkeypatch.setattr(results_api.time, "strftime", lambda *_: "2026-11-22")
    assert good(results_api.calls_under_way())["revision"] not in (before, after)


def test_a_store_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path / "file"))
    for status, body in (results_api.listing(HERE), results_api.charges(), results_api.details("1")):
        assert status == 503 and body["error"]
    assert good(results_api.calls_under_way()) == {"calls": [], "tasks": [], "revision": ""}


@pytest.fixture
def gateway() -> Iterator[SandboxServer]:
    with SandboxServer(api_keys=(KEY,)) as server:
        yield server


def start(gateway: SandboxServer, **values: Any) -> Run[bytes]:
    profile = Profile(base_url=gateway.url, api_key=KEY, timeout=20.0, max_concurrency=1)
    one = model(T2I)
    given = {**defaults(one), "prompt": "a red fox", "width": 64, "height": 64, **values}
    return Run(service_for(profile), one, BatchInputs(given), lambda _, data: data)


def start_task(gateway: SandboxServer, *, upload: bool = False, **values: Any) -> Run[bytes]:
    upload_url = f"{gateway.url}/v1/files" if upload else ""
    profile = Profile(base_url=gateway.url, api_key=KEY, timeout=20.0, upload_url=upload_url)
    one = model(EDIT)
    picture = ArrayPicture(np.full((64, 64, 3), 90, np.uint8))
    given = BatchInputs({**defaults(one), "prompt": "make it night", **values}, {"image": [picture]})
    return Run(service_for(profile), one, given, lambda _, data: data)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def calls() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(results_api.calls_under_way())["calls"]
    return found


def test_calls_under_way_and_cancelling_one(gateway: SandboxServer) -> None:
    gateway.inject(Fault(delay=1.0, times=None))
    run = start(gateway, seed=40, count=3)
    until(lambda: sorted(one["phase"] for one in calls()) == ["waiting", "waiting", "working"])
    working, waiting, last = calls()
    assert working["sent"] and not waiting["sent"] and not last["sent"]
    assert working["phase"] == "working" and {one["seed"] for one in calls()} == {40, 41, 42}
    assert working["model"] == T2I and working["seconds"] >= working["phase_seconds"] >= 0
    assert good(results_api.cancel(HERE, b"{}", str(working["id"]))) == {"outcome": "sent"}
    assert not any(one["cancelled"] for one in calls())
    assert good(results_api.cancel(HERE, b"{}", str(last["id"]))) == {"outcome": "cancelled"}
    until(lambda: last["id"] not in [one["id"] for one in calls()])
    assert good(results_api.cancel(HERE, b"{}", str(last["id"]))) == {"outcome": "ended"}
    until(lambda: calls() == [])
    errors = [future.exception() for future in run.futures]
    assert [isinstance(error, Cancelled) for error in errors].count(True) == 1
    assert errors.count(None) == 2 and gateway.charged == len(ids()) == 2


def tasks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(results_api.calls_under_way())["tasks"]
    return found


@pytest.mark.parametrize("phase", ["in_queue", "generating"])
def test_a_call_that_waits_for_a_task_stops_waiting_and_loses_nothing(
    gateway: SandboxServer, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    monkeypatch.setattr(exchange, "FIRST_POLL", 0.05)
    gateway.inject(Fault(task=phase))
    run = start_task(gateway, seed=60)
    until(lambda: [one["phase"] for one in calls()] == [phase])
    (call,) = calls()
    assert call["task"] and not call["sent"] and call["model"] == EDIT
    assert tasks() == []  # the call still waits for it
    assert good(results_api.cancel(HERE, b"{}", str(call["id"]))) == {"outcome": "left"}
    until(lambda: calls() == [])
    assert isinstance(run.futures[0].exception(), Cancelled)
    until(lambda: len(tasks()) == 1)
    (left,) = tasks()
    assert (left["model"], left["seed"], left["prompt"]) == (EDIT, 60, "make it night")
    again = start_task(gateway, seed=60)
    until(lambda: [one["phase"] for one in calls()] == [phase])
    assert tasks() == [] and gateway.charged == 1
    again.cancel()


def test_every_phase_can_or_cannot_be_cancelled(gateway: SandboxServer) -> None:
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
    web = Path(results_api.__file__).parents[1] / "web"
    texts = json.loads((web / "strings.json").read_text(encoding="utf-8"))
    source = (web / "results" / "underway.js").read_text(encoding="utf-8")
    for phase in Phase:
        if phase is not Phase.DONE:
            assert f'{phase.value}: "phase_{phase.value}"' in source
            assert all(texts[language][f"phase_{phase.value}"] for language in ("en", "zh"))


def test_open_tasks(store: ResultStore) -> None:
    now = time.time()
    store.tasks.record(task(1, created=now - 60))
    store.tasks.record(task(2, created=now - 30, req_key="gone_in_this_version", seed=None, request={"prompt": 7}))
    store.tasks.record(task(3, created=now - 20))
    store.tasks.end(task(3).task_id, "done", "20261121")
    store.tasks.record(task(4, created=now - KEPT_SECONDS - 1))
    newest, oldest = tasks()
    assert oldest == {
        **results_api.named(VIDEO),
        "task_id": task(1).task_id,
        "prompt": "a fox runs",
        "seed": 5,
        "created": now - 60,
        "expires": now - 60 + KEPT_SECONDS,
    }
    assert (newest["title"], newest["prompt"], newest["seed"]) == ("gone_in_this_version", "", None)
    assert exchange.claim(task(1))
    assert [one["task_id"] for one in tasks()] == [task(2).task_id]
    exchange.release(task(1))
    assert len(tasks()) == 2


def test_nothing_that_is_said_holds_a_key_or_a_picture(gateway: SandboxServer) -> None:
    gateway.inject(Fault(delay=0.5))
    run = start(gateway, seed=50)
    until(lambda: bool(calls()))
    said = [json.dumps(good(results_api.calls_under_way()))]
    until(lambda: all(future.done() for future in run.futures))
    until(lambda: len(ids()) == 1)
    (one,) = good(results_api.listing(HERE))["results"]
    said += [json.dumps(good(reply)) for reply in (results_api.details(str(one["id"])), results_api.charges())]
    said.append(json.dumps(one))
    assert all(KEY not in text and "base64" not in text and len(text) < 5000 for text in said)


def test_looking_and_writing_at_the_same_time(store: ResultStore) -> None:
    problems: list[object] = []

    def look() -> None:
        for _ in range(30):
            status, body = results_api.listing(HERE, "0", "50", "fox")
            if status != 200:
                problems.append(body)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30):
        kept = keep(store, number)
        if number % 3 == 0:
            results_api.delete(HERE, b"{}", str(kept.id))
    for thread in threads:
        thread.join()
    assert problems == [] and len(ids()) == 20
