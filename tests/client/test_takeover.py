"""A store of version 0.x is taken over once, and again after that version has written to it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.support.pictures import png
from tests.support.results import find
from volcv_client import config
from volcv_client.calls import task_call
from volcv_client.catalog import model
from volcv_client.client import Client
from volcv_client.errors import StoreError
from volcv_client.request.body import draft
from volcv_client.request.json_body import fingerprint
from volcv_client.request.plan import plan
from volcv_client.store import database
from volcv_client.store.entry import State
from volcv_client.store.results import Filter, ResultStore

from .helpers import IMAGE, make
from .test_paying_once import A

SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL, reusable INTEGER NOT NULL, request_id TEXT NOT NULL, req_key TEXT NOT NULL,
    seed INTEGER, created REAL NOT NULL, used REAL NOT NULL, bytes INTEGER NOT NULL, record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_fingerprint ON results (fingerprint, reusable);
CREATE INDEX IF NOT EXISTS by_request_id ON results (request_id);
CREATE INDEX IF NOT EXISTS by_use ON results (used, bytes);
CREATE TABLE IF NOT EXISTS charges (
    created REAL NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, model TEXT NOT NULL, cost REAL,
    charged INTEGER NOT NULL, reuses INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (created, request_id, fingerprint)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tasks (
    task_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, created REAL NOT NULL, request_id TEXT NOT NULL DEFAULT '',
    ended TEXT NOT NULL DEFAULT '', record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS tasks_by_fingerprint ON tasks (fingerprint, ended);
"""
PICTURE = png(20, 10)
EDIT = "seededit_v3.0"
NOW = time.time()


class EarlierStore:
    """What version 0.x wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in (folder / "files", folder / "thumbnails"):
            part.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.Connection(folder / "index.db", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.executescript(SCHEMA)

    def result(self, number: int, *, charged: bool | None = True, reuses: int = 0, **changes: Any) -> None:
        """A result with its charge (None: of a version that counted none)."""
        cost, links = changes.pop("cost", None), changes.pop("image_urls", [])
        row = {
            "fingerprint": f"print-{number}",
            "reusable": 1,
            "request_id": f"request-{number}",
            "req_key": "high_aes_general_v14",
            "seed": number,
            "created": NOW - 100 + number,
            "used": NOW - 50 + number,
            "bytes": len(PICTURE),
            **changes,
        }
        names = [f"{number}.png"] if row["bytes"] else []
        for name in names:
            (self.folder / "files" / name).write_bytes(PICTURE)
            (self.folder / "thumbnails" / f"{number}.jpg").write_bytes(b"small")
        record = {"seconds": 1.5, "cost": cost, "texts": {"text": "\u72d7"}, "image_urls": links}
        record |= {"request": {"prompt": f"Fox {number}"}, "files": names}
        self._insert("results", {**row, "record": json.dumps(record)})
        if charged is not None:
            self.charge(row, charged, reuses, cost)

    def charge(self, row: dict[str, Any], charged: bool = True, reuses: int = 0, cost: float | None = None) -> None:
        key = {name: row[name] for name in ("created", "request_id", "fingerprint")}
        self._insert("charges", key | {"model": row["req_key"], "cost": cost, "charged": charged, "reuses": reuses})

    def task(self, task_id: str, *, ended: str = "", request_id: str = "", **changes: Any) -> None:
        record = {
            "identity": "http://Gateway.example:80/",
            "req_key": EDIT,
            "result_action": "CVSync2AsyncGetResult",
            "req_json": "",
            "seed": 7,
            "random_seed": False,
            "request": {"prompt": "make it night"},
        }
        row = {"task_id": task_id, "fingerprint": f"task-{task_id}", "created": NOW - 60}
        given = {name: changes.pop(name) for name in ("fingerprint", "created") if name in changes}
        text = json.dumps(record | changes)
        self._insert("tasks", {**row, **given, "request_id": request_id, "ended": ended, "record": text})

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        names = ", ".join(row)
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", [*row.values()])

    def spending(self) -> list[tuple[str, int]]:
        return self.connection.execute(
            "SELECT model, COUNT(*) FROM charges WHERE charged GROUP BY model ORDER BY COUNT(*) DESC, model"
        ).fetchall()


@contextmanager
def earlier_version(folder: Path) -> Iterator[EarlierStore]:
    earlier = EarlierStore(folder)
    with closing(earlier.connection):
        yield earlier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def spending(store: ResultStore) -> list[tuple[str, int]]:
    return [(one.req_key, one.calls) for one in store.spending_since(0.0)]


def mode(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def rows(folder: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        return connection.execute("SELECT * FROM calls ORDER BY id").fetchall()


def fill(earlier: EarlierStore) -> None:
    """Some rows of each kind."""
    earlier.result(1, cost=1.5, reuses=3)
    earlier.result(2, reusable=0, seed=None, req_key="other")
    earlier.result(3, bytes=0, image_urls=["https://a/3.png"])
    earlier.result(4, charged=False)
    earlier.result(5, request_id="request-of-77")
    earlier.charge({"created": NOW - 500, "request_id": "gone", "fingerprint": "gone", "req_key": "other"}, cost=2.0)
    earlier.task("77", ended="done", request_id="request-of-77")
    earlier.task("78", random_seed=True, seed=None)
    earlier.task("79", ended="50511")


def test_nothing_is_lost(folder: Path) -> None:
    with earlier_version(folder) as earlier:
        fill(earlier)
        spent = earlier.spending()
    assert mode(folder) == "wal"
    store = ResultStore(folder)
    assert [one.request_id for one in store.newest(9)] == ["request-of-77", "request-4", "request-2", "request-1"]
    assert store.newest(9)[0].files[0].read() == PICTURE
    first = find(store, "print-1")
    assert first is not None and (first.seconds, first.cost, first.reuses, first.seed) == (1.5, 1.5, 3, 1)
    assert (first.texts, first.prompt, first.charged) == ({"text": "\u72d7"}, "Fox 1", True)
    assert {path.name for path in (folder / "media").iterdir()} == {f"{number}.png" for number in (1, 2, 4, 5)}
    assert not list((folder / "files").iterdir()), "the earlier version deletes files that its own tables do not name"
    assert store.thumbnail(first, 0).read_bytes() == b"small"
    assert [one.request_id for one in store.newest(9) if not one.charged] == ["request-4"]
    assert not next(one for one in store.newest(9) if one.request_id == "request-2").reusable
    assert [one.result.request_id for one in store.listing(9, wanted=Filter(words=[("fox 2", [])]))[0]] == ["request-2"]
    assert spent == [("high_aes_general_v14", 3), ("other", 2)]
    assert spending(store) == [*spent, (EDIT, 1)], "and the open task"
    assert mode(folder) == "delete", "no write-ahead log any more"
    assert not (folder / "index.db-wal").exists()


def test_links_without_pictures_and_open_tasks_go_on(folder: Path) -> None:
    with earlier_version(folder) as earlier:
        fill(earlier)
    journal = ResultStore(folder).journal
    links = journal.by_name("request-3")
    assert links is not None and links.state is State.ANSWERED and links.result.image_urls == ["https://a/3.png"]
    open_task, failed, done = (journal.by_name(task_id) for task_id in ("78", "79", "77"))
    assert open_task is not None and failed is not None and done is not None
    assert (open_task.state, open_task.identity, open_task.result.reusable) == (
        State.SUBMITTED,
        "http://gateway.example",
        False,
    )
    assert open_task.poll() == {"req_key": EDIT, "task_id": "78"}
    assert (failed.state, failed.problem, failed.charged.value) == (State.FAILED, "50511", "no")
    assert (done.state, done.result.request_id) == (State.COMPLETE, "request-of-77")
    assert [one.name for one in journal.open_entries(9)] == ["78", "request-3"]


def test_a_second_opening_does_nothing(folder: Path) -> None:
    with earlier_version(folder) as earlier:
        fill(earlier)
    first = ResultStore(folder)
    first.usage()
    before, revision = rows(folder), first.revision()
    assert len(before) == 8
    assert ResultStore(folder).usage() == first.usage()
    assert (rows(folder), first.revision()) == (before, revision)


def test_what_an_earlier_version_writes_afterwards_is_taken_over_too(folder: Path) -> None:
    with earlier_version(folder) as earlier:
        earlier.result(1)
    store = ResultStore(folder)
    assert store.usage()[0] == 1
    with earlier_version(folder) as earlier:
        earlier.result(2)
        earlier.task("78")
    assert mode(folder) == "wal"
    assert [one.seed for one in store.newest(9)] == [2, 1]
    assert [one.name for one in store.journal.open_entries(9)] == ["78"]
    assert store.spending_since(0.0)[0].calls == 2
    assert mode(folder) == "delete"


def test_an_earlier_version_that_runs_beside_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.3)
    with earlier_version(folder) as earlier:
        earlier.result(1)
        store = ResultStore(folder)
        assert [one.seed for one in store.newest(9)] == [1]
        for number in (2, 3):
            earlier.result(number)
            assert store.newest(1)[0].seed == number
        assert store.forget("request-2") == 1
    assert [one.seed for one in store.newest(9)] == [3, 1]
    assert store.spending_since(0.0)[0].calls == 3


def test_a_store_from_before_tasks_and_charges(folder: Path) -> None:
    with earlier_version(folder) as earlier:
        earlier.result(1, charged=None)
        earlier.connection.executescript("DROP TABLE charges; DROP TABLE tasks;")
    store = ResultStore(folder)
    found = find(store, "print-1")
    assert found is not None and (found.charged, found.reuses) == (True, 0)
    assert spending(store) == [("high_aes_general_v14", 1)]


def test_a_store_that_cannot_be_taken_over_now_stays_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with earlier_version(folder) as earlier:
        fill(earlier)
        earlier.connection.execute("BEGIN IMMEDIATE")
        store = ResultStore(folder)
        with pytest.raises(StoreError) as caught:
            store.newest(9)
        assert caught.value.key == "store_not_readable"
        earlier.connection.execute("ROLLBACK")
        assert len(store.newest(9)) == 4


def earlier_fingerprint(client: Client, key: str, values: Mapping[str, Any]) -> str:
    """Earlier versions hashed the encoded files."""
    planned = plan(model(key), values)
    request = draft(planned.model, planned.calls[0].given).encode()
    return fingerprint(request.identity(), client.identity, request.mode.action)


def test_an_earlier_result_with_pictures_costs_nothing(client: Client, server: Gateway) -> None:
    old = earlier_fingerprint(client, EDIT, {"prompt": "make it night", "seed": 7, **IMAGE})
    with earlier_version(config.home() / "results") as earlier:
        earlier.result(1, fingerprint=old, req_key=EDIT)
    outcome = make(client, {"prompt": "make it night", "seed": 7}, IMAGE, key=EDIT)
    assert outcome.results[0].reused and outcome.results[0].request_id == "request-1"
    assert server.requests == []


@pytest.mark.parametrize("random_seed", [False, True])
def test_an_open_task_of_an_earlier_version_is_resumed(
    client: Client, server: Gateway, random_seed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_call, "FIRST_POLL", 0.02)
    values = {"prompt": "make it night", "seed": -1 if random_seed else 7}
    make(client, values, IMAGE, key=EDIT)
    polled = next(request.body for request in server.requests if request.action == "CVSync2AsyncGetResult")
    assert polled is not None
    client.store.forget(str(polled["task_id"]))
    old = earlier_fingerprint(client, EDIT, {**values, **IMAGE})
    with earlier_version(config.home() / "results") as earlier:
        facts = {"identity": client.identity, "random_seed": random_seed, "req_json": polled["req_json"]}
        earlier.task(str(polled["task_id"]), fingerprint=old, seed=None if random_seed else 7, **facts)
    outcome = make(client, values, IMAGE, key=EDIT)
    assert any("taken up again" in note for note in outcome.notes)
    assert server.charged == 1 and not client.store.journal.open_entries(9)


def test_an_earlier_result_without_pictures_costs_nothing(client: Client, server: Gateway) -> None:
    with earlier_version(config.home() / "results") as earlier:
        earlier.result(1, fingerprint=earlier_fingerprint(client, "high_aes_general_v14", A))
    assert make(client, A).results[0].request_id == "request-1"
    assert server.requests == []
