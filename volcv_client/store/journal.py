"""The journal: one row per call, written before its request leaves. See :mod:`.entry` for the states.

What was paid for is recorded before anything else is done with it. Not being able to look is an error, never "it is
not there". What cannot be written is kept in memory, found there by equal requests, and written later.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from ..answer.envelope import RawAnswer
from ..errors import Charged, StoreError, without_frames
from .database import Database
from .entry import AT_SERVICE, COLUMNS, OPEN, Entry, State, entry_of, put
from .files import StoreFiles
from .owners import Owner
from .space import evict, mark_used
from .spending import Limit, check_limits

MEMORY_BYTES = 2**30
"""Most bytes of results kept in memory while they cannot be written; beyond it the oldest are given up."""

UNSAVED = "unsaved"
"""What the owner holds while results wait in memory, so that its thread tries to write them."""


class Hindrance(Enum):
    """Why a call cannot begin now."""

    TWIN = "an equal request is under way, or has been answered"
    SLOTS = "other processes use the credential's allowance"


@dataclass(frozen=True)
class Allowance:
    """What a call needs to begin. ``slots``: calls of all processes that may be at the service for its credential."""

    slots: int
    limits: Sequence[Limit] = ()


class Journal:
    """The journal in one folder. Safe for several threads and several processes."""

    def __init__(self, database: Database, files: StoreFiles) -> None:
        self._database = database
        self._files = files
        self._lock = threading.Lock()  # held for looks at the two dictionaries only
        self._writing = threading.RLock()
        self._unsaved: dict[str, tuple[Entry, StoreError]] = {}
        self._answers: dict[str, bytes] = {}  # bodies that could not be written
        self.limit_bytes = 2 * 2**30
        self.owner = Owner(files.folder / "owners", self.flush)

    # Looking

    def select(self, where: str, *values: object) -> list[Entry]:
        """Entries on the disk. Raises StoreError if the journal cannot be read."""
        query = f"SELECT {COLUMNS} FROM calls {where}"
        rows = self._database.read(lambda connection: connection.execute(query, values).fetchall())
        return [entry_of(row, self._files.results) for row in rows]

    def of(self, fingerprint: str) -> list[Entry]:
        """Entries of a request, newest first. Raises StoreError if the journal cannot be read."""
        unsaved = self._in_memory(fingerprint)
        try:
            stored = self.select("WHERE fingerprint = ? AND state != 'deleted' ORDER BY id DESC", fingerprint)
        except StoreError:
            if any(one.state in (State.ANSWERED, State.COMPLETE) for one in unsaved):
                return unsaved[::-1]
            raise
        uids = {one.uid for one in unsaved}
        return unsaved[::-1] + [one for one in stored if one.uid not in uids]

    def _in_memory(self, fingerprint: str) -> list[Entry]:
        with self._lock:
            return [one for one, _ in self._unsaved.values() if one.result.fingerprint == fingerprint]

    def earlier(self, fingerprint: str, *, reuse: bool) -> Entry | None:
        """What an equal request can go on from, or None.

        With ``reuse`` an answer, else a call under way. Without it, a task that nobody attends to: its result was
        paid for and never handed out. Raises StoreError if the journal cannot be read.
        """
        entries = self.of(fingerprint)
        tasks = [one for one in entries if one.state is State.SUBMITTED and not self.is_attended(one)]
        if not reuse:
            return tasks[-1] if tasks else None
        answered = [one for one in entries if one.state in (State.ANSWERED, State.COMPLETE)]
        under_way = [one for one in entries if one.state in AT_SERVICE and self.is_attended(one)]
        return next(iter([*answered, *tasks, *under_way]), None)

    def unanswered(self, fingerprint: str) -> Entry | None:
        """The newest call of that request that may have been charged without an answer. Raises StoreError."""
        lost = (one for one in self.of(fingerprint) if one.state in (State.UNKNOWN, State.SENT))
        # A process can die between writing an answer and saying so.
        return next((one for one in lost if not self.is_attended(one) and not self.answer_file(one).exists()), None)

    def is_attended(self, entry: Entry) -> bool:
        """Whether a call of this process, or a process that is alive, attends to it."""
        if entry.owner == self.owner.name:
            return self.owner.holds(entry.uid)
        return bool(entry.owner) and self.owner.is_alive(entry.owner)

    def by_uid(self, uid: str) -> Entry | None:
        with self._lock:
            if uid in self._unsaved:
                return self._unsaved[uid][0]
        return next(iter(self.select("WHERE uid = ?", uid)), None)

    def by_name(self, name: str) -> Entry | None:
        """The newest entry of that request id, task id or uid (also shortened). Raises StoreError."""
        with self._lock:
            unsaved = [one for one, _ in self._unsaved.values() if name in (one.name, one.task_id)]
        if unsaved or not name:
            return next(reversed(unsaved), None)
        query = "WHERE state != 'deleted' AND (request_id = ?1 OR task_id = ?1 OR uid = ?1 OR substr(uid, 1, 12) = ?1)"
        return next(iter(self.select(f"{query} ORDER BY id DESC LIMIT 1", name)), None)

    def open_entries(self, count: int) -> list[Entry]:
        """Calls that are not settled, newest first. Raises StoreError if the journal cannot be read."""
        states = ", ".join(f"'{state.value}'" for state in OPEN)
        query = f"WHERE state IN ({states}) ORDER BY id DESC LIMIT ?"
        found = self.select(query, count)
        if not any(one.state in (State.SENDING, State.SENT) and not self.is_attended(one) for one in found):
            return found
        with suppress(StoreError):  # calls of processes that died are shown as under way until the next write
            self._database.write(self._settle, wait=False)
        return self.select(query, count)

    def form_of(self, credential: str, req_key: str) -> str:
        """The form of the pictures in the newest request that was answered; empty if there is none.

        Raises StoreError if the journal cannot be read.
        """
        query = """WHERE credential = ? AND req_key = ? AND state IN ('answered', 'complete')
            AND (record LIKE '%"form": "inline"%' OR record LIKE '%"form": "links"%') ORDER BY id DESC LIMIT 1"""
        return next((entry.form for entry in self.select(query, credential, req_key)), "")

    def raw_answer(self, entry: Entry) -> RawAnswer | None:
        """The answer as it arrived; None if only its links are known. Raises StoreError if it cannot be read."""
        try:
            content = self._answers.get(entry.uid) or self._files.answer(entry.uid).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError("store_unreadable", problem=error.strerror or "") from None
        return RawAnswer(entry.status, entry.headers, content)

    def answer_file(self, entry: Entry) -> Path:
        """Where the body of an entry's answer is until its result is complete."""
        return self._files.answer(entry.uid)

    # Moving on

    def begin(self, entry: Entry, allowance: Allowance, *, reuse: bool) -> Entry | Hindrance:
        """Record a call before its request leaves, as this process's. Raises BudgetError if a limit is reached."""
        entry = replace(entry, owner=self.owner.name)

        def work(connection: sqlite3.Connection) -> Entry | Hindrance:
            self._settle(connection)
            states = [state.value for state in (*AT_SERVICE, State.ANSWERED, State.COMPLETE)]
            twins = f"SELECT 1 FROM calls WHERE fingerprint = ? AND state IN ({marks(states)})"
            if reuse and connection.execute(twins, (entry.result.fingerprint, *states)).fetchone():
                return Hindrance.TWIN
            if self._at_service(connection, entry.credential) >= allowance.slots:
                return Hindrance.SLOTS
            if entry.charged is not Charged.NO:
                check_limits(connection, allowance.limits, entry.result.price)
            return put(connection, entry, 0)

        self.owner.hold(entry.uid)
        with self._writing:
            try:
                twin = reuse and self._in_memory(entry.result.fingerprint)
                begun = Hindrance.TWIN if twin else self._database.write(work)
            except StoreError as error:
                self._keep(entry, without_frames(error))
                return entry
            except BaseException:  # such as BudgetError: the call does not begin
                self.owner.release(entry.uid)
                raise
        if isinstance(begun, Hindrance):
            self.owner.release(entry.uid)
        else:
            self.flush()
        return begun

    def _settle(self, connection: sqlite3.Connection) -> None:
        """Move on the calls of processes that died: what did not leave whole is dropped, what did is unknown."""
        query = "SELECT uid, state, owner FROM calls WHERE state IN ('sending', 'sent')"
        rows = connection.execute(query).fetchall()
        others = {owner for _, _, owner in rows} - {self.owner.name}
        alive = {owner for owner in others if self.owner.is_alive(owner)}
        for uid, state, owner in rows:
            if owner in alive or self.owner.holds(uid) or uid in self._unsaved:
                continue
            if state == State.SENDING.value:
                connection.execute("DELETE FROM calls WHERE uid = ?", (uid,))
            elif self._files.answer(uid).exists():  # it died between writing the answer and saying so
                change = "state = 'answered', charged = replace(charged, 'maybe', 'yes')"
                connection.execute(f"UPDATE calls SET {change}, owner = '' WHERE uid = ?", (uid,))
            else:
                connection.execute("UPDATE calls SET state = 'unknown', owner = '' WHERE uid = ?", (uid,))

    def _at_service(self, connection: sqlite3.Connection, credential: str) -> int:
        """Calls at the service for that credential, without those whose process died."""
        states = [state.value for state in AT_SERVICE]
        rows = connection.execute(
            f"SELECT owner, COUNT(*) FROM calls WHERE state IN ({marks(states)}) AND credential = ? AND owner != ''"
            " GROUP BY owner",
            (*states, credential),
        ).fetchall()
        return sum(count for owner, count in rows if self.owner.is_alive(owner))

    def move(self, entry: Entry, answer: bytes | None = None, **changes: Any) -> Entry:
        """Record a change of an entry; in memory if it cannot be written, see :meth:`problem_of`.

        ``answer``: body of its answer, which is written first.
        """
        entry = replace(entry, **changes)
        if entry.state not in (*AT_SERVICE, State.ANSWERED):
            entry = replace(entry, owner="")
        with self._writing:
            if answer is not None:
                self._answers[entry.uid] = answer
            try:
                problem = self.problem_of(entry)
                if problem is not None and entry.state in AT_SERVICE:
                    raise problem  # a request on its way does not wait for the disk again
                return self._save(entry)
            except StoreError as error:
                self._keep(entry, without_frames(error))
                return entry

    def _save(self, entry: Entry) -> Entry:
        """Write an entry with its files. Raises StoreError."""
        given = entry.result.files
        try:
            content = self._answers.get(entry.uid)
            if content is not None and entry.state is State.ANSWERED:
                self._files.write_answer(entry.uid, content)
            stored = self._files.store(given)
            size = sum(file.size for file in stored)
            size += self._files.answer_size(entry.uid) if entry.state is State.ANSWERED else 0
        except OSError as error:
            raise StoreError("store_failed", problem=error.strerror or str(error)) from None
        entry = replace(entry, result=replace(entry.result, files=stored))
        complete, evicted = entry.state is State.COMPLETE, list[str]()

        def work(connection: sqlite3.Connection) -> Entry:
            saved = put(connection, entry, size)
            if complete:
                mark_used(connection, entry.uid)
                evicted.extend(evict(connection, self.limit_bytes, saved.result.id))
            return saved

        try:
            saved = self._database.write(work)
        except BaseException:  # a video must not stay under a name that no row has
            self._files.undo(given, stored)
            raise
        self._files.delete(evicted)
        self._forget_memory(entry.uid)
        if entry.state is not State.ANSWERED:
            with suppress(OSError):  # the next sweep deletes it
                self._files.answer(entry.uid).unlink(missing_ok=True)
        return saved

    def _forget_memory(self, uid: str) -> None:
        with self._lock:
            self._answers.pop(uid, None)
            if self._unsaved.pop(uid, None) and not self._unsaved:
                self.owner.release(UNSAVED)

    def _keep(self, entry: Entry, error: StoreError) -> None:
        """Keep what could not be written, within :data:`MEMORY_BYTES`."""
        with self._lock:
            self._unsaved[entry.uid] = entry, error
            if entry.state is State.COMPLETE:
                self._answers.pop(entry.uid, None)
            sizes = {uid: self._memory(one) for uid, (one, _) in self._unsaved.items()}
        self.owner.hold(UNSAVED)
        for uid, size in sizes.items():
            if sum(sizes.values()) <= MEMORY_BYTES or uid == entry.uid:
                break
            if size:
                self._forget_memory(uid)
                sizes[uid] = 0

    def _memory(self, entry: Entry) -> int:
        return len(self._answers.get(entry.uid, b"")) + sum(len(file.data or b"") for file in entry.result.files)

    def flush(self) -> None:
        """Try to write what waits in memory."""
        with self._writing:
            for entry, _ in list(self._unsaved.values()):
                with suppress(StoreError):
                    self._save(entry)

    def problem_of(self, entry: Entry) -> StoreError | None:
        """Why the entry is in memory only; None if it is on the disk."""
        with self._lock:
            return self._unsaved[entry.uid][1] if entry.uid in self._unsaved else None

    def take(self, entry: Entry) -> Entry | None:
        """Attend to an entry that nobody attends to; None if somebody does meanwhile."""
        taken = replace(entry, owner=self.owner.name)

        def work(connection: sqlite3.Connection) -> bool:
            query = "UPDATE calls SET owner = ? WHERE uid = ? AND owner = ? AND state = ?"
            values = (taken.owner, entry.uid, entry.owner, entry.state.value)
            return connection.execute(query, values).rowcount == 1

        with self._writing:
            if self.owner.holds(entry.uid):
                return None
            with suppress(StoreError):  # a store that is only readable: its results can be handed out all the same
                if entry.uid not in self._unsaved and not self._database.write(work):
                    return None
            self.owner.hold(entry.uid)
        return taken

    def leave(self, entry: Entry) -> None:
        """Attend to an entry no longer; what is still to come of it can be taken."""
        if entry.state in (State.SUBMITTED, State.ANSWERED) and entry.owner:
            self.move(entry, owner="")
        self.owner.release(entry.uid)

    def drop(self, entry: Entry) -> None:
        """Forget a call for which the service did no work."""
        with self._writing:
            self._forget_memory(entry.uid)
            with suppress(StoreError):  # the row says "sending", or is settled when this process has ended
                self._database.write(lambda c: c.execute("DELETE FROM calls WHERE uid = ?", (entry.uid,)))
            with suppress(OSError):
                self._files.answer(entry.uid).unlink(missing_ok=True)
        self.owner.release(entry.uid)

    def record_reuse(self, entry: Entry) -> None:
        """Count a request that a result answered for free, and note that it was used, unless others keep the lock."""
        query = "UPDATE calls SET reuses = reuses + 1 WHERE uid = ?"

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(query, (entry.uid,))
            mark_used(connection, entry.uid)

        with suppress(StoreError):
            self._database.write(work, wait=False)


def marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
