"""``run --jobs`` a second time: what is skipped, what is tried again, and after every way to be stopped."""

from __future__ import annotations

import signal
import sys
import time
from os import environ
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from volcv_client.cli import files
from volcv_client.cli.job_record import Record
from volcv_client.cli.shard import RecordNames

from .conftest import KEY, Command, Ran
from .jobs_helpers import OUTPAINT, Json, job, pictures_in, record_of, sent_prompts, write


def test_a_second_run_sends_nothing_and_says_so(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job(), job("again", -1), job("again", -1)])
    assert volcv("run", "--jobs", file, "-o", folder).code == 0
    assert server.charged == 3, "who writes a line twice wants two pictures"
    before = pictures_in(folder)
    write(file, ["", job("again", -1), job("again", -1), job()])
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert (ran.code, ran.out, server.charged) == (0, "", 3)
    assert "3 of 3" in ran.err and pictures_in(folder) == before
    ran = volcv("run", "--jobs", file, "-o", folder, "--quiet")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_two_runs_of_one_file_do_not_pay_twice(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job()])
    folder.mkdir()
    with Record(RecordNames(folder, file.stem)):
        ran = volcv("run", "--jobs", file, "-o", folder)
    assert (ran.code, ran.out, server.requests) == (2, "", []) and ".done.jsonl" in ran.err
    assert volcv("run", "--jobs", file, "-o", folder).code == 0 and server.charged == 1


def test_a_failed_job_does_not_stop_the_others_and_is_tried_again(
    volcv: Command, server: Gateway, file: Path, folder: Path
) -> None:
    rude = ["rude"]
    server.inject(Fault(code=50412, times=None, match=lambda body: body.get("prompt") in rude))
    write(file, [job("rude", name="first"), job("a dog"), job("a bird")])
    ran = volcv("run", "--jobs", file, "-o", folder, "--quiet")
    assert ran.code == 1 and len(ran.paths) == 2
    assert "line 1 (first)" in ran.err and "50412" in ran.err and KEY not in ran.err
    (failed,) = [entry for entry in record_of(folder) if "error" in entry]
    assert (failed["id"], failed["code"], failed["files"], failed["charged"]) == ("first", 50412, [], 0)
    assert failed["request_ids"] and "50412" in failed["error"]
    rude.clear()
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert ran.code == 0 and "2 of 3" in ran.err and "Jobs: 1 done, 0 failed, 2 skipped" in ran.err
    assert sent_prompts(server) == ["a bird", "a dog", "rude", "rude"]
    assert volcv("run", "--jobs", file, "-o", folder).out == ""


def test_what_succeeded_of_a_failed_job_is_saved(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    server.inject(Fault(code=50412))
    write(file, [job(count=3)])
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert ran.code == 1 and len(ran.paths) == 2
    (entry,) = record_of(folder)
    assert entry["charged"] == 2 and "error" in entry and set(entry["files"]) == pictures_in(folder)
    assert volcv("run", "--jobs", file, "-o", folder).code == 0
    assert record_of(folder)[-1]["reused"] == 2 and server.charged == 3


def test_a_picture_that_is_gone_is_brought_back(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job(), job("a dog")])
    first, _ = volcv("run", "--jobs", file, "-o", folder).paths
    data = first.read_bytes()
    first.unlink()
    ran = volcv("run", "--jobs", file, "-o", folder)
    assert [path.read_bytes() for path in ran.paths] == [data]
    assert server.charged == 2 and "1 reused" in ran.err and record_of(folder)[-1]["reused"] == 1


def test_other_inputs_and_other_file_contents_make_another_job(
    volcv: Command, server: Gateway, file: Path, folder: Path, photo: Path
) -> None:
    inputs = {"image": photo.name, "seed": 3}

    def charged(*jobs: Json) -> int:
        assert volcv("run", "--jobs", write(file, jobs), "-o", folder).code == 0
        return server.charged

    assert charged({"key": OUTPAINT, "inputs": inputs}) == 1
    (photo.parent / "moved.png").write_bytes(photo.read_bytes())
    assert charged({"key": OUTPAINT, "inputs": {**inputs, "image": ["moved.png"]}}) == 1
    Image.new("RGB", (96, 64), "red").save(photo)
    assert charged({"key": OUTPAINT, "inputs": inputs}) == 2
    assert charged({"key": OUTPAINT, "inputs": {**inputs, "seed": 4}}) == 3


def test_the_sandbox_does_not_count_as_done(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job()])
    ran = volcv("run", "--jobs", file, "-o", folder, "--profile", "sandbox")
    assert ran.code == 0 and "Calls: 0 charged" in ran.err
    assert volcv("run", "--jobs", file, "-o", folder).code == 0 and server.charged == 1


def test_a_line_cut_by_a_crash_is_survived(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job(), job("a dog")])
    assert volcv("run", "--jobs", file, "-o", folder).code == 0
    record = folder / "work.done.jsonl"
    whole = record.read_bytes()
    record.write_bytes(b'null\n{"digest": 1}\n' + whole[:-30])
    assert volcv("run", "--jobs", file, "-o", folder).code == 0
    assert volcv("run", "--jobs", file, "-o", folder).out == ""
    assert record.read_bytes().startswith(b'null\n{"digest": 1}\n' + whole[:-30] + b"\n")


def test_a_full_disk_stops_and_loses_nothing(
    volcv: Command, server: Gateway, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> list[Path]:
        raise OSError(28, "No space left on device")

    write(file, [job(seed=seed) for seed in range(12)])
    with monkeypatch.context() as patch:
        patch.setattr(files, "save_result", full)
        ran = volcv("run", "--jobs", file, "-o", folder)
    assert ran.code == 1 and "No space left" in ran.err and "result store" in ran.err
    paid = server.charged
    assert 0 < paid < 12 and record_of(folder) == []
    assert volcv("run", "--jobs", file, "-o", folder).code == 0
    assert server.charged == 12 and len(pictures_in(folder)) == 12


def started(server: Gateway, file: Path, folder: Path) -> Popen[str]:
    surroundings = {**environ, "VOLCV_BASE_URL": server.url, "VOLCV_API_KEY": KEY, "VOLCV_MAX_CONCURRENCY": "2"}
    return Popen(
        [sys.executable, "-m", "volcv_client", "run", "--jobs", str(file), "-o", str(folder)],
        env=surroundings,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
        # Whoever runs the tests may ignore the signal, and a child inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_requests(server: Gateway, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(server.requests) < count and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_finishes_what_was_sent_and_the_next_run_goes_on(volcv: Command, file: Path, folder: Path) -> None:
    write(file, [job(f"number {seed}", -1) for seed in range(9)])
    slow = [True]
    delay = Fault(delay=0.4, times=None, match=lambda _: any(slow))
    with Gateway(api_keys=(KEY,), faults=[delay]) as server:
        process = started(server, file, folder)
        wait_for_requests(server, 4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 130, err
        assert "Traceback" not in err and "waiting" in err
        sent = server.charged
        assert 4 <= sent < 9 and f"{9 - sent} not sent" in err
        assert len(out.splitlines()) == len(pictures_in(folder)) == sent
        assert all("error" not in entry for entry in record_of(folder))
        slow.clear()
        resumed = finish(volcv, server, file, folder)
        assert resumed.code == 0 and f"{sent} of 9" in resumed.err
        assert sent_prompts(server) == sorted(f"number {seed}" for seed in range(9)), "each was paid for once"


@pytest.mark.skipif(sys.platform == "win32", reason="preexec_fn")
def test_a_killed_run_goes_on_where_it_was(volcv: Command, file: Path, folder: Path) -> None:
    write(file, [job(seed=seed) for seed in range(8)])
    with Gateway(api_keys=(KEY,), delay=0.2) as server:
        process = started(server, file, folder)
        wait_for_requests(server, 5)
        process.kill()
        process.communicate(timeout=20)
        known = record_of(folder)
        assert 0 < len(known) < 8
        assert {name for entry in known for name in entry["files"]} <= pictures_in(folder)
        resumed = finish(volcv, server, file, folder)
        assert resumed.code == 0, resumed.err
        assert f"{len(known)} of 8" in resumed.err
        assert server.charged <= 12, "only what the four threads were at can be paid again"
    assert len({entry["digest"] for entry in record_of(folder)}) == 8


@pytest.mark.skipif(sys.platform == "win32", reason="preexec_fn")
def test_whoever_stops_reading_stops_the_jobs(volcv: Command, file: Path, folder: Path) -> None:
    write(file, [job(seed=seed) for seed in range(12)])
    with Gateway(api_keys=(KEY,)) as server:
        process = started(server, file, folder)
        with process:
            process.stdout.close()  # type: ignore[union-attr]
            err = process.stderr.read()  # type: ignore[union-attr]
        assert process.returncode == 1 and "Traceback" not in err
        assert 0 < server.charged < 12
        assert f"Calls: {server.charged} charged" in err, "also what could not be told"
        assert finish(volcv, server, file, folder).code == 0
        assert server.charged == 12


def finish(volcv: Command, server: Gateway, file: Path, folder: Path) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOLCV_BASE_URL", server.url)
        patch.setenv("VOLCV_API_KEY", KEY)
        return volcv("run", "--jobs", file, "-o", folder)
