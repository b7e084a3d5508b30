"""Takes over a store of version 0.x, with tables for results, tasks and charges, into the journal's one table.

The tables stay, empty: an earlier version that is still running goes on with them, and its rows are taken over next.
Their files move to another folder, because that version deletes files that its own tables do not name.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..config import normalize_base_url
from ..errors import SetupError
from .files import MEDIA, make_private
from .result import search_text

INSERT = """
INSERT INTO calls (uid, state, owner, fingerprint, reusable, credential, req_key, request_id, task_id, seed, created,
    charged, cost, bytes, search, record, used, reuses)
VALUES (:uid, :state, '', :fingerprint, :reusable, '', :req_key, :request_id, :task_id, :seed, :created,
    :charged, :cost, :bytes, :search, :record, :used, :reuses)
"""


TABLES = {"results", "charges", "tasks"}


def tables_of(connection: sqlite3.Connection) -> set[str]:
    """The earlier tables that exist."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return TABLES & {name for (name,) in names}


def has_rows(connection: sqlite3.Connection) -> bool:
    """Whether there is something to take over."""
    return any(connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() for name in tables_of(connection))


def take_over(connection: sqlite3.Connection, folder: Path) -> None:
    """Move every row of the earlier tables, and its files within the store's folder. Raises OSError."""
    tables = tables_of(connection)
    if "results" not in tables:
        return
    connection.row_factory = sqlite3.Row
    charges = {}
    if "charges" in tables:
        rows = connection.execute("SELECT * FROM charges")
        charges = {(row["created"], row["request_id"], row["fingerprint"]): row for row in rows}
    for row in connection.execute("SELECT * FROM results ORDER BY id").fetchall():
        move_files(json.loads(row["record"])["files"], folder)
        result(connection, row, charges.pop((row["created"], row["request_id"], row["fingerprint"]), None))
    for charge in charges.values():  # their results were deleted
        insert(
            connection,
            charge,
            req_key=charge["model"],
            charged=charge["charged"],
            cost=charge["cost"],
            reuses=charge["reuses"],
        )
    if "tasks" in tables:
        for row in connection.execute("SELECT * FROM tasks ORDER BY created").fetchall():
            task(connection, row)
    connection.row_factory = None
    for name in tables:
        connection.execute(f"DELETE FROM {name}")


def move_files(names: Iterable[str], folder: Path) -> None:
    """Move files to the journal's folder; what is missing was moved before the transaction failed, or deleted."""
    make_private(folder / MEDIA)
    for name in names:
        with suppress(FileNotFoundError):
            (folder / "files" / name).replace(folder / MEDIA / name)


def insert(connection: sqlite3.Connection, row: sqlite3.Row, **columns: Any) -> None:
    """Insert a call with the columns that every earlier table has, and the given ones."""
    values = {
        "uid": uuid4().hex,
        "state": "deleted",
        "reusable": 0,
        "task_id": "",
        "seed": None,
        "cost": None,
        "bytes": 0,
        "search": "",
        "record": "{}",
        "used": row["created"],
        "reuses": 0,
        **{name: row[name] for name in ("fingerprint", "request_id", "created")},
        **columns,
    }
    connection.execute(INSERT, values | {"charged": "yes" if values["charged"] else "no"})


def result(connection: sqlite3.Connection, row: sqlite3.Row, charge: sqlite3.Row | None) -> None:
    record = json.loads(row["record"])
    insert(
        connection,
        row,
        state="complete" if row["bytes"] else "answered",
        reusable=row["reusable"],
        req_key=row["req_key"],
        seed=row["seed"],
        bytes=row["bytes"],
        used=row["used"],
        cost=record.pop("cost", None),
        search=search_text(record.get("request", {}), row["req_key"], row["request_id"], row["seed"]),
        record=json.dumps(record),
        charged=charge["charged"] if charge else 1,
        reuses=charge["reuses"] if charge else 0,
    )


def task(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """A task that is done belongs to the row of its result; any other is a call of its own. What failed was never
    counted as charged."""
    if row["request_id"]:
        connection.execute(
            "UPDATE calls SET task_id = ? WHERE request_id = ? AND state != 'deleted'",
            (row["task_id"], row["request_id"]),
        )
        return
    record = json.loads(row["record"])
    with suppress(SetupError):  # "sandbox"
        record["identity"] = normalize_base_url(record["identity"])
    req_key, seed = record.pop("req_key"), record.pop("seed", None)
    insert(
        connection,
        row,
        state="failed" if row["ended"] else "submitted",
        reusable=not record.pop("random_seed", True),
        req_key=req_key,
        task_id=row["task_id"],
        seed=seed,
        search=search_text(record.get("request", {}), req_key, row["task_id"], seed),
        record=json.dumps(record | {"problem": row["ended"]}),
        charged=not row["ended"] and record.get("identity") != "sandbox",
    )
