"""The store of one state folder: the journal of calls, and views of it for users.

``results/index.db`` beside ``results/media/`` (pictures, videos, answers), ``results/thumbnails/`` (small pictures that
can be rendered again) and ``results/owners/`` (see :mod:`.owners`).
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..errors import StoreError
from ..images.thumbnail import thumbnail_of
from . import spending
from .database import Database
from .entry import FAVOURITE, Entry, State
from .files import StoreFiles
from .journal import Journal, marks
from .result import Result
from .shared_allowance import SharedAllowance
from .space import FORGET

log = logging.getLogger(__name__)

PAGE = 64
LISTED = "state IN ('complete', 'answered') AND (bytes > 0 OR state = 'answered')"
"""Results that are there, or that are paid and still to be fetched."""

HAVE_ANSWERS = (State.SENT.value, State.SUBMITTED.value, State.ANSWERED.value)
"""States in which the file of an answer is, or may be, all that there is of a result."""

Word = tuple[str, Sequence[str]]
"""A word to search for, and the req_keys of models whose names contain it."""


@dataclass(frozen=True)
class Filter:
    """Which results to list; the defaults leave nothing out.

    ``req_keys``: of these models; ``words``: each must be in the prompt, the req_key, the request id or the seed, or
    in a name of the model; ``charged``: only charged ones, or only the sandbox's; ``favourite``: only favourites;
    ``since`` and ``until``: Unix times.
    """

    req_keys: Sequence[str] = ()
    words: Sequence[Word] = ()
    charged: bool | None = None
    favourite: bool = False
    since: float = 0.0
    until: float = 0.0

    def where(self) -> tuple[str, list[object]]:
        """SQL condition and its values."""
        terms, values = [LISTED], list[object]()

        def add(term: str, *given: object) -> None:
            terms.append(term)
            values.extend(given)

        if self.req_keys:
            add(f"req_key IN ({marks(self.req_keys)})", *self.req_keys)
        if self.charged is not None:
            add(f"charged {'!=' if self.charged else '='} 'no'")
        if self.favourite:
            add(FAVOURITE)
        if self.since:
            add("created >= ?", self.since)
        if self.until:
            add("created < ?", self.until)
        for word, keys in self.words:
            named = f"req_key IN ({marks(keys)}) OR " if keys else ""  # first, because it is faster
            add(f"({named}instr(search, ?) > 0)", *keys, word.casefold())
        return " AND ".join(terms), values


EVERYTHING = Filter()


class ResultStore:
    """The store in one folder. Safe for several threads and several processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._database = Database(folder / "index.db")
        self._files = StoreFiles(folder)
        self.journal = Journal(self._database, self._files)
        self.shared_allowance = SharedAllowance(self._database)
        self._swept = False

    def close(self) -> None:
        """Write what waits in memory and let go of every call, as when the process ends."""
        self.journal.flush()
        self.journal.owner.close()

    @property
    def limit_bytes(self) -> int:
        """Most bytes of stored results; beyond it the least recently used are deleted."""
        return self.journal.limit_bytes

    @limit_bytes.setter
    def limit_bytes(self, limit: int) -> None:
        self.journal.limit_bytes = limit

    def newest(self, count: int, offset: int = 0) -> list[Result]:
        """The newest results that have pictures, newest first."""
        return [
            one.result for one in self._select("state = 'complete' ORDER BY id DESC LIMIT ? OFFSET ?", count, offset)
        ]

    def entry(self, number: int) -> Entry | None:
        """The call of that row, unless it was deleted."""
        return next(iter(self._select("state != 'deleted' AND id = ?", number)), None)

    def by_id(self, number: int) -> Result | None:
        """The stored result of that row, or None."""
        found = self.entry(number)
        return found.result if found and found.state in (State.COMPLETE, State.ANSWERED) else None

    def by_request_id(self, request_id: str) -> Result | None:
        """The stored result of that request id, or None."""
        found = self._select(f"request_id = ? AND {LISTED} ORDER BY id DESC LIMIT 1", request_id)
        return found[0].result if found else None

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

    def listing(self, count: int, offset: int = 0, wanted: Filter = EVERYTHING) -> tuple[list[Entry], int]:
        """Some of the results, newest first, and how many there are in all."""
        where, values = wanted.where()
        query = f"SELECT COUNT(*) FROM calls WHERE {where}"
        total = self._database.read(lambda connection: connection.execute(query, values).fetchone()[0])
        return self._select(f"{where} ORDER BY id DESC LIMIT ? OFFSET ?", *values, count, offset), total

    def _select(self, where: str, *values: object) -> list[Entry]:
        return self.journal.select(f"WHERE {where}", *values)

    def models(self) -> dict[str, int]:
        """req_key -> number of results, most first."""
        query = f"SELECT req_key, COUNT(*) FROM calls WHERE {LISTED} GROUP BY req_key ORDER BY 2 DESC, req_key"
        return dict(self._database.read(lambda connection: connection.execute(query).fetchall()))

    def spending_since(self, since: float) -> list[spending.Spending]:
        """Charged calls since that Unix time, whether their results are still stored or not."""
        return self._database.read(lambda connection: spending.spending_since(connection, since))

    def used(self, limit: spending.Limit) -> float:
        """What charged calls, and calls that may have been charged, have taken of a limit."""
        return self._database.read(limit.used)

    def charged_since(self, since: float) -> int:
        """Calls since that Unix time that were charged, or may be."""
        return self._database.read(lambda connection: spending.charged_since(connection, since))

    def revision(self) -> str:
        """Changes whenever this or another process has written to the store."""
        return self._database.revision()

    def thumbnail(self, result: Result, position: int) -> Path:
        """File of the small JPEG of one picture. StoreError if it cannot be made; IndexError if there is none."""
        file = result.files[position].path
        if file is None:
            raise StoreError("no_result")
        return thumbnail_of(file, self._files.thumbnails)

    def forget(self, name: str) -> int:
        """Delete the call of that request id, task id or uid with its files, whatever its state; returns how many.

        The same request is sent, and charged, again. What was charged stays counted.
        """
        entry = self.journal.by_name(name)
        if entry is None:
            return 0
        if self.journal.problem_of(entry):
            self.journal.drop(entry)
        return self._delete("uid = ?", entry.uid) or 1

    def delete_id(self, number: int) -> int:
        """Delete the call of that row and its files; returns how many."""
        return self._delete("id = ?", number)

    def clear(self) -> int:
        """Delete all results; returns how many. Tasks that are not done stay."""
        return self._delete("state NOT IN ('sending', 'sent', 'submitted')")

    def _delete(self, where: str, *values: object) -> int:
        where = f"state != 'deleted' AND {where}"

        def work(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
            rows = connection.execute(f"SELECT uid, state, record FROM calls WHERE {where}", values).fetchall()
            connection.execute(f"{FORGET} WHERE {where}", values)
            return rows

        rows = self._database.write(work)
        for uid, _, record in rows:
            self._files.delete([*json.loads(record).get("files", ()), self._files.answer(uid).name])
        return sum(state in ("complete", "answered") for _, state, _ in rows)

    def set_favourite(self, numbers: Sequence[int], favourite: bool) -> int:
        """Mark the results of these rows as favourites, which are never evicted, or no longer; returns how many."""

        def work(connection: sqlite3.Connection) -> int:
            query = f"SELECT id, record FROM calls WHERE state != 'deleted' AND id IN ({marks(numbers)})"
            rows = connection.execute(query, numbers).fetchall()
            for row_id, record in rows:
                marked = {"favourite": favourite, **without_flag(json.loads(record))}  # first, see entry.FAVOURITE
                connection.execute("UPDATE calls SET record = ? WHERE id = ?", (json.dumps(marked), row_id))
            return len(rows)

        return self._database.write(work)

    def usage(self) -> tuple[int, int]:
        """Number of results, and bytes of their files."""
        query = f"SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM calls WHERE {LISTED}"
        count, size = self._database.read(lambda connection: connection.execute(query).fetchone())
        return int(count), int(size)

    def sweep(self) -> int:
        """Delete orphaned files and unfinished downloads that are older than an hour; returns how many."""
        query = "SELECT uid, state, record FROM calls WHERE state != 'deleted'"
        rows = self._database.read(lambda connection: connection.execute(query).fetchall())
        known = {uid for uid, state, _ in rows if state in HAVE_ANSWERS}
        known |= {Path(name).stem for _, _, record in rows for name in json.loads(record).get("files", ())}
        return self._files.sweep(known)

    def sweep_once(self) -> None:
        """Sweep in a thread, once per process: neither start nor picture waits for it."""
        if not self._swept:
            self._swept = True
            threading.Thread(target=self._sweep_quietly, name="volcv-sweep", daemon=True).start()

    def _sweep_quietly(self) -> None:
        with suppress(StoreError, OSError):  # leftover files; the next process tries again
            self.sweep()


def without_flag(record: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in record.items() if name != "favourite"}
