"""The size limit of the store: least recently used results are deleted first."""

from __future__ import annotations

import json
import sqlite3
import time

from .entry import FAVOURITE

FORGET = "UPDATE calls SET state = 'deleted', bytes = 0, search = '', record = '{}', owner = ''"
"""A deleted call keeps its row: what was charged stays counted."""


def mark_used(connection: sqlite3.Connection, uid: str) -> None:
    """LRU time, monotonic even if the clock was set back: the last used result must not be evicted first."""
    now = "MAX(?, (SELECT COALESCE(MAX(used), 0) FROM calls WHERE state = 'complete'))"
    connection.execute(f"UPDATE calls SET used = {now} WHERE uid = ?", (time.time(), uid))


def evict(connection: sqlite3.Connection, limit: int, newest: int) -> list[str]:
    """Delete the least recently used results (LRU) until the rest fits the limit, but never the newest.

    Returns the names of their files. What is not handed out yet is never evicted; nor are favourites, which do not
    count, because they would leave no room for the rest.
    """
    complete = f"state = 'complete' AND NOT {FAVOURITE}"
    excess = connection.execute(f"SELECT COALESCE(SUM(bytes), 0) FROM calls WHERE {complete}").fetchone()[0] - limit
    names: list[str] = []
    if excess <= 0:  # before all rows are sorted
        return names
    for row_id, size, record in connection.execute(
        f"SELECT id, bytes, record FROM calls WHERE {complete} AND id != ? ORDER BY used, id", (newest,)
    ):
        connection.execute(f"{FORGET} WHERE id = ?", (row_id,))
        names += json.loads(record).get("files", ())
        excess -= size
        if excess <= 0:
            break
    return names
