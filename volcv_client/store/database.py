"""The sqlite database of the journal.

Rollback-journal mode (``journal_mode=TRUNCATE``, ``synchronous=FULL``), not WAL: such a database can be read with a
full disk, on a read-only mount and beside a held write lock, where a WAL database fails with "disk I/O error". A
commit is on the disk when it returns. Each operation opens its own connection: nothing stale after the folder was
renamed or replaced, and no state shared between threads.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from ..errors import StoreError
from .files import make_private
from .takeover import has_rows, take_over

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_SECONDS = 10.0
"""Wait for the lock of another process; a commit takes milliseconds."""

MOMENT_SECONDS = 0.2
"""Wait of a write that may be left out. A look of another thread ends within it: readers hold up a commit too."""

LOOK_SECONDS = 0.005
"""Pause between two tries to get the write lock. The pauses of sqlite itself grow to 0.1 s, so that among many
processes those that wait longest look least often (measured: 9.7 s with 20 processes)."""

PAUSE_SECONDS = 5.0
"""After a failed write the next ones fail at once for this time: calls must not wait for a full disk one by one."""

VERSION = 2
ADDED = {"amount": "REAL", "currency": "TEXT NOT NULL DEFAULT ''"}
"""Columns of ``calls`` that version 1 does not have: the estimated charge, NULL where no price was known."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, state TEXT NOT NULL, owner TEXT NOT NULL,
    fingerprint TEXT NOT NULL, reusable INTEGER NOT NULL, credential TEXT NOT NULL, req_key TEXT NOT NULL,
    request_id TEXT NOT NULL, task_id TEXT NOT NULL, seed INTEGER, created REAL NOT NULL,
    charged TEXT NOT NULL, cost REAL, bytes INTEGER NOT NULL, search TEXT NOT NULL, record TEXT NOT NULL,
    used REAL NOT NULL DEFAULT 0, reuses INTEGER NOT NULL DEFAULT 0,
    amount REAL, currency TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS calls_by_fingerprint ON calls (fingerprint, state);
CREATE INDEX IF NOT EXISTS calls_by_request_id ON calls (request_id);
CREATE INDEX IF NOT EXISTS calls_by_task_id ON calls (task_id);
CREATE INDEX IF NOT EXISTS calls_by_state ON calls (state, used, bytes);
CREATE INDEX IF NOT EXISTS calls_by_period ON calls (created, charged, state, req_key, currency, amount);
DROP INDEX IF EXISTS calls_by_time;
"""


class Database:
    """Transactions on one database file. Safe for several threads and several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._write_again = 0.0  # time.monotonic()
        self._problem = ""

    def read(self, work: Work[T]) -> T:
        """Run ``work`` on a read-only connection; on an empty database if there is no file.

        A database of an earlier version is taken over first. Raises StoreError "store_not_readable": not being able
        to look is not the same as finding nothing.
        """
        try:
            if not self._exists():
                with closing(sqlite3.Connection(":memory:")) as empty:
                    empty.executescript(SCHEMA)
                    return work(empty)
            with closing(connect(self.path, "ro")) as connection:
                if is_current(connection):
                    return work(connection)
        except (sqlite3.Error, OSError, OverflowError) as error:
            # After a process died inside a commit, only a writing connection can roll it back.
            if not isinstance(error, sqlite3.OperationalError) or "locked" in str(error):
                raise self._not_readable(error) from None
        try:
            with closing(connect(self.path, "rw")) as connection:
                prepare(connection, self.path.parent)
                return work(connection)
        except (sqlite3.Error, OSError, OverflowError) as error:
            raise self._not_readable(error) from None

    def _exists(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return False

    def _not_readable(self, error: Exception) -> StoreError:
        return StoreError("store_not_readable", problem=str(error)[:200], folder=self.path.parent)

    def write(self, work: Work[T], *, wait: bool = True) -> T:
        """Run ``work`` in a transaction. Raises StoreError "store_failed"; whatever ``work`` raises rolls back.

        ``wait``: False waits for the locks of others only for a moment, and a failure does not pause writing.
        """
        with self._lock:
            if time.monotonic() < self._write_again:
                raise StoreError("store_failed", problem=self._problem)
            try:
                make_private(self.path.parent.parent, self.path.parent)
                seconds = BUSY_SECONDS if wait else MOMENT_SECONDS
                with closing(connect(self.path, "rwc", seconds)) as connection:
                    prepare(connection, self.path.parent)
                    lock(connection, seconds)
                    return transact(connection, work)
            except (sqlite3.Error, OSError, OverflowError) as error:
                self._problem = str(error)[:200]
                if wait:
                    self._write_again = time.monotonic() + PAUSE_SECONDS
                raise StoreError("store_failed", problem=self._problem) from None

    def revision(self) -> str:
        """Changes with every commit of any process: the file change counter in the header (sqlite file format, 1.3).

        Raises StoreError.
        """
        try:
            with self.path.open("rb") as file:
                return file.read(28)[24:].hex()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._not_readable(error) from None


def connect(path: Path, mode: str, timeout: float | None = None) -> sqlite3.Connection:
    """A connection without implicit transactions. ``mode``: "ro", "rw" or "rwc"; ``timeout``: seconds for locks.

    Any thread may close it: the lock of an owner is taken in one thread and dropped in another.
    """
    name = path.absolute().as_posix()
    # An authority ("//server") is not allowed in sqlite's URIs, so network paths get two slashes more.
    uri = f"file:{'//' if name.startswith('//') else ''}{quote(name)}?mode={mode}"
    seconds = BUSY_SECONDS if timeout is None else timeout
    return sqlite3.Connection(uri, uri=True, timeout=seconds, isolation_level=None, check_same_thread=False)


def lock(connection: sqlite3.Connection, seconds: float) -> None:
    """Begin a transaction with the write lock, which is waited for at most so long."""
    connection.execute("PRAGMA busy_timeout=0")
    deadline = time.monotonic() + seconds
    while not connection.in_transaction:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_SECONDS)
    connection.execute(f"PRAGMA busy_timeout={round(1000 * seconds)}")


def transact(connection: sqlite3.Connection, work: Work[T]) -> T:
    """Run ``work`` in the transaction that has begun, and commit it."""
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:  # an open transaction would block every other process
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def prepare(connection: sqlite3.Connection, folder: Path) -> None:
    """Set the modes of a writing connection; create the table, or take over a store of an earlier version."""
    with suppress(sqlite3.OperationalError):  # a WAL database that an earlier version has open stays one until later
        connection.execute("PRAGMA journal_mode=TRUNCATE")
    connection.execute("PRAGMA synchronous=FULL")
    if not is_current(connection):
        connection.execute("BEGIN IMMEDIATE")
        transact(connection, partial(upgrade, folder=folder))


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the table is there, and nothing is left to be taken over."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] >= VERSION) and not has_rows(connection)


def upgrade(connection: sqlite3.Connection, folder: Path) -> None:
    present = {row[1] for row in connection.execute("PRAGMA table_info(calls)")}
    for name, kind in ADDED.items():
        if present and name not in present:
            connection.execute(f"ALTER TABLE calls ADD COLUMN {name} {kind}")
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    take_over(connection, folder)
    connection.execute(f"PRAGMA user_version={VERSION}")
