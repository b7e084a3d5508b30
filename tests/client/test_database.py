"""The journal's database: reading needs nothing but reading, and what a dead process left is rolled back."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from volcv_client.errors import StoreError
from volcv_client.store import database
from volcv_client.store.database import Database

from .test_paying_once import other_process

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def deny(path: Path, mode: int) -> None:
    """Take rights away; skips for a user who has them all the same."""
    path.chmod(mode)
    if os.access(path, os.W_OK):
        pytest.skip("needs a user whose rights can be taken")


INSERT = (
    "INSERT INTO calls (uid, state, owner, fingerprint, reusable, credential, req_key, request_id, task_id, created,"
    " charged, bytes, search, record) VALUES (?, 'sent', '', 'f', 1, '', 'k', '', '', 0, 'maybe', 0, '', '{}')"
)


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM calls").fetchone()[0])


def insert(db: Database, uid: str) -> None:
    db.write(lambda connection: connection.execute(INSERT, (uid,)))


@pytest.fixture
def db(tmp_path: Path) -> Database:
    one = Database(tmp_path / "home" / "results" / "index.db")
    insert(one, "first")
    return one


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(database, "PAUSE_SECONDS", 0.2)


@contextmanager
def other_connection(db: Database, begin: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute(begin)
        yield other


def test_no_file_is_an_empty_journal_and_reading_creates_none(tmp_path: Path) -> None:
    db = Database(tmp_path / "home" / "results" / "index.db")
    assert db.read(count) == 0 and db.revision() == ""
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_empty_journal(tmp_path: Path) -> None:
    db = Database(tmp_path / "index.db")
    db.path.write_bytes(b"")
    assert db.read(count) == 0
    insert(db, "first")
    assert db.read(count) == 1


def test_modes(db: Database) -> None:
    def modes(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "user_version")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert db.write(modes) == ["truncate", 2, database.VERSION]


def test_reading_beside_a_writer(db: Database, impatient: None) -> None:
    with other_connection(db, "BEGIN IMMEDIATE") as other:
        other.execute(INSERT, ("second",))
        assert db.read(count) == 1
        other.execute("COMMIT")
    assert db.read(count) == 2


def test_a_database_that_stays_locked_is_an_error_and_not_empty(db: Database, impatient: None) -> None:
    with other_connection(db, "BEGIN EXCLUSIVE"), pytest.raises(StoreError) as caught:
        db.read(count)
    assert caught.value.key == "store_not_readable"
    assert db.read(count) == 1


def test_after_a_failed_write_the_next_ones_fail_at_once_for_a_while(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.3)
    monkeypatch.setattr(database, "PAUSE_SECONDS", 1.0)
    with other_connection(db, "BEGIN IMMEDIATE"):
        began = time.monotonic()
        for _ in range(10):
            with pytest.raises(StoreError) as caught:
                insert(db, "second")
            assert caught.value.key == "store_failed"
        assert time.monotonic() - began < 0.9
        assert db.read(count) == 1, "reading goes on"
    time.sleep(1.0)
    insert(db, "second")


def test_a_write_that_may_be_left_out_is_done_beside_a_short_look(db: Database) -> None:
    """The look of another thread holds a lock that a commit needs; it ends within milliseconds."""
    looking = threading.Event()

    def look(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        count(connection)
        looking.set()
        time.sleep(0.05)

    thread = threading.Thread(target=db.read, args=(look,))
    thread.start()
    looking.wait()
    db.write(lambda connection: connection.execute(INSERT, ("second",)), wait=False)
    thread.join()
    assert db.read(count) == 2


def test_a_write_that_does_not_wait_holds_up_no_other(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with other_connection(db, "BEGIN IMMEDIATE"):
        began = time.monotonic()
        with pytest.raises(StoreError):
            db.write(lambda connection: connection.execute(INSERT, ("second",)), wait=False)
        assert time.monotonic() - began < 1.0
    insert(db, "second")


def test_whatever_is_raised_inside_rolls_back(db: Database) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("second",))
        raise RuntimeError("inside")

    with pytest.raises(RuntimeError):
        db.write(work)
    assert db.read(count) == 1
    insert(db, "second")


def test_the_revision_changes_with_every_commit_and_with_nothing_else(db: Database) -> None:
    seen = [db.revision()]
    db.read(count)
    assert db.revision() == seen[0]
    for uid in ("second", "third"):
        insert(Database(db.path), uid)
        seen.append(db.revision())
    assert len(set(seen)) == 3


@pytest.mark.parametrize("begin", ["file", "folder"])
def test_something_in_the_way_is_an_error(tmp_path: Path, begin: str) -> None:
    path = tmp_path / "results" / "index.db"
    if begin == "file":
        path.parent.write_text("in the way", encoding="utf-8")
    else:
        path.mkdir(parents=True)
    db = Database(path)
    with pytest.raises(StoreError) as caught:
        db.read(count)
    assert caught.value.key == "store_not_readable"
    with pytest.raises(StoreError) as caught:
        insert(db, "first")
    assert caught.value.key == "store_failed"


def test_a_file_without_the_right_to_read_is_an_error(db: Database) -> None:
    deny(db.path, 0o000)
    with pytest.raises(StoreError) as caught:
        db.read(count)
    assert caught.value.key == "store_not_readable"
    db.path.chmod(0o600)
    assert db.read(count) == 1


def test_a_read_only_folder_can_be_read(db: Database) -> None:
    deny(db.path, 0o400)
    db.path.parent.chmod(0o500)
    try:
        assert db.read(count) == 1
        with pytest.raises(StoreError) as caught:
            insert(db, "second")
        assert caught.value.key == "store_failed"
    finally:
        db.path.parent.chmod(0o700)


@POSIX
def test_a_file_that_cannot_be_written_can_be_read(db: Database, impatient: None) -> None:
    """As on a read-only mount or a full disk, also for root: a limit of the process."""
    code = """
    import resource, sqlite3, sys
    from pathlib import Path
    from tests.client.test_database import count, insert
    from volcv_client.errors import StoreError
    from volcv_client.store.database import Database

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    db = Database(Path(sys.argv[1]))
    try:
        insert(db, "second")
    except StoreError as error:
        print(error.key, db.read(count))
    """
    out, problems = other_process(code, str(db.path)).communicate(timeout=30)
    assert out.split() == ["store_failed", "1"], problems
    assert db.read(count) == 1


HOT = """
import os, signal, sqlite3, sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=TRUNCATE")
connection.execute("PRAGMA cache_size=1")
connection.execute("PRAGMA cache_spill=1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE calls SET state = 'complete'")
connection.execute("CREATE TABLE filler (text TEXT)")
connection.executemany("INSERT INTO filler VALUES (?)", (("x" * 3000,) for _ in range(300)))
os.kill(os.getpid(), signal.SIGKILL)
"""


@POSIX
def test_what_a_process_left_that_died_inside_a_commit_is_rolled_back_by_reading(db: Database) -> None:
    process = other_process(HOT, str(db.path))
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    left = db.path.with_name("index.db-journal")
    assert left.stat().st_size > 0 and db.path.stat().st_size > 100_000, "pages of the lost commit are in the file"
    state = "SELECT state FROM calls"
    assert db.read(lambda connection: connection.execute(state).fetchall()) == [("sent",)]
    assert not left.exists() or left.stat().st_size == 0
    insert(db, "second")
    assert db.read(lambda connection: connection.execute("PRAGMA integrity_check").fetchone()) == ("ok",)


def test_many_threads_and_databases_write_at_once(db: Database) -> None:
    def work(number: int) -> None:
        one = Database(db.path)
        for step in range(10):
            insert(one if step % 2 else db, f"{number}.{step}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.read(count) == 61


@pytest.mark.parametrize("name", ["a b", "100%", "\u56fe", "q?x=1#y"])
def test_names_of_folders_are_taken_literally(tmp_path: Path, name: str) -> None:
    db = Database(tmp_path / name / "index.db")
    insert(db, "first")
    assert db.path.is_file() and db.read(count) == 1


def test_a_renamed_folder_is_gone_and_a_new_one_is_used(db: Database) -> None:
    db.path.parent.rename(db.path.parent.with_name("elsewhere"))
    assert db.read(count) == 0
    insert(db, "other")
    assert db.read(count) == 1 and Database(db.path.parent.with_name("elsewhere") / "index.db").read(count) == 1


def test_a_journal_of_a_later_version_can_be_read(db: Database) -> None:
    db.write(lambda connection: connection.execute(f"PRAGMA user_version={database.VERSION + 1}"))
    assert db.read(count) == 1
