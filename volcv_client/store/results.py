"""The result store: every answer that was charged, on disk before it is handed out.

``results/index.db`` (sqlite, WAL) beside ``results/files/``. A row is written after its files are complete, so a
process that dies in between leaves at most orphaned files. A store that fails costs a note, never a picture.
``results/thumbnails/`` holds small pictures that can be rendered again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from ..errors import StoreError
from ..images.thumbnail import thumbnail_of
from . import ledger, tasks
from .files import delete_orphans, store_file, undo_store
from .result import Result, ResultFile

log = logging.getLogger(__name__)
T = TypeVar("T")

DEFAULT_LIMIT_BYTES = 2 * 2**30
BUSY_SECONDS = 5.0
PAGE = 64
USED_NOW = "MAX(?, (SELECT COALESCE(MAX(used), 0) FROM results))"
"""LRU time, monotonic even if the clock was set back: the last used result must not be evicted first."""
COUNT_EVERY = 32
"""Saves between two sums over all rows, which see what other processes store and delete."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL, reusable INTEGER NOT NULL, request_id TEXT NOT NULL, req_key TEXT NOT NULL,
    seed INTEGER, created REAL NOT NULL, used REAL NOT NULL, bytes INTEGER NOT NULL, record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_fingerprint ON results (fingerprint, reusable);
CREATE INDEX IF NOT EXISTS by_request_id ON results (request_id);
CREATE INDEX IF NOT EXISTS by_use ON results (used, bytes);
"""


RECORDED = ("seconds", "cost", "texts", "image_urls", "request")


class ResultStore:
    """The store in one folder. Safe for several threads and several processes."""

    def __init__(self, folder: Path, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._files = folder / "files"
        self._thumbnails = folder / "thumbnails"
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._swept = False
        self._bytes = 0  # total size as this process knows it; summed again every COUNT_EVERY saves
        self._saves_until_count = 0
        self.tasks = tasks.TaskTable(self._transact)

    def _open(self) -> sqlite3.Connection:
        for folder in (self.folder.parent, self.folder, self._files):  # mkdir's mode applies to the last folder only
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.Connection(
            self.folder / "index.db", timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} {ledger.SCHEMA} {tasks.SCHEMA} COMMIT")
        except BaseException:  # Windows cannot rename a folder with an open file
            connection.close()
            raise
        return connection

    def _set_aside(self) -> None:
        """Rename a store that sqlite cannot read, so that nothing of it is lost and a new one can begin."""
        self.close()
        stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:4]}"
        aside = self.folder.with_name(f"{self.folder.name}-unreadable-{stamp}")
        self.folder.rename(aside)
        log.warning("volcv: the result store could not be read; it was set aside as %s", aside)

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` with the open database. A corrupt database is set aside once; raises StoreError otherwise."""
        with self._lock:
            for last in (False, True):
                try:
                    if self._connection is None:
                        self._connection = self._open()
                    return work(self._connection)
                except (sqlite3.Error, OSError, OverflowError) as error:
                    corrupt = isinstance(error, sqlite3.DatabaseError) and not isinstance(
                        error, (sqlite3.OperationalError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
                    )
                    if last or not corrupt:
                        raise StoreError("store_failed", problem=str(error)[:200]) from None
                    try:
                        self._set_aside()
                    except OSError as problem:
                        raise StoreError("store_failed", problem=str(problem)[:200]) from None
        raise AssertionError("unreachable")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def save(self, result: Result) -> Result:
        """Store a result with its files; returns it with their paths. StoreError if it could not be stored."""

        def write(connection: sqlite3.Connection) -> Result:
            size = sum(file.size for file in result.files)
            stored: list[ResultFile] = []
            try:
                for file in result.files:
                    stored.append(store_file(file, self._files))
                row_id = self._insert(connection, result, stored, size)
            except BaseException:  # whatever failed, a video must not stay under a name that no row has
                for file, written in zip(result.files, stored, strict=False):
                    with suppress(OSError):
                        undo_store(file, written)
                raise
            self._bytes += size
            with suppress(sqlite3.Error):  # the result is stored; the next save evicts
                self._evict(connection, row_id)
            return replace(result, id=row_id, files=tuple(stored))

        saved = self._transact(write)
        if not self._swept:
            self._swept = True
            threading.Thread(target=self._sweep_quietly, name="volcv-sweep", daemon=True).start()
        return saved

    @staticmethod
    def _insert(connection: sqlite3.Connection, result: Result, files: Sequence[ResultFile], size: int) -> int:
        """Returns the id of the new row."""
        names = [file.path.name for file in files if file.path]
        record = {name: getattr(result, name) for name in RECORDED} | {"files": names}
        connection.execute("BEGIN IMMEDIATE")
        try:
            # A result with its files replaces the row that had only the links.
            connection.execute(
                "DELETE FROM results WHERE fingerprint = ? AND request_id = ? AND bytes = 0",
                (result.fingerprint, result.request_id),
            )
            inserted = connection.execute(
                "INSERT INTO results"
                " (fingerprint, reusable, request_id, req_key, seed, created, used, bytes, record)"
                f" VALUES (?, ?, ?, ?, ?, ?, {USED_NOW}, ?, ?)",
                (
                    *(result.fingerprint, result.reusable, result.request_id, result.req_key, result.seed),
                    *(result.created, time.time(), size, json.dumps(record, default=dict)),
                ),
            )
            ledger.record_call(connection, result)
            connection.execute("COMMIT")
        except BaseException:  # an open transaction would block every other process
            connection.execute("ROLLBACK")
            raise
        return inserted.lastrowid or 0

    def find(self, fingerprint: str) -> Result | None:
        """The newest reusable result with that fingerprint, or None. Updates its LRU time."""

        def look(connection: sqlite3.Connection) -> Result | None:
            rows = connection.execute(
                f"{SELECT} WHERE fingerprint = ? AND reusable = 1 ORDER BY id DESC", (fingerprint,)
            ).fetchall()
            for row in rows:
                result = self._result(row)
                if all(file.path and file.path.is_file() for file in result.files):
                    connection.execute(f"UPDATE results SET used = {USED_NOW} WHERE id = ?", (time.time(), row[0]))
                    return result
                connection.execute("DELETE FROM results WHERE id = ?", (row[0],))
            return None

        return self._transact(look)

    def newest(self, count: int, offset: int = 0) -> list[Result]:
        """The newest results that have pictures, newest first."""
        return self._select("WHERE bytes > 0 ORDER BY id DESC LIMIT ? OFFSET ?", (count, offset))

    def by_request_id(self, request_id: str) -> Result | None:
        """The stored result of that request id, or None."""
        return next(iter(self._select("WHERE request_id = ? ORDER BY id DESC LIMIT 1", (request_id,))), None)

    def recall(
        self, request_id: str, newest: int = 1, wanted: Callable[[Result], bool] = lambda result: True
    ) -> list[Result]:
        """The result of that request id; for an empty id the newest ``wanted`` ones. Raises StoreError if none."""
        if request_id:
            found = [result for result in [self.by_request_id(request_id)] if result and result.files]
        else:
            found = list(islice(filter(wanted, self._newest_first()), newest))
        if not found:
            raise StoreError("not_stored" if request_id else "store_empty", request=request_id)
        return found

    def _newest_first(self) -> Iterator[Result]:
        """Every result that has files, read a page at a time."""
        read = 0
        while page := self.newest(PAGE, read):
            yield from page
            read += len(page)

    def by_id(self, number: int) -> Result | None:
        """The stored result of that row, or None."""
        return next(iter(self._select("WHERE id = ?", (number,))), None)

    def listing(
        self, count: int, offset: int = 0, req_key: str = "", wanted: Callable[[Result], bool] | None = None
    ) -> tuple[list[Result], int]:
        """Some of the results that have pictures, newest first, and how many there are in all.

        Only those of one model if ``req_key`` is given, and only those that are ``wanted``.
        """
        where = "WHERE bytes > 0" + (" AND req_key = ?" if req_key else "")
        values = (req_key,) if req_key else ()
        if wanted is not None:
            found = [result for result in self._select(f"{where} ORDER BY id DESC", values) if wanted(result)]
            return found[offset : offset + count], len(found)
        total = self._transact(lambda c: c.execute(f"SELECT COUNT(*) FROM results {where}", values).fetchone()[0])
        return self._select(f"{where} ORDER BY id DESC LIMIT ? OFFSET ?", (*values, count, offset)), total

    def models(self) -> dict[str, int]:
        """req_key -> number of results that have pictures, most first."""
        query = "SELECT req_key, COUNT(*) FROM results WHERE bytes > 0 GROUP BY req_key ORDER BY COUNT(*) DESC, req_key"
        return dict(self._transact(lambda connection: connection.execute(query).fetchall()))

    def spending_since(self, since: float) -> list[ledger.Spending]:
        """Charged calls since that Unix time, whether their results are still stored or not."""
        return self._transact(lambda connection: ledger.spending_since(connection, since))

    def record_reuse(self, result: Result) -> None:
        """Count a request that a stored result answered for free."""
        self._transact(lambda connection: ledger.record_reuse(connection, result))

    def revision(self) -> str:
        """Changes whenever this or another process has written to the store."""
        query = "PRAGMA data_version"
        return self._transact(lambda c: f"{c.execute(query).fetchone()[0]}.{c.total_changes}")

    def thumbnail(self, result: Result, position: int) -> Path:
        """File of the small JPEG of one picture. StoreError if it cannot be made; IndexError if there is none."""
        file = result.files[position].path
        if file is None:
            raise StoreError("no_result")
        return thumbnail_of(file, self._thumbnails)

    def _select(self, where: str, values: tuple[object, ...]) -> list[Result]:
        query = f"{SELECT} {where}"
        return [
            self._result(row) for row in self._transact(lambda connection: connection.execute(query, values).fetchall())
        ]

    def delete(self, request_id: str) -> int:
        """Delete a result and its files; returns how many."""
        return self._delete("WHERE request_id = ?", (request_id,))

    def delete_id(self, number: int) -> int:
        """Delete the result of that row and its files; returns how many."""
        return self._delete("WHERE id = ?", (number,))

    def clear(self) -> int:
        """Delete all results; returns how many."""
        return self._delete("", ())

    def _delete(self, where: str, values: tuple[object, ...]) -> int:
        def work(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(f"DELETE FROM results {where} RETURNING record", values).fetchall()

        rows = self._transact(work)
        for (record,) in rows:
            self._unlink(json.loads(record)["files"])
        return len(rows)

    def usage(self) -> tuple[int, int]:
        """Number of results, and bytes of their pictures."""
        row = self._transact(lambda c: c.execute("SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM results").fetchone())
        return int(row[0]), int(row[1])

    def _evict(self, connection: sqlite3.Connection, newest: int) -> None:
        """Evict the least recently used results (LRU) until the rest fits the limit, but never the newest."""
        if self._saves_until_count == 0 or self._bytes > self.limit_bytes:
            self._bytes = connection.execute("SELECT COALESCE(SUM(bytes), 0) FROM results").fetchone()[0]
            self._saves_until_count = COUNT_EVERY
        self._saves_until_count -= 1
        excess = self._bytes - self.limit_bytes
        while excess > 0:
            row = connection.execute(
                "DELETE FROM results WHERE id = (SELECT id FROM results WHERE id != ? ORDER BY used, id LIMIT 1)"
                " RETURNING bytes, record",
                (newest,),
            ).fetchone()
            if row is None:
                return
            excess -= row[0]
            self._bytes -= row[0]
            self._unlink(json.loads(row[1])["files"])

    def sweep(self) -> int:
        """Delete orphaned files and unfinished downloads that are older than an hour; returns how many."""
        rows = self._transact(lambda connection: connection.execute("SELECT record FROM results").fetchall())
        named = {Path(name).stem for (record,) in rows for name in json.loads(record)["files"]}
        pictures = sum(delete_orphans(folder, named) for folder in (self._files, self._thumbnails))
        return pictures + delete_orphans(self.folder, pattern="*.part")

    def _sweep_quietly(self) -> None:
        """Sweep in a thread, once per process after the first save: neither start nor picture waits for it."""
        try:
            self.sweep()
        except (StoreError, OSError) as error:
            log.debug("volcv: leftover picture files not deleted: %s", error)

    def _unlink(self, names: Sequence[str]) -> None:
        for name in names:
            try:
                (self._files / name).unlink(missing_ok=True)
                (self._thumbnails / name).with_suffix(".jpg").unlink(missing_ok=True)
            except OSError as error:  # open elsewhere on Windows: sweep() gets it later
                log.debug("volcv: %s not deleted: %s", name, error)

    def _result(self, row: tuple[Any, ...]) -> Result:
        row_id, fingerprint, reusable, request_id, req_key, seed, created, record, charged, reuses = row
        loaded = json.loads(record)
        return Result(
            request_id=request_id,
            req_key=req_key,
            fingerprint=fingerprint,
            reusable=bool(reusable),
            seed=seed,
            created=created,
            files=tuple(ResultFile(self._files / name) for name in loaded["files"]),
            charged=bool(charged),
            reuses=reuses,
            id=row_id,
            **{name: loaded[name] for name in RECORDED},
        )


SELECT = """
SELECT id, fingerprint, reusable, request_id, req_key, seed, created, record, COALESCE(charged, 1), COALESCE(reuses, 0)
FROM results LEFT JOIN charges USING (created, request_id, fingerprint)
"""
