"""How many calls a credential allows, told to the other processes that use the journal.

The limiter of a process halves its allowance on a refusal, and raises it again after a quiet time. Without a word to
the others these would go on as before, each would have to be refused as well, and each would grow back alone.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from typing import NamedTuple

from ..errors import StoreError
from .database import Database

TOLD_SECONDS = 60.0
"""Time in which a change reaches other processes: no allowance grows sooner."""

# No column of SCHEMA: a store that can only be read must not need an upgrade.
TABLE = """CREATE TABLE IF NOT EXISTS allowances (
    credential TEXT PRIMARY KEY, allowed INTEGER NOT NULL, grown INTEGER NOT NULL, at REAL NOT NULL)"""


class Told(NamedTuple):
    """What another process allows; ``grown``: it allows more than before, else fewer, because it was refused."""

    allowed: int
    grown: bool


class SharedAllowance:
    """The newest change of the allowance of each credential. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, float] = {}  # credential -> time of the newest change that this process knows

    def tell(self, credential: str, allowed: int, *, grown: bool = False) -> None:
        """Tell the other processes how many calls this one allows now; not where nothing can be written."""
        values = credential, allowed, grown, time.time()
        self._known[credential] = values[3]

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(TABLE)
            connection.execute("INSERT OR REPLACE INTO allowances VALUES (?, ?, ?, ?)", values)

        with suppress(StoreError):
            self._database.write(work)

    def told(self, credential: str) -> Told | None:
        """The newest change by another process that was not told yet; None without one."""

        def work(connection: sqlite3.Connection) -> tuple[int, int, float] | None:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'allowances'").fetchone():
                return None
            query = "SELECT allowed, grown, at FROM allowances WHERE credential = ?"
            row: tuple[int, int, float] | None = connection.execute(query, (credential,)).fetchone()
            return row

        with suppress(StoreError):
            row = self._database.read(work)
            if row is not None and row[2] != self._known.get(credential) and abs(time.time() - row[2]) < TOLD_SECONDS:
                self._known[credential] = row[2]
                return Told(row[0], bool(row[1]))
        return None
