"""Submitted tasks: one row each, in the store's database.

A row is written before the first poll, so that a cancelled, crashed or restarted run resumes the task instead of
paying for another.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Do(Protocol):
    """Runs a function with the open database, see :meth:`ResultStore._transact`."""

    def __call__(self, work: Callable[[sqlite3.Connection], T]) -> T: ...


KEPT_SECONDS = 12 * 3600.0
"""Seconds that the service keeps a task's result (catalog section 2)."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS tasks (
    task_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, created REAL NOT NULL, request_id TEXT NOT NULL DEFAULT '',
    ended TEXT NOT NULL DEFAULT '', record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS tasks_by_fingerprint ON tasks (fingerprint, ended);
"""


@dataclass(frozen=True)
class Task:
    """One submitted task.

    ``identity`` names the service; ``req_json`` is the JSON text that goes into each poll; ``request`` the submitted
    body without pictures. ``ended``: empty while the task is open, else "done" (then ``request_id`` names the stored
    result) or the key of the error that ended it.
    """

    task_id: str
    fingerprint: str
    identity: str
    req_key: str
    result_action: str
    req_json: str
    seed: int | None
    random_seed: bool
    request: Mapping[str, Any]
    created: float = field(default_factory=time.time)
    request_id: str = ""
    ended: str = ""

    @property
    def open(self) -> bool:
        """Whether its result can still be fetched: it has not ended, and the service has not dropped it by age."""
        return not self.ended and time.time() - self.created < KEPT_SECONDS

    def query(self) -> dict[str, Any]:
        """The body of a poll."""
        asked = {"req_key": self.req_key, "task_id": self.task_id}
        return {**asked, "req_json": self.req_json} if self.req_json else asked


RECORDED = ("identity", "req_key", "result_action", "req_json", "seed", "random_seed", "request")


FORGOTTEN_SECONDS = 30 * 24 * 3600.0
"""Seconds that rows stay, so that a result can be recalled by its task id."""


class TaskTable:
    """The table of tasks. Every method raises StoreError, see :meth:`ResultStore._transact`."""

    def __init__(self, do: Do) -> None:
        self._do = do

    def record(self, task: Task) -> None:
        """Record a submitted task."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM tasks WHERE created < ?", (time.time() - FORGOTTEN_SECONDS,))
            connection.execute(
                "INSERT OR REPLACE INTO tasks (task_id, fingerprint, created, record) VALUES (?, ?, ?, ?)",
                (
                    task.task_id,
                    task.fingerprint,
                    task.created,
                    json.dumps({name: getattr(task, name) for name in RECORDED}, default=dict),
                ),
            )

        self._do(work)

    def end(self, task_id: str, ended: str, request_id: str = "") -> None:
        """Record that the task ended: "done", or the key of the error."""
        values = (ended, request_id, task_id)
        self._do(lambda c: c.execute("UPDATE tasks SET ended = ?, request_id = ? WHERE task_id = ?", values))

    def open_of(self, fingerprint: str) -> list[Task]:
        """Open tasks with that fingerprint, oldest first."""
        found = self._select("WHERE fingerprint = ? AND ended = '' ORDER BY created", (fingerprint,))
        return [task for task in found if task.open]

    def newest(self, count: int) -> list[Task]:
        """The newest tasks, ended or not, newest first."""
        return self._select("ORDER BY created DESC LIMIT ?", (count,))

    def by_id(self, task_id: str) -> Task | None:
        return next(iter(self._select("WHERE task_id = ?", (task_id,))), None)

    def _select(self, where: str, values: tuple[object, ...]) -> list[Task]:
        query = f"SELECT task_id, fingerprint, created, request_id, ended, record FROM tasks {where}"
        rows = self._do(lambda connection: connection.execute(query, values).fetchall())
        return [
            Task(task_id, fingerprint, created=created, request_id=request_id, ended=ended, **json.loads(text))
            for task_id, fingerprint, created, request_id, ended, text in rows
        ]
