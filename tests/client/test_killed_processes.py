"""What processes leave that were killed at a bad moment, and many processes on one journal."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.gateway import Fault, Gateway
from tests.support.results import begin, result_fields, save
from volcv_client.answer.envelope import RawAnswer
from volcv_client.client import Client
from volcv_client.store import database
from volcv_client.store.entry import State
from volcv_client.store.owners import Owner
from volcv_client.store.result import Result
from volcv_client.store.results import ResultStore

from .helpers import KEY, make, png
from .test_paying_once import A, other_process

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


KILLED_BEFORE_DROPPING = """
import os, signal, sys
from volcv_client import Client, Profile
from volcv_client.store.attended import Attended

Attended.drop = lambda row: os.kill(os.getpid(), signal.SIGKILL)
client = Client(Profile(base_url=sys.argv[1], api_key=sys.argv[2], timeout=20.0))
client.run("high_aes_general_v14", prompt="A", width=64, height=64, seed=7)
"""


@POSIX
@pytest.mark.parametrize("code", [50430, 50500, 50412])
def test_a_refusal_that_was_stored_as_an_answer_does_not_stay(code: int, server: Gateway, client: Client) -> None:
    """The service refuses with HTTP 200 too; such a body is stored before anybody reads it."""
    server.inject(Fault(code=code, status=200))
    victim = other_process(KILLED_BEFORE_DROPPING, server.url, KEY)
    _, err = victim.communicate(timeout=30)
    assert victim.returncode < 0, err
    ran = make(client, A)
    assert len(ran.pictures) == 1 and server.charged == 1
    assert [(one.state, one.charged.value) for one in client.store.journal.select("")] == [(State.COMPLETE, "yes")]
    assert make(client, A).results[0].reused


KILLED_BEFORE_SAYING_SO = """
import os, signal, sys
from volcv_client import Client, Profile
from volcv_client.store.files import StoreFiles

write = StoreFiles.write_answer
StoreFiles.write_answer = lambda *given: (write(*given), os.kill(os.getpid(), signal.SIGKILL))
client = Client(Profile(base_url=sys.argv[1], api_key=sys.argv[2], timeout=20.0))
client.run("high_aes_general_v14", prompt="A", width=64, height=64, seed=7)
"""


@POSIX
def test_an_answer_of_which_only_the_file_was_written_is_not_called_lost(server: Gateway, client: Client) -> None:
    victim = other_process(KILLED_BEFORE_SAYING_SO, server.url, KEY)
    _, err = victim.communicate(timeout=30)
    assert victim.returncode < 0, err
    ran = make(client, A)
    assert ran.results[0].reused and server.charged == 1
    assert not any("may have been charged" in note for note in ran.notes)


def test_an_answer_that_was_written_in_part_is_in_nobodys_way(store: ResultStore) -> None:
    """A task is polled again, and its answer is written under the name of the same call."""
    row = begin(store, Result(**result_fields(1)))
    row.submitted("77", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        row.answered(RawAnswer(200, {}, b"{}"), 0.0)
    row.answered(RawAnswer(200, {}, b"{}"), 0.0)
    assert store.journal.problem_of(row.entry) is None
    row.leave()


@pytest.mark.parametrize("extension", [".answer", ".part"])
def test_what_a_kill_left_of_a_complete_call_is_swept_up(store: ResultStore, extension: str) -> None:
    save(store, Result(**result_fields(1)), [png()])
    (entry,) = store.journal.select("")
    left = store.journal.answer_file(entry).with_suffix(extension)
    left.write_bytes(b"{}")
    kept = [save_unread(store), *(file.path for file in entry.result.files if file.path)]
    for path in [left, *kept]:
        os.utime(path, (time.time() - 7200,) * 2)
    assert store.sweep() == 1 and not left.exists()
    assert all(path.exists() for path in kept)


def save_unread(store: ResultStore) -> Path:
    """The file of an answer that is still to be read."""
    save(store, Result(**result_fields(2)), problem="no_picture")
    return store.journal.answer_file(store.journal.of("print-2")[0])


def test_an_owner_gets_its_lock_while_another_process_looks(tmp_path: Path) -> None:
    """A look takes the lock for an instant, also of a file that is about to be locked by its owner."""
    folder = tmp_path / "owners"
    folder.mkdir()
    owner = Owner(folder, lambda: None)
    looking = database.connect(folder / owner.name, "rwc", 0.0)
    looking.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(0.1, looking.close)
    timer.start()
    owner.hold("call")
    timer.join()
    assert Owner(folder, lambda: None).is_alive(owner.name)
    owner.close()


def test_a_lock_that_is_rarely_free_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sqlite alone asks ten times a second in the end, so that among many processes the oldest waits longest."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 3.0)
    base = database.Database(tmp_path / "results" / "index.db")
    base.write(lambda connection: None)
    held, ended = threading.Event(), threading.Event()

    def others() -> None:
        with closing(sqlite3.connect(base.path, isolation_level=None, timeout=0.0)) as connection:
            while not ended.is_set():
                with suppress(sqlite3.OperationalError):
                    connection.execute("BEGIN IMMEDIATE")
                    held.set()
                    time.sleep(0.35)
                    connection.execute("ROLLBACK")
                held.clear()
                time.sleep(0.02)

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for _ in range(5):
            assert held.wait(5.0)
            base.write(lambda connection: connection.execute("DELETE FROM calls"))
    finally:
        ended.set()
        thread.join()
