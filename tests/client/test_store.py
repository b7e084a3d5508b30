"""The result store on disk: crashes, damage, full disks, two processes, the size limit."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.results import find, result_fields, save
from volcv_client import config
from volcv_client.client import Client
from volcv_client.errors import StoreError
from volcv_client.store import database, journal
from volcv_client.store import files as store_files
from volcv_client.store.attended import Attended
from volcv_client.store.result import Result, ResultFile
from volcv_client.store.results import ResultStore

from .helpers import make, png, until
from .test_paying_once import A, other_process

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")
PICTURE = png()


def result(number: int = 1, **changes: Any) -> Result:
    fields = {"request_id": f"request-{number}", "req_key": "key", "seconds": 1.5, "request": {"prompt": "a"}}
    return Result(**result_fields(number, **fields | changes))


def paths(one: Result | None) -> list[Path]:
    assert one is not None
    return [file.path for file in one.files if file.path is not None]


def contents(one: Result) -> list[bytes]:
    """What is on disk, not what is in memory."""
    return [ResultFile(path).read() for path in paths(one)]


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Does not wait long for locks, nor between two attempts to write."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(database, "PAUSE_SECONDS", 0.05)


def write_again(store: ResultStore) -> None:
    """As the heartbeat does."""
    time.sleep(2 * database.PAUSE_SECONDS)
    store.journal.flush()


def files_of(store: ResultStore) -> set[str]:
    return {path.name for path in (store.folder / "media").iterdir()}


def test_what_is_saved_comes_back(store: ResultStore) -> None:
    saved = save(store, result(), [PICTURE, b"\xff\xd8\xff..."])
    found = find(ResultStore(store.folder), "print-1")
    assert found is not None
    assert contents(found) == [PICTURE, b"\xff\xd8\xff..."]
    assert (found.request_id, found.seed, found.texts) == ("request-1", 1, {"rephraser_result": "\u72d7"})
    assert [file.extension for file in saved.files] == [".png", ".jpg"]
    assert store.usage() == (1, len(PICTURE) + 6)


def test_results_of_random_seeds_are_kept_too(store: ResultStore) -> None:
    save(store, result(reusable=False), [PICTURE])
    assert store.by_request_id("request-1") is not None
    assert [one.request_id for one in store.newest(5)] == ["request-1"]


def test_newest_first_with_an_offset(store: ResultStore) -> None:
    for number in range(5):
        save(store, result(number), [PICTURE])
    assert [one.seed for one in store.newest(2)] == [4, 3]
    assert [one.seed for one in store.newest(2, offset=3)] == [1, 0]


def test_delete_and_clear_remove_the_files_too(store: ResultStore) -> None:
    for number in range(3):
        save(store, result(number), [PICTURE])
    assert store.forget("request-1") == 1
    assert len(files_of(store)) == 2
    assert store.clear() == 2
    assert files_of(store) == set()
    assert store.usage() == (0, 0)


def test_a_result_with_its_pictures_replaces_its_answer(store: ResultStore) -> None:
    save(store, result(image_urls=["https://a/1"]), problem="links", answer=b"x" * 100)
    assert store.newest(5) == [] and store.usage() == (1, 100)
    (name,) = files_of(store)
    assert name.endswith(".answer")
    entry = store.journal.take(store.journal.of("print-1")[0])
    assert entry is not None
    with Attended(store.journal, entry) as row:
        row.read(replace(entry.result, files=(ResultFile(data=PICTURE),)))
    assert store.usage() == (1, len(PICTURE)) and files_of(store) == {paths(row.entry.result)[0].name}


def test_the_least_recently_used_goes_first(store: ResultStore) -> None:
    store.limit_bytes = 3 * len(PICTURE)
    for number in range(3):
        save(store, result(number), [PICTURE])
    store.journal.record_reuse(store.journal.of("print-0")[0])
    save(store, result(3), [PICTURE])
    assert [find(store, f"print-{number}") is not None for number in range(4)] == [True, False, True, True]
    assert len(files_of(store)) == 3
    assert store.usage()[1] <= store.limit_bytes


def test_a_result_above_the_limit_takes_the_place_of_all_others(store: ResultStore) -> None:
    store.limit_bytes = len(PICTURE) - 1
    for number in (1, 2):
        kept = save(store, result(number), [PICTURE])
        assert store.usage() == (1, len(PICTURE)) and find(store, f"print-{number}") is not None
        assert files_of(store) == {path.name for path in paths(kept)}


def test_a_video_above_the_limit_is_there_after_all(store: ResultStore, tmp_path: Path) -> None:
    store.limit_bytes = 10
    part = tmp_path / "film.part"
    part.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    (kept,) = paths(save(store, result(), [part]))
    assert kept.is_file() and not part.exists()


def test_after_the_clock_was_set_back_the_newest_are_not_the_first_to_go(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.limit_bytes = 3 * len(PICTURE)
    for number in (1, 2, 3):
        save(store, result(number), [PICTURE])
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3600)
    for number in (4, 5):
        save(store, result(number), [PICTURE])
    assert [one.request_id for one in store.newest(9)] == ["request-5", "request-4", "request-3"]


@contextmanager
def held_by_another(folder: Path) -> Iterator[None]:
    """Nobody can write beside this; everybody can read."""
    with closing(sqlite3.connect(folder / "index.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_video_that_cannot_be_noted_stays_where_it_was(store: ResultStore, tmp_path: Path, impatient: None) -> None:
    save(store, result(), [PICTURE])
    part = tmp_path / "film.part"
    part.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    with held_by_another(store.folder):
        save(store, result(2), [part, PICTURE])
        assert part.is_file() and len([name for name in files_of(store) if not name.endswith(".answer")]) == 1
    write_again(store)
    assert not part.exists() and all(path.is_file() for path in paths(find(store, "print-2")))
    assert len(files_of(store)) == 3


def test_a_failure_to_make_room_loses_nothing(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    def locked(*_: Any) -> None:
        raise sqlite3.OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "evict", locked)
        save(store, result(), [PICTURE])
    assert find(store, "print-1") is not None
    write_again(store)
    (path,) = paths(find(ResultStore(store.folder), "print-1"))
    assert path.is_file()


def test_a_video_whose_download_ended_with_its_process_is_swept_up(store: ResultStore) -> None:
    save(store, result(), [PICTURE])
    old, fresh = store.folder / "old.part", store.folder / "fresh.part"
    for path in (old, fresh):
        path.write_bytes(b"x")
    past = time.time() - store_files.ORPHAN_SECONDS - 10
    os.utime(old, (past, past))
    store.sweep()
    assert not old.exists() and fresh.exists()


def test_sweep_deletes_old_files_without_a_row_only(store: ResultStore) -> None:
    save(store, result(), [PICTURE])
    until(lambda: not any(thread.name == "volcv-sweep" for thread in threading.enumerate()))
    fresh, old = store.folder / "media" / "fresh.png", store.folder / "media" / "old.png"
    for path in (fresh, old):
        path.write_bytes(b"x")
    past = time.time() - store_files.ORPHAN_SECONDS - 10
    os.utime(old, (past, past))
    for path in paths(find(store, "print-1")):
        os.utime(path, (past, past))
    assert store.sweep() == 1
    assert fresh.exists()
    assert not old.exists()
    assert find(store, "print-1") is not None


def test_the_first_result_sweeps_up_after_an_earlier_process(client: Client) -> None:
    folder = config.home() / "results" / "media"
    folder.mkdir(parents=True)
    old = folder / "old.png"
    old.write_bytes(b"x")
    past = time.time() - store_files.ORPHAN_SECONDS - 10
    os.utime(old, (past, past))
    make(client, A)
    until(lambda: not old.exists())
    assert make(client, A).results[0].reused


WRITER = """
import sys
from pathlib import Path
from tests.client.test_store import PICTURE, result, save
from volcv_client.store.results import ResultStore

store = ResultStore(Path(sys.argv[1]))
first, count = int(sys.argv[2]), int(sys.argv[3])
for number in range(first, first + count):
    save(store, result(number), [PICTURE * 200])
    print(number, flush=True)
"""


@POSIX
def test_killed_in_mid_write(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    written = 0
    for round_number in range(2):
        process = other_process(WRITER, str(folder), str(round_number * 10_000), "10000")
        assert process.stdout is not None
        for _ in range(15 + round_number):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        written += 15 + round_number + len(process.stdout.readlines())
        process.communicate()
    store = ResultStore(folder)
    kept = store.newest(100_000)
    assert len(kept) >= written
    assert all(contents(one) == [PICTURE * 200] for one in kept)
    save(store, result(99), [PICTURE])
    assert find(store, "print-99") is not None
    with sqlite3.connect(folder / "index.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_two_processes_on_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    processes = [other_process(WRITER, str(folder), str(number * 1000), "40") for number in range(2)]
    for process in processes:
        out, problems = process.communicate(timeout=60)
        assert len(out.split()) == 40, problems
    store = ResultStore(folder)
    assert store.usage()[0] == 80
    assert len(files_of(store)) == 80


def test_a_record_of_another_version_is_still_read(store: ResultStore) -> None:
    save(store, result(), [PICTURE])
    store.close()
    connection = sqlite3.connect(store.folder / "index.db")
    connection.execute("UPDATE calls SET record = json_set(record, '$.of_the_future', 1)")
    connection.commit()
    connection.close()
    assert find(store, "print-1") is not None


def test_an_unreadable_picture_is_an_error_of_ours(store: ResultStore) -> None:
    saved = save(store, result(), [PICTURE])
    paths(saved)[0].unlink()
    with pytest.raises(StoreError):
        contents(saved)


@POSIX
def test_only_the_owner_gets_in(store: ResultStore) -> None:
    save(store, result(), [PICTURE])
    for folder in (store.folder, store.folder / "media"):
        assert folder.stat().st_mode & 0o077 == 0
