"""Paid calls of several processes

They share one state folder and one gateway.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.client.helpers import KEY
from tests.gateway import Fault, Gateway
from tests.support.waiting import until

from .conftest import SMALL, T2I, Command, Record

FILM = "jimeng_ti2v_v30_pro"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Tasks take longer than a process needs to start."""
    gateway = Gateway(api_keys=(KEY,), task_seconds=4.0)
    monkeypatch.setenv("VOLCV_API_KEY", KEY)
    return gateway


def submissions(server: Gateway) -> int:
    return sum("Submit" in one.action for one in server.requests)


def film(seed: int, folder: Path) -> tuple[object, ...]:
    return "run", FILM, "--prompt", "the sea", "--seed", seed, "-o", folder


def test_the_same_request_at_once(server: Gateway, tmp_path: Path, record: Record) -> None:
    server.inject(Fault(stall=2.0))
    arguments = ("run", T2I, *SMALL, "--seed", "7", "-o", tmp_path)
    both = [Command(*arguments), Command(*arguments)]
    assert [one.ended().pictures for one in both] == [1, 1]
    assert server.charged == len(server.requests) == 1
    record("The same request of fixed seed at once", len(server.requests), server.charged, "both get the picture")


@pytest.mark.parametrize(("seed", "tasks"), [(7, 1), (-1, 2)])
def test_the_same_task_at_once(
    seed: int, tasks: int, slow: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Record
) -> None:
    with slow as server:
        monkeypatch.setenv("VOLCV_BASE_URL", server.url)
        first = Command(*film(seed, tmp_path))
        until(lambda: submissions(server) == 1, 20)
        second = Command(*film(seed, tmp_path))
        assert (first.ended().pictures, second.ended().pictures) == (1, 1)
        assert submissions(server) == server.charged == tasks
    record(f"The same task at once, seed {seed}", tasks, server.charged, "both get a film")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_the_owner_of_a_task_dies(
    slow: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Record
) -> None:
    with slow as server:
        monkeypatch.setenv("VOLCV_BASE_URL", server.url)
        first = Command(*film(7, tmp_path))
        until(lambda: submissions(server) == 1, 20)
        second = Command(*film(7, tmp_path))
        time.sleep(1.5)  # it starts, and waits
        assert second.process.poll() is None
        first.send(signal.SIGKILL)
        first.process.communicate()
        ended = second.ended()
        assert ended.pictures == 1 and submissions(server) == 1, ended.err
    record("The process that waits for a task is killed while another waits, too", 1, server.charged, "it takes over")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_the_owner_of_a_direct_call_dies(server: Gateway, tmp_path: Path, record: Record) -> None:
    server.inject(Fault(stall=20.0))
    arguments = ("run", T2I, *SMALL, "--seed", "7", "-o", tmp_path)
    first = Command(*arguments)
    until(lambda: server.charged == 1, 20)
    second = Command(*arguments)
    until(lambda: "waiting" in (second.process.stderr.readline() if second.process.stderr else ""), 20)
    first.send(signal.SIGKILL)
    first.process.communicate()
    ended = second.ended()
    assert ended.code != 0 and "may have been charged" in ended.err and server.charged == 1
    outcome = "the other one says that it may have been charged, and does not send it again by itself"
    record("The process that waits for a direct call is killed while another waits, too", 1, server.charged, outcome)


def test_one_allowance(server: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Record) -> None:
    monkeypatch.setenv("VOLCV_MAX_CONCURRENCY", "2")
    server.inject(Fault(stall=0.5, times=None))
    runs = [Command("run", T2I, *SMALL, "--seed", seed, "--count", "3", "-o", tmp_path) for seed in (1, 10, 20)]
    assert [one.ended().pictures for one in runs] == [3, 3, 3]
    assert server.peak_in_flight <= 2
    record(
        "Three processes with max_concurrency 2", len(server.requests), server.charged, "never more than 2 in flight"
    )
