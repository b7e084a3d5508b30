"""``run --jobs --shard I/N``: several machines share a jobs file and a folder."""

from __future__ import annotations

import json
import re
import sys
from os import environ
from pathlib import Path
from subprocess import PIPE, Popen, run

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from volcv_client.cli import build_parser, job_reader
from volcv_client.cli.job_record import Record
from volcv_client.cli.shard import WHOLE, RecordNames, Shard, read_shard

from .conftest import KEY, Command
from .jobs_helpers import CONTROLNET, OUTPAINT, job, sent_prompts, write

LOCKS = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")


def records(folder: Path) -> dict[str, list[int]]:
    """Lines of the jobs by the record that has them."""
    found = sorted(folder.glob("*.jsonl"))
    return {one.name: sorted(json.loads(line)["line"] for line in one.read_text().splitlines()) for one in found}


def test_each_job_is_run_once_over_all_shards(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    prompts = [f"number {number}" for number in range(7)]
    write(file, ["", *(job(prompt, -1) for prompt in prompts[:2]), "", *(job(prompt, -1) for prompt in prompts[2:])])
    for number, count in ((3, 2), (1, 3), (2, 2)):  # in any order
        ran = volcv("run", "--jobs", file, "-o", folder, "--shard", f"{number}/3")
        assert ran.code == 0 and len(ran.paths) == count, ran.err
        assert f"Shard {number}/3: {count} of the file's 7 jobs" in ran.err
    assert sent_prompts(server) == prompts
    assert records(folder) == {
        "work.done.1-of-3.jsonl": [2, 6, 9],
        "work.done.2-of-3.jsonl": [3, 7],
        "work.done.3-of-3.jsonl": [5, 8],
    }


def test_what_any_shard_did_is_done(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job(f"number {number}", -1) for number in range(5)])
    for shard in ("1/2", "2/2"):
        volcv("run", "--jobs", file, "-o", folder, "--shard", shard, "--quiet")
    for again in (("--shard", "1/2"), ("--shard", "2/2"), ("--shard", "3/4"), ()):
        ran = volcv("run", "--jobs", file, "-o", folder, *again)
        assert (ran.code, ran.out) == (0, ""), ran.err
    assert "5 of 5" in ran.err and server.charged == 5


def test_a_shard_stays_the_same_whatever_is_done(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    rude = ["number 1", "number 2"]
    server.inject(Fault(code=50412, times=None, match=lambda body: body.get("prompt") in rude))
    write(file, [job(f"number {number}", -1) for number in range(6)])
    assert volcv("run", "--jobs", file, "-o", folder).code == 1
    assert volcv("run", "--jobs", file, "-o", folder, "--shard", "1/2").code == 1
    assert records(folder)["work.done.1-of-2.jsonl"] == [3]
    rude.clear()
    ran = volcv("run", "--jobs", file, "-o", folder, "--shard", "2/2")
    assert ran.code == 0 and "2 of 3" in ran.err and records(folder)["work.done.2-of-2.jsonl"] == [2]
    assert volcv("run", "--jobs", file, "-o", folder).code == 0
    assert volcv("run", "--jobs", file, "-o", folder, "--shard", "1/2").out == "", "it failed here, and was done there"
    assert server.charged == 6


def test_equal_lines_in_several_shards_are_different_jobs(
    volcv: Command, server: Gateway, file: Path, folder: Path, photo: Path
) -> None:
    (photo.parent / "same.png").write_bytes(photo.read_bytes())
    pictures = [{"key": OUTPAINT, "inputs": {"image": name, "seed": -1}} for name in (photo.name, "same.png")]
    write(file, [*pictures, job("x", -1), job("x", -1), job("x", -1), *pictures])
    for number in (1, 2, 3):
        assert volcv("run", "--jobs", file, "-o", folder, "--shard", f"{number}/3").code == 0
    assert server.charged == 7
    assert volcv("run", "--jobs", file, "-o", folder).out == "" and server.charged == 7


def test_pictures_of_other_shards_are_not_read(
    volcv: Command, server: Gateway, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    contents = job_reader.contents
    monkeypatch.setattr(job_reader, "contents", lambda path: read.append(path.name) or contents(path))
    for number in range(6):
        Image.new("RGB", (64 + 4 * number, 64), (number, 99, 9)).save(file.parent / f"{number}.bmp")
    write(file, [{"key": OUTPAINT, "inputs": {"image": f"{number}.bmp", "seed": 1}} for number in range(6)])
    assert volcv("run", "--jobs", file, "-o", folder, "--shard", "2/3").code == 0
    assert read == ["1.bmp", "4.bmp"]


def test_more_shards_than_jobs(volcv: Command, server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job()])
    ran = volcv("run", "--jobs", file, "-o", folder, "--shard", "2/2")
    assert (ran.code, ran.out, server.requests) == (0, "", []) and "0 of the file's 1 jobs" in ran.err


def test_every_shard_checks_the_whole_file_first(
    volcv: Command, server: Gateway, file: Path, folder: Path, photo: Path
) -> None:
    write(file, [job(), job(), job(width="wide"), job(name="twin"), job(name="twin")])
    told = {volcv("run", "--jobs", file, "-o", folder, "--shard", shard).err for shard in ("1/3", "2/3", "3/3")}
    assert len(told) == 1 and "line 3" in told.pop() and not server.requests and not folder.exists()
    unused = {"prompt": "x", "image": photo.name, "use_sr": "off", "sr_steps": 4}
    write(file, [{"key": CONTROLNET, "inputs": unused}, job()])
    assert "sr_steps" not in volcv("run", "--jobs", file, "-o", folder, "--shard", "2/2").err, "another shard's note"
    assert "line 1: sr_steps" in volcv("run", "--jobs", file, "-o", folder, "--shard", "1/2").err


WRONG = ("0/4", "5/4", "1/0", "4", "/8", "3/", "a/b", "-1/4", "1/4/2", "1.0/4", "\u0661/4", "")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_shard_that_cannot_be(wrong: str, volcv: Command, server: Gateway, file: Path) -> None:
    write(file, [job()])
    ran = volcv("run", "--jobs", file, f"--shard={wrong}")
    assert (ran.code, ran.out, server.requests) == (2, "", [])
    assert "--shard" in ran.err and ("3/8" in ran.err or "from 1 to N" in ran.err)
    assert repr(wrong) in ran.err or wrong.replace("/", " of ") in ran.err


def test_a_shard_needs_a_jobs_file(volcv: Command, server: Gateway) -> None:
    ran = volcv("run", "--shard", "1/2", "high_aes_general_v14", "--prompt", "x")
    assert (ran.code, server.requests) == (2, []) and "--jobs FILE" in ran.err


README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SLURM = re.findall(r"```sh\n(#!/bin/sh\n#SBATCH --array=1-8\n.*?)```", README, re.DOTALL)
KUBERNETES = [json.loads(one) for one in re.findall(r"completions: 8\n.*?command: (\[.*?\])\n", README, re.DOTALL)]


@pytest.mark.skipif(sys.platform == "win32", reason="no sh")
@pytest.mark.parametrize(
    ("command", "variable", "first"),
    [
        *((["sh", "-c", script], "SLURM_ARRAY_TASK_ID", 1) for script in SLURM),
        *((command, "JOB_COMPLETION_INDEX", 0) for command in KUBERNETES),
    ],
)
def test_the_recipes_of_the_readme_run_every_shard(
    command: list[str], variable: str, first: int, tmp_path: Path
) -> None:
    assert len(SLURM) == len(KUBERNETES) == 1
    for name, script in (("volcv", 'printf "%s\\n" "$@"'), ("srun", 'exec "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    shards = []
    for index in range(first, first + 8):
        surroundings = {"PATH": f"{tmp_path}:{environ['PATH']}", variable: str(index)}
        told = run(command, env=surroundings, stdout=PIPE, text=True, check=True).stdout.splitlines()
        shards.append(build_parser().read(told).shard)
    assert shards == [Shard(number, 8) for number in range(1, 9)]


@LOCKS
@pytest.mark.parametrize(
    ("running", "started", "refused"),
    [
        ("1/2", "1/2", True),
        ("1/2", "2/2", False),
        ("1/2", "1/1", True),
        ("1/1", "1/2", True),
        ("1/2", "3/4", True),
    ],
)
def test_runs_that_share_jobs_do_not_run_at_once(
    running: str, started: str, refused: bool, volcv: Command, server: Gateway, file: Path, folder: Path
) -> None:
    write(file, [job(seed=seed) for seed in range(4)])
    folder.mkdir()
    names = RecordNames(folder, file.stem)
    with Record(names, read_shard(running)):
        ran = volcv("run", "--jobs", file, "-o", folder, "--shard", started)
        assert ran.code == (2 if refused else 0)
        assert not refused or (not server.requests and names.of(read_shard(running)).name in ran.err)
    assert volcv("run", "--jobs", file, "-o", folder, "--shard", started).code == 0


@LOCKS
def test_looks_at_a_record_do_not_disturb_each_other(folder: Path) -> None:
    """Array jobs begin at the same moment, and each looks at the record of runs without a shard."""
    folder.mkdir()
    names = RecordNames(folder, "work")
    with Record(names, WHOLE):
        pass
    with names.of(WHOLE).open("rb") as file, Record(names, Shard(1, 2)):
        from fcntl import LOCK_NB, LOCK_SH, flock

        flock(file, LOCK_SH | LOCK_NB)
        with Record(names, Shard(2, 2)):
            pass


def test_records_of_other_files_are_left_alone(folder: Path) -> None:
    folder.mkdir()
    others = ["w.rk.done.jsonl", "work.done.1-of-2.jsonl.old", "work.done.x-of-2.jsonl", "my-work.done.1-of-2.jsonl"]
    for name in (*others, "w.rk.done.1-of-2.jsonl"):
        (folder / name).touch()
    assert RecordNames(folder, "work").found() == []
    assert [shard for _, shard in RecordNames(folder, "w.rk").found()] == [Shard(1, 2), WHOLE]


def test_shards_at_the_same_time(server: Gateway, file: Path, folder: Path) -> None:
    write(file, [job(f"number {number}", -1) for number in range(8)])
    arguments = [sys.executable, "-m", "volcv_client", "run", "--jobs", str(file), "-o", str(folder), "--shard"]
    surroundings = {**environ, "VOLCV_BASE_URL": server.url, "VOLCV_API_KEY": KEY}
    shards = [Popen([*arguments, f"{one}/2"], env=surroundings, stdout=PIPE, stderr=PIPE, text=True) for one in (1, 2)]
    for shard in shards:
        out, err = shard.communicate(timeout=40)
        assert shard.returncode == 0 and len(out.splitlines()) == 4, err
    assert sent_prompts(server) == sorted(f"number {number}" for number in range(8))
