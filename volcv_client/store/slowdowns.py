"""Refusals of too many calls, told to the other processes that use the journal.

The limiter of a process halves its allowance on a refusal. Without a word to the others these would go on as before,
and each would have to be refused as well.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress

from ..errors import StoreError
from .database import Database

TOLD_SECONDS = 60.0
"""Time in which a process takes over the allowance of another one, as long as no allowance grows again."""

# No column of SCHEMA: a store that can only be read must not need an upgrade.
TABLE = "CREATE TABLE IF NOT EXISTS slowdowns (credential TEXT PRIMARY KEY, allowed INTEGER NOT NULL, at REAL NOT NULL)"


class Slowdowns:
    """The newest refusal of each credential. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, float] = {}  # credential -> time of the newest refusal that this process knows

    def tell(self, credential: str, allowed: int) -> None:
        """Tell the other processes how many calls this one still allows; not where nothing can be written."""
        values = credential, allowed, time.time()
        self._known[credential] = values[2]

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(TABLE)
            connection.execute("INSERT OR REPLACE INTO slowdowns VALUES (?, ?, ?)", values)

        with suppress(StoreError):
            self._database.write(work)

    def told(self, credential: str) -> int | None:
        """How many calls another process allows since a refusal that was not told yet; None without one."""

        def work(connection: sqlite3.Connection) -> tuple[int, float] | None:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'slowdowns'").fetchone():
                return None
            query = "SELECT allowed, at FROM slowdowns WHERE credential = ?"
            row: tuple[int, float] | None = connection.execute(query, (credential,)).fetchone()
            return row

        with suppress(StoreError):
            row = self._database.read(work)
            if row is not None and row[1] != self._known.get(credential) and abs(time.time() - row[1]) < TOLD_SECONDS:
                self._known[credential] = row[1]
                return row[0]
        return None
