"""Paid calls and a store in trouble

Requests of fixed seed unless the scene says otherwise.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from os import environ
from pathlib import Path

import pytest

from tests.client.helpers import SMALL, client_for, make, profile
from tests.gateway import Gateway
from volcv_client import config
from volcv_client.errors import StoreError
from volcv_client.store import database

from .conftest import SMALL as SMALL_RUN
from .conftest import T2I, Command, Record

A = {**SMALL, "prompt": "A", "seed": 7}
B = {**SMALL, "prompt": "B", "seed": 7}
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
ROOT = Path(__file__).parents[2]


def index() -> Path:
    return config.home() / "results" / "index.db"


def test_another_process_holds_the_write_lock(server: Gateway, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    client = client_for(profile(server.url))
    make(client, A)
    other = sqlite3.connect(index(), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(5):
        assert make(client, A).results[0].reused
    assert server.charged == 1
    record("A write lock is held, a stored result is asked for five times", 1, server.charged, "reused each time")
    paid = make(client, B)
    assert "kept in memory" in " ".join(paid.notes) and paid.problems
    assert make(client, B).results[0].reused and server.charged == 2
    other.execute("ROLLBACK")
    other.close()
    client.store.journal.flush()
    monkeypatch.setattr(database, "PAUSE_SECONDS", 0.0)
    client.store._database._write_again = 0.0
    client.store.journal.flush()
    assert [one.prompt for one in client.store.newest(9)] == ["B", "A"]
    outcome = "delivered with a note, reused in this process, saved when the lock is gone"
    record("A write lock is held, a new picture is asked for twice", 1, server.charged - 1, outcome)


FULL_DISK = """
import resource, sys, time
from volcv_client import Client, Profile
from volcv_client.store import database

database.PAUSE_SECONDS = 0.1
client = Client(Profile(base_url=sys.argv[1], api_key=sys.argv[2], timeout=20.0))
def run(prompt):
    (result,) = client.run("high_aes_general_v14", prompt=prompt, width=64, height=64, seed=7).results
    return f"{prompt}{int(result.reused)}{int(bool(result.problem))}"
print(run("A"))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
print(*(run("A") for _ in range(5)))
print(run("B"), run("B"))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
time.sleep(0.2)
print(run("C"), len(client.store.newest(9)))
"""


@POSIX
def test_the_disk_is_full(server: Gateway, record: Record) -> None:
    from tests.client.helpers import KEY

    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, server.url, KEY], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ran.stdout.splitlines() == ["A00", "A10 A10 A10 A10 A10", "B01 B11", "C00 3"], ran.stdout + ran.stderr
    assert server.charged == 3
    record("The disk is full, a stored result is asked for five times", 1, 1, "reused each time")
    outcome = "delivered with a note, reused in this process, saved when there is room again"
    record("The disk is full, a new picture is asked for twice", 1, 1, outcome)


@POSIX
def test_quiet_says_that_nothing_was_saved(server: Gateway, tmp_path: Path, record: Record) -> None:
    import resource

    small = 4000  # bytes: the picture can be written, the journal cannot
    process = subprocess.run(
        [sys.executable, "-m", "volcv_client", "run", T2I, *SMALL_RUN, "--quiet", "-o", str(tmp_path)],
        cwd=ROOT,
        env=dict(environ),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (small, resource.RLIM_INFINITY)),
    )
    assert process.returncode == 0 and len(process.stdout.splitlines()) == 1
    assert "could not be kept on disk" in process.stderr
    record("Saving fails under `--quiet`", 1, server.charged, "delivered; the note is printed all the same")


@pytest.mark.parametrize("damage", ["garbage", "a folder in its place", "a file where the folder should be"])
def test_the_store_cannot_be_read(
    damage: str, server: Gateway, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if damage == "a file where the folder should be":
        (tmp_path / "file").write_text("in the way", encoding="utf-8")
        monkeypatch.setenv("VOLCV_HOME", str(tmp_path / "file"))
    else:
        index().parent.mkdir(parents=True)
        if damage == "garbage":
            index().write_bytes(b"no database, but long enough to be looked at" * 200)
        else:
            index().mkdir()
    client = client_for(profile(server.url))
    for _ in range(5):
        with pytest.raises(StoreError) as caught:
            make(client, A)
        assert caught.value.key == "store_not_readable" and "reuse" in str(caught.value)
    with pytest.raises(StoreError):
        make(client, {**A, "count": 4})
    assert server.charged == 0
    record(f"The store cannot be read ({damage}), fixed seed, six runs", 0, 0, "an error that says what to do")
    assert make(client, {**A, "seed": -1}).notes
    assert make(client_for(profile(server.url, reuse=False)), A).notes
    assert server.charged == 2
    record(f"The store cannot be read ({damage}), seed -1, and reuse off", 2, 2, "delivered with a note")


def test_the_command_says_how_to_go_on(server: Gateway, tmp_path: Path) -> None:
    index().parent.mkdir(parents=True)
    index().write_bytes(b"garbage" * 1000)
    ended = Command("run", T2I, "--prompt", "a", "--seed", "7", "-o", tmp_path).ended()
    assert ended.code != 0 and "rename that folder" in ended.err and server.charged == 0
