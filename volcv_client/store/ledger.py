"""The ledger: one row per charged call, in the store's database, and not deleted with the results.

A row is written in the transaction that writes the result, so neither exists without the other. Its key is the time
of the answer, the request id and the fingerprint.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from .result import Result

SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    created REAL NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, model TEXT NOT NULL, cost REAL,
    charged INTEGER NOT NULL, reuses INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (created, request_id, fingerprint)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Spending:
    """Charged calls of one model. ``cost``: sum of the costs that the gateway stated, None if it stated none."""

    req_key: str
    calls: int
    cost: float | None


def record_call(connection: sqlite3.Connection, result: Result) -> None:
    """Count a result's call; a call that is already counted (its download was repeated) counts once."""
    connection.execute(
        "INSERT OR IGNORE INTO charges (created, request_id, fingerprint, model, cost, charged)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (result.created, result.request_id, result.fingerprint, result.req_key, result.cost, result.charged),
    )


def record_reuse(connection: sqlite3.Connection, result: Result) -> None:
    """Count a request that a stored result answered for free."""
    connection.execute(
        "UPDATE charges SET reuses = reuses + 1 WHERE created = ? AND request_id = ? AND fingerprint = ?",
        (result.created, result.request_id, result.fingerprint),
    )


def spending_since(connection: sqlite3.Connection, since: float) -> list[Spending]:
    """Charged calls since that Unix time by model, most calls first."""
    rows = connection.execute(
        "SELECT model, COUNT(*), SUM(cost) FROM charges WHERE created >= ? AND charged GROUP BY model"
        " ORDER BY COUNT(*) DESC, model",
        (since,),
    )
    return [Spending(*row) for row in rows]
