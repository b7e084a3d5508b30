"""Owners of calls under way: alive while their process holds its lock, dead as soon as it has ended."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.results import begin, result_fields, save
from volcv_client.store import owners
from volcv_client.store.entry import State
from volcv_client.store.owners import Owner
from volcv_client.store.result import Result
from volcv_client.store.results import ResultStore

from .helpers import until
from .test_paying_once import other_process

HOLDER = """
import sys
import time
from pathlib import Path
from volcv_client.store.owners import Owner

owner = Owner(Path(sys.argv[1]), lambda: None)
owner.hold("call")
print(owner.name, flush=True)
time.sleep(float(sys.argv[2]))
"""


def make_owner(folder: Path) -> Owner:
    return Owner(folder, lambda: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results" / "owners"


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "BEAT_SECONDS", 0.02)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> float:
    seconds = 0.3
    monkeypatch.setattr(owners, "WATCHED_SECONDS", seconds)
    return seconds


@pytest.fixture
def holder(folder: Path) -> Iterator[tuple[int, str]]:
    """Another process that holds a call: its id, and its name as an owner."""
    process = other_process(HOLDER, str(folder), "60")
    assert process.stdout is not None
    yield process.pid, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def set_beat(folder: Path, name: str, age: float) -> None:
    os.utime(folder / name, (time.time() - age,) * 2)


def test_another_process_is_alive_until_it_is_killed(folder: Path, holder: tuple[int, str]) -> None:
    pid, name = holder
    here = make_owner(folder)
    assert here.is_alive(name)
    os.kill(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    os.waitpid(pid, 0)
    assert not here.is_alive(name), "dead at once, however young its heartbeat"


def test_an_owner_that_nobody_knows_is_dead(folder: Path) -> None:
    assert not make_owner(folder).is_alive("0" * 32)


def test_a_stale_heartbeat_counts_only_after_it_was_watched(
    folder: Path, holder: tuple[int, str], watched: float
) -> None:
    _, name = holder
    here = make_owner(folder)
    set_beat(folder, name, owners.STALE_SECONDS + 5)
    assert here.is_alive(name), "a computer that slept: the next beat is late, and the owner alive"
    time.sleep(watched / 2)
    assert here.is_alive(name)
    until(lambda: not here.is_alive(name), 5)


def test_a_beat_while_it_is_watched_saves_the_owner(folder: Path, holder: tuple[int, str], watched: float) -> None:
    _, name = holder
    here = make_owner(folder)
    for age in (owners.STALE_SECONDS + 9, owners.STALE_SECONDS + 5):
        set_beat(folder, name, age)
        assert here.is_alive(name)
        time.sleep(watched * 0.7)
    set_beat(folder, name, 0)
    time.sleep(watched)
    assert here.is_alive(name)


def test_calls_of_this_process_are_alive_while_they_are_held(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "results")
    row = begin(store, Result(**result_fields(1)))
    row.sent()
    assert store.journal.is_attended(row.entry) and store.journal.owner.is_alive(row.entry.owner)
    row.leave()
    assert not store.journal.is_attended(row.entry)
    begin(store, Result(**result_fields(2))).leave()
    stored = store.journal.by_uid(row.entry.uid)
    assert stored is not None and (stored.state, stored.owner) == (State.UNKNOWN, "")


def test_the_lock_is_dropped_once_nothing_is_held_and_taken_again(folder: Path, quick_beats: None) -> None:
    one, other = make_owner(folder), make_owner(folder)
    for uid in ("first", "second"):
        one.hold(uid)
        assert other.is_alive(one.name)
        one.release(uid)
        until(lambda: not (folder / one.name).exists())
        assert not other.is_alive(one.name)


def test_a_closed_owner_can_hold_again(folder: Path) -> None:
    one, other = make_owner(folder), make_owner(folder)
    one.hold("first")
    one.close()
    assert not other.is_alive(one.name)
    one.hold("second")
    assert other.is_alive(one.name)
    one.close()


def test_the_heartbeat_moves_on_and_is_told(folder: Path) -> None:
    beats: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owners, "BEAT_SECONDS", 0.02)
        owner = Owner(folder, lambda: beats.append(time.monotonic()))
        owner.hold("call")
        set_beat(folder, owner.name, 1000)
        until(lambda: time.time() - (folder / owner.name).stat().st_mtime < 100)
        until(lambda: len(beats) >= 3)
        owner.close()


def test_an_owner_whose_folder_could_not_be_written_takes_its_lock_later(folder: Path, quick_beats: None) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way", encoding="utf-8")
    one = make_owner(folder)
    one.hold("call")
    folder.unlink()
    until(lambda: make_owner(folder).is_alive(one.name))
    one.close()


def test_files_of_dead_owners_are_deleted_after_a_while(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, age in (("old", owners.STALE_SECONDS + 5), ("young", 0.0)):
        (folder / name).write_bytes(b"")
        set_beat(folder, name, age)
    living = make_owner(folder)
    living.hold("call")
    set_beat(folder, living.name, owners.STALE_SECONDS + 5)
    one = make_owner(folder)
    one.hold("call")
    until(lambda: not (folder / "old").exists())
    assert (folder / "young").exists() and one.is_alive(living.name)
    for owner in (one, living):
        owner.close()


def test_a_call_of_a_killed_process_is_settled(tmp_path: Path) -> None:
    """What had not left whole is dropped; what had is unknown; a task can be taken; an answer on the disk counts."""
    code = """
    import sys, time
    from pathlib import Path
    from tests.support.results import begin, result_fields
    from volcv_client.answer.envelope import RawAnswer
    from volcv_client.store.result import Result
    from volcv_client.store.results import ResultStore

    store = ResultStore(Path(sys.argv[1]))
    rows = [begin(store, Result(**result_fields(number))) for number in range(4)]
    for row in rows[1:]:
        row.sent()
    rows[2].submitted("77", None)
    store._files.write_answer(rows[3].entry.uid, b"{}")
    print(*[row.entry.uid for row in rows], flush=True)
    time.sleep(60)
    """
    process = other_process(code, str(tmp_path / "results"))
    assert process.stdout is not None
    uids = process.stdout.readline().split()
    store = ResultStore(tmp_path / "results")
    assert [one.state.value for one in store.journal.open_entries(9)][::-1] == ["sending", "sent", "submitted", "sent"]
    assert all(map(store.journal.is_attended, store.journal.open_entries(9)))
    process.kill()
    process.communicate()
    assert not any(map(store.journal.is_attended, store.journal.select("")))
    save(store, Result(**result_fields(9)), [b"\x89PNG\r\n\x1a\n"])
    states = {one.uid: (one.state, one.charged.value) for one in store.journal.select("")}
    assert uids[0] not in states
    assert [states[uid] for uid in uids[1:]] == [
        (State.UNKNOWN, "maybe"),
        (State.SUBMITTED, "yes"),
        (State.ANSWERED, "yes"),
    ]


def test_several_looks_at_a_dead_owner_do_not_make_it_alive(tmp_path: Path) -> None:
    folder = tmp_path / "owners"
    folder.mkdir()
    (folder / "dead").touch()
    with closing(sqlite3.Connection(folder / "dead", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT 1 FROM sqlite_master").fetchone()
        assert not Owner(folder, lambda: None).is_alive("dead")
