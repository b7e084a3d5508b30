"""Paid calls of processes that end

Each scene runs a request of fixed seed, ends the process, and runs the same request again.
"""

from __future__ import annotations

import json
import signal
import sys
from os import environ
from pathlib import Path

import pytest

from tests.gateway import Fault, Gateway
from tests.support.waiting import until
from volcv_client.store.results import ResultStore

from .conftest import SMALL, T2I, Command, Record

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals for one process")
ENDS = {"kill -9": signal.SIGKILL, "Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM}


def results() -> Path:
    return Path(environ["VOLCV_HOME"]) / "results"


def request(folder: Path, *more: str) -> tuple[str, ...]:
    return ("run", T2I, *SMALL, "--seed", "7", "-o", str(folder), *more)


def stored_answers() -> list[Path]:
    return list((results() / "media").glob("*.answer"))


@pytest.mark.parametrize("end", ENDS)
def test_while_the_service_works(end: str, server: Gateway, tmp_path: Path, record: Record) -> None:
    server.inject(Fault(stall=1.2))
    victim = Command(*request(tmp_path))
    until(lambda: server.charged == 1, 20)
    victim.send(ENDS[end])
    first = victim.ended()
    again = Command(*request(tmp_path)).ended()
    assert again.pictures == 1, again.err
    if end == "kill -9":
        assert "may have been charged" in again.err and server.charged == 2
        outcome = "the next run says when it was sent and that it may have been charged, and sends it again"
    else:
        assert first.code == 130 and "1 paid call " in first.err and first.pictures == 1
        assert "not charged" in again.err and server.charged == 1
        outcome = "the command waits for the answer and stores it; the next run reuses it"
    record(f"{end} while the service works", len(server.requests), server.charged, outcome)


@pytest.mark.parametrize("end", ENDS)
def test_while_the_link_downloads(end: str, server: Gateway, tmp_path: Path, record: Record) -> None:
    server.inject(Fault(where="file", stall=1.5))
    victim = Command(*request(tmp_path, "--return-url"))
    until(lambda: bool(stored_answers()), 20)
    victim.send(ENDS[end])
    victim.ended()
    again = Command(*request(tmp_path, "--return-url")).ended()
    assert again.pictures == 1 and server.charged == 1, again.err
    record(f"{end} while the link downloads", len(server.requests), server.charged, "the next run has the picture")


@pytest.mark.parametrize("end", ENDS)
def test_when_the_answer_has_just_arrived(end: str, server: Gateway, tmp_path: Path, record: Record) -> None:
    arguments = ("run", T2I, "--prompt", "a cat", "--width", "768", "--height", "768", "--seed", "7", "-o", tmp_path)
    victim = Command(*arguments)
    until(lambda: bool(stored_answers()) or victim.process.poll() is not None, 20, every=0.0005)
    victim.send(ENDS[end])
    victim.process.communicate(timeout=20)
    again = Command(*arguments).ended()
    assert again.pictures == 1 and server.charged == 1, again.err
    record(
        f"{end} while the answer is decoded and saved", len(server.requests), server.charged, "the next run reuses it"
    )


def test_a_second_ctrl_c_leaves_at_once(server: Gateway, tmp_path: Path, record: Record) -> None:
    server.inject(Fault(stall=30.0))
    victim = Command(*request(tmp_path))
    until(lambda: server.charged == 1, 20)
    victim.send(signal.SIGINT)
    assert victim.process.stderr is not None
    until(lambda: "paid call" in (victim.process.stderr.readline() if victim.process.stderr else ""), 10)
    victim.send(signal.SIGINT)
    ended = victim.ended(5.0)
    assert ended.code == 130 and "volcv tasks" in ended.err
    listed = json.loads(Command("tasks", "--json").ended().out)
    assert [(one["state"], one["charged"]) for one in listed] == [("unknown", "maybe")]
    record("Ctrl-C twice", len(server.requests), server.charged, "it leaves at once; `volcv tasks` lists the call")


def test_the_wait_is_bounded(server: Gateway, tmp_path: Path, record: Record) -> None:
    server.inject(Fault(stall=30.0))
    victim = Command(*request(tmp_path), VOLCV_EXIT_WAIT="1")
    until(lambda: server.charged == 1, 20)
    victim.send(signal.SIGINT)
    assert victim.ended(8.0).code == 130
    record("Ctrl-C, the service takes longer than exit_wait", 1, server.charged, "it leaves after exit_wait seconds")


PROGRAM = """
import sys
from volcv_client import Client
Client().run("high_aes_general_v14", prompt="a cat", width=64, height=64, seed=7)
"""


def test_a_program_of_the_user(server: Gateway, tmp_path: Path, record: Record) -> None:
    import subprocess

    server.inject(Fault(stall=1.2))
    victim = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until(lambda: server.charged == 1, 20)
    victim.send_signal(signal.SIGINT)
    _, err = victim.communicate(timeout=20)
    assert "1 paid call " in err
    assert "not charged" in Command(*request(tmp_path)).ended().err
    assert server.charged == 1
    record("Ctrl-C in a Python program", 1, server.charged, "the interpreter waits for the answer and stores it")


@pytest.mark.parametrize("seed", ["7", "-1"])
def test_a_task_goes_on_in_the_next_run(
    seed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Record
) -> None:
    from tests.client.helpers import KEY

    with Gateway(api_keys=(KEY,), task_seconds=3.0) as server:
        monkeypatch.setenv("VOLCV_BASE_URL", server.url)
        monkeypatch.setenv("VOLCV_API_KEY", KEY)
        arguments = ("run", "jimeng_ti2v_v30_pro", "--prompt", "the sea", "--seed", seed, "-o", tmp_path)
        victim = Command(*arguments)
        until(lambda: len(server.requests) >= 2, 20)
        victim.send(signal.SIGKILL)
        victim.process.communicate()
        again = Command(*arguments).ended()
        assert again.pictures == 1 and server.charged == 1, again.err
        submissions = sum("Submit" in one.action for one in server.requests)
    record(f"kill -9 while a task runs, seed {seed}", submissions, server.charged, "the next run polls the same task")


def test_nothing_is_left_open(server: Gateway, tmp_path: Path) -> None:
    Command(*request(tmp_path)).ended()
    store = ResultStore(results())
    assert store.journal.open_entries(9) == [] and stored_answers() == []
    assert list((results() / "owners").iterdir()) == []
