"""What was paid: one row per charged call, beside the results but not deleted with them.

The table lives in the store's database and a row is written in the transaction that writes its result, so
neither exists without the other. A call is known by when its answer came, its request id and its fingerprint.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .results import Result

SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    created REAL NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, model TEXT NOT NULL, cost REAL,
    charged INTEGER NOT NULL, reuses INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (created, request_id, fingerprint)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Spent:
    """Charged calls of one model. ``cost``: sum of what the gateway said they cost; None if it never did."""

    req_key: str
    calls: int
    cost: float | None


def record(connection: sqlite3.Connection, result: Result) -> None:
    """Count a result's call. Nothing changes if it is already counted: a download that was made up for."""
    connection.execute(
        "INSERT OR IGNORE INTO charges (created, request_id, fingerprint, model, cost, charged)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (result.created, result.request_id, result.fingerprint, result.req_key, result.cost, result.charged),
    )


def record_reuse(connection: sqlite3.Connection, result: Result) -> None:
    """Count that a result answered a request once more, free of charge."""
    connection.execute(
        "UPDATE charges SET reuses = reuses + 1 WHERE created = ? AND request_id = ? AND fingerprint = ?",
        (result.created, result.request_id, result.fingerprint),
    )


def spent_since(connection: sqlite3.Connection, since: float) -> list[Spent]:
    """What was charged since that Unix time, most calls first."""
    rows = connection.execute(
        "SELECT model, COUNT(*), SUM(cost) FROM charges WHERE created >= ? AND charged GROUP BY model"
        " ORDER BY COUNT(*) DESC, model",
        (since,),
    )
    return [Spent(*row) for row in rows]
