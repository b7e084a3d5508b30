"""``run --jobs``: many runs from a file, checked first and recorded one by one."""

from __future__ import annotations

import gc
import io
import json
import sys
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from volcv_client import catalog
from volcv_client import client as client_module
from volcv_client.calls import batch

from .conftest import Command
from .jobs_helpers import CONTROLNET, LIPS, OUTPAINT, T2I, Json, job, pictures_in, record_of, write


def test_jobs_of_several_models_run_and_are_recorded(
    volcv: Command, server: Gateway, file: Path, folder: Path, photo: Path
) -> None:
    outpaint = {"key": "Volcv_" + OUTPAINT, "inputs": {"image": photo.name, "seed": 7}, "id": "\u56fe one/../x"}
    write(file, [job(count=2), "", outpaint, job("a dog", -1)])
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert ran.code == 0, ran.err
    assert "Jobs: 3 done" in ran.err and "Calls: 4 charged" in ran.err
    assert {path.name for path in ran.paths} == pictures_in(folder) and len(ran.paths) == 4
    by_line = {entry["line"]: entry for entry in record_of(folder)}
    assert sorted(by_line) == [1, 3, 4]
    assert by_line[3]["id"] == "\u56fe one/../x" and by_line[3]["key"] == OUTPAINT
    assert [name.startswith("\u56fe_one_.._x-7-1.") for name in by_line[3]["files"]] == [True]
    assert len(by_line[1]["files"]) == len(by_line[1]["request_ids"]) == by_line[1]["charged"] == 2
    for entry in by_line.values():
        assert entry["reused"] == 0 and "error" not in entry and len(entry["digest"]) >= 64
        assert all(Image.open(folder / name).size for name in entry["files"])


def test_every_line_is_checked_before_anything_is_sent(
    volcv: Command, server: Gateway, file: Path, folder: Path, photo: Path
) -> None:
    (file.parent / "text.png").write_text("no picture")
    wrong: list[tuple[Json | str, tuple[str, ...]]] = [
        ('{"key": ', ("JSON", "column 8")),
        ("[1]", ("[1]", '"inputs"')),
        ({"key": "qqq"}, ("qqq", T2I, OUTPAINT)),
        ({"inputs": {}}, ("key", T2I)),
        ({**job(), "input": 1}, ('"input"', "key, inputs, id")),
        (job(wdth=5), ('"wdth"', "width", "prompt")),
        (job(width="wide"), ("width", '"wide"', "whole number")),
        (job(width=64.5), ("width", "64.5", "whole number")),
        (job(seed=-2), ("seed", "-2", "-1 to")),
        (job(scale=[]), ("scale", "number")),
        (job(scale="NaN").__repr__().replace("'", '"').replace('"NaN"', "NaN"), ("NaN",)),
        (job(use_rephraser="yes"), ("use_rephraser", "true, false")),
        (job(prompt=""), ("prompt", "empty")),
        (job(on_refusal="explode"), ("on_refusal", "fail, skip")),
        (job(logo_info={"corner": 1}), ("logo_info", "logo_text_content", "bottom right")),
        ({"key": OUTPAINT, "inputs": {"image": "missing.png"}}, ("missing.png", "PNG, JPEG")),
        ({"key": OUTPAINT, "inputs": {"image": "text.png"}}, ("text.png",)),
        ({"key": OUTPAINT, "inputs": {"image": [photo.name, 5]}}, ("image", "path")),
        ({"key": OUTPAINT, "inputs": {"image": photo.name, "mask": "missing.png"}}, ("missing.png",)),
        ({"key": OUTPAINT, "inputs": {}}, ("image",)),
        ({"key": CONTROLNET, "inputs": {"more_controls": [{"image": photo.name, "type": "moon"}]}}, ("canny",)),
        ({"key": T2I, "inputs": [], "id": ""}, ("inputs", "an object", "id")),
        (job(name="twin"), ()),
        (job(name="twin"), ('"twin"', "line 23")),
        ({"key": T2I, "inputs": {"prompt": "\ud83d"}}, ("UTF-8",)),
        ({"key": LIPS, "inputs": {"video": 5, "audio": "none.wav"}}, ("video", "path")),
        ({"key": LIPS, "inputs": {"video": "none.mp4", "audio": "none.wav"}}, ("none.mp4",)),
    ]
    lines = [one if isinstance(one, str) else json.dumps(one) for one, _ in wrong]
    write(file, [*lines, job("fine")])
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert (ran.code, ran.out) == (2, "")
    assert "26 lines" in ran.err
    told = ran.err.splitlines()
    for number, (_, parts) in enumerate(wrong, 1):
        mine = " ".join(line for line in told if line.startswith(f"line {number}:"))
        assert bool(mine) == bool(parts)
        assert all(part in mine for part in parts), (number, mine)
    assert "line 28" not in ran.err
    assert not server.requests and not folder.exists()


def test_bytes_that_are_no_text_are_told(volcv: Command, server: Gateway, file: Path) -> None:
    file.write_text(json.dumps(job()), encoding="utf-16")
    ran = volcv("run", "--jobs", file)
    assert ran.code == 2 and "UTF-8" in ran.err
    file.write_text(json.dumps(job()), encoding="utf-8-sig")
    assert volcv("run", "--jobs", file, "-o", file.parent).code == 0


@pytest.mark.parametrize("arguments", [(), ("--jobs", "missing.jsonl"), ("--jobs", "."), ("--jobs", "x", T2I)])
def test_a_command_line_that_cannot_work(volcv: Command, server: Gateway, arguments: tuple[str, ...]) -> None:
    ran = volcv("run", *arguments)
    assert (ran.code, ran.out) == (2, "") and ran.err.startswith("volcv: ")
    assert not server.requests


def test_options_may_stand_before_the_model(volcv: Command, server: Gateway, folder: Path) -> None:
    ran = volcv("run", "-o", folder, "--quiet", T2I, "--prompt", "x", "--width", 64, "--height", 64)
    assert (ran.code, ran.err) == (0, "") and ran.paths[0].parent == folder


def test_jobs_from_stdin_with_json_out(
    volcv: Command, server: Gateway, folder: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.inject(Fault(code=50412, match=lambda body: body.get("prompt") == "rude"))
    monkeypatch.chdir(photo.parent)
    logo = {"logo_text_content": "mine", "position": "Top-Right", "language": "english", "opacity": 1}
    control = {
        "key": CONTROLNET,
        "inputs": {
            "prompt": "x",
            "image": photo.name,
            "seed": 5,
            "more_controls": [{"image": photo.name, "type": "canny", "strength": 0.25}],
            "logo_info": logo,
        },
    }
    text = "\n".join(map(json.dumps, [control, job("rude", name="r")]))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    ran = volcv("run", "--jobs", "-", "-o", folder, "--json")
    assert ran.code == 1
    by_line = {entry["line"]: entry for entry in map(json.loads, ran.out.splitlines())}
    assert all(Path(name).is_file() for name in by_line[1]["files"])
    (call,) = by_line[1]["calls"]
    assert call["seed"] == 5 and call["files"] == by_line[1]["files"] and call["texts"] is not None
    assert "50412" in by_line[2]["error"] and "50412" in by_line[2]["calls"][0]["error"]
    body = next(one.body for one in server.requests if one.body and one.body["req_key"] == CONTROLNET)
    assert [(one["type"], one["strength"]) for one in body["controlnet_args"]][1] == ("canny", 0.25)
    told = {"add_logo": True, "position": 3, "language": 1, "opacity": 1.0, "logo_text_content": "mine"}
    assert body["logo_info"] == told
    assert len((folder / "stdin.done.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_videos_and_sounds_of_a_job_are_files(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    for name in ("talk.mp4", "voice.wav"):
        (file.parent / name).write_bytes(name.encode())
    write(file, [{"key": LIPS, "inputs": {"video": "talk.mp4", "audio": "voice.wav"}}])
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert ran.code == 0, ran.err
    assert server.uploads == 2 and [path.suffix for path in folder.glob("*.mp4")] == [".mp4"]


def test_unused_inputs_and_notes_are_told(
    volcv: Command, server: Gateway, file: Path, folder: Path, photo: Path
) -> None:
    Image.new("L", (96, 64), 0).save(photo.parent / "black.png")
    write(
        file,
        [
            {"key": CONTROLNET, "inputs": {"prompt": "x", "image": photo.name, "use_sr": "off", "sr_steps": 4}},
            {"key": OUTPAINT, "inputs": {"image": photo.name, "mask": "black.png", "seed": 1}},
        ],
    )
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert ran.code == 0, ran.err
    assert "line 2: mask selects nothing" in ran.err and "line 1: sr_steps is given" in ran.err
    noted = next(entry for entry in record_of(folder) if entry["line"] == 2)
    assert "mask" in noted["notes"][0]


def test_only_a_few_jobs_are_under_way(
    volcv: Command, server: Gateway, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs hold their pictures, so memory stays flat only if few are alive, also without the cyclic collector."""
    alive: WeakSet[Any] = WeakSet()
    calls: WeakSet[Any] = WeakSet()
    seen: list[tuple[int, int]] = []

    class Counted(batch.BatchRun):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            alive.add(self)
            calls.update(self.calls)

    def look(_: Json) -> bool:
        seen.append((sum(not call.ended for call in list(calls)), len(alive)))
        return False

    monkeypatch.setattr(client_module, "BatchRun", Counted)
    server.inject(Fault(code=1, times=None, match=look))
    write(file, [job(seed=seed) for seed in range(16)] + [job("many", seed=100, count=5)])
    gc.disable()
    try:
        assert volcv("run", "--jobs", file, "-o", folder).code == 0
    finally:
        gc.enable()
    assert len(seen) == 21
    assert max(calls for calls, _ in seen) <= 8
    assert max(runs for _, runs in seen) <= 9


def test_a_model_whose_jobs_fail_over_the_key_is_given_up(
    volcv: Command, server: Gateway, file: Path, folder: Path, photo: Path
) -> None:
    closed = [T2I]
    server.inject(Fault(code=50400, times=None, match=lambda body: body.get("req_key") in closed))
    other = {"key": OUTPAINT, "inputs": {"image": photo.name, "seed": 3}}
    write(file, [*(job(seed=seed) for seed in range(14)), other])
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert ran.code == 1 and len(ran.paths) == 1, "the other model is not concerned"
    assert 5 <= len(server.requests) - 1 < 12
    assert f"jobs of {T2I} in a row" in ran.err and " 0 not sent" not in ran.err
    closed.clear()
    assert volcv("run", "--jobs", file, "-o", folder).code == 0
    assert server.charged == 15


def test_a_key_of_a_family_chooses_the_member(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    family = next(model for model in catalog.all_models() if len(model.req_keys) > 1 and model.pictures())
    member = family.req_keys[-1]
    Image.new("RGB", (320, 320), "red").save(file.parent / "face.png")
    picture = next(one.name for one in family.pictures())
    write(file, [{"key": member, "inputs": {picture: "face.png"}}])
    volcv("run", "--jobs", file, "-o", folder)
    volcv("run", member, f"--{picture.replace('_', '-')}", file.parent / "face.png", "-o", folder)
    assert [one.body["req_key"] for one in server.requests if one.body] == [member, member]


def test_the_body_of_any_model_may_be_an_object(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    body = {"prompt": "a cat", "width": 64, "height": 64, "model_version": "general_v1.4"}
    write(file, [{"key": "any", "inputs": {"req_key": T2I, "body": body, "seed": 1}}])
    volcv("run", "--jobs", file, "-o", folder)
    sent = server.requests[0].body
    assert sent is not None and body.items() <= sent.items()
