"""The journal's record of a call, from before its request leaves until its result is on the disk.

::

    sending --> sent -------------------> answered --> complete
       |         |                           ^
       |         +--> submitted (a task) ----+
       |         |       |
       |         |       +--> failed          the service says so, or no longer knows it
       |         +--> unknown                 no answer arrived: it may have been charged
       +--> (no row)                          the service did no work

    any of them --> deleted                   by the user or the size limit; its charge stays counted

``sending``: the request is prepared, but not all of it has left. ``sent``: it has, or is about to. ``answered``: the
service's answer is on the disk, as it arrived; it is decoded or downloaded next, and again whenever that failed.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..answer.json_values import text_of
from ..errors import Charged
from ..money import CallPrice
from .result import Result, ResultFile, search_text


class State(str, Enum):
    """See the module's head."""

    SENDING = "sending"
    SENT = "sent"
    SUBMITTED = "submitted"
    ANSWERED = "answered"
    COMPLETE = "complete"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DELETED = "deleted"


AT_SERVICE = (State.SENDING, State.SENT, State.SUBMITTED)
"""States in which a call counts against ``max_concurrency`` while it has an owner."""

OPEN = (*AT_SERVICE, State.ANSWERED, State.UNKNOWN)
"""States of calls that are not settled: shown to the user until they are."""

SHORT_UID = 12

INLINE, LINKS = "inline", "links"
"""Forms in which the pictures of a request are sent."""


@dataclass(frozen=True)
class Entry:
    """A call in the journal.

    ``result``: its request and, as far as they are known, the facts of its answer. ``identity`` names the service,
    ``credential`` is a hash that tells accounts apart. ``owner``: the process that attends to it, empty if none does.
    ``charged``: whether the call was charged, as far as is known. ``result_action`` and ``req_json``: action and
    ``req_json`` of each poll of the task ``task_id``; ``service_time``: Unix time of its submission by the service's
    clock. ``status`` and ``headers`` of the answer, whose body is the file ``<uid>.answer``. ``problem``: key of the
    error that ended it, or that keeps its answer from being used. ``form`` of its pictures, :data:`INLINE` or
    :data:`LINKS`; empty if the model takes one form only.
    """

    result: Result
    state: State = State.SENDING
    identity: str = ""
    credential: str = ""
    owner: str = ""
    charged: Charged = Charged.MAYBE
    task_id: str = ""
    result_action: str = ""
    req_json: str = ""
    service_time: float | None = None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    form: str = ""
    uid: str = field(default_factory=lambda: uuid4().hex)

    @property
    def name(self) -> str:
        """What the user calls it by: the request id, the task id, or else the start of its uid."""
        return self.result.request_id or self.task_id or self.uid[:SHORT_UID]

    @property
    def age(self) -> float:
        """Seconds since it was begun, by the local clock."""
        return time.time() - self.result.created

    def poll(self) -> dict[str, Any]:
        """The body of a request for the task's result."""
        asked = {"req_key": self.result.req_key, "task_id": self.task_id}
        return {**asked, "req_json": self.req_json} if self.req_json else asked


RESULT_FIELDS = ("favourite", "seconds", "texts", "image_urls", "request", "node", "inputs")
FAVOURITE = """record LIKE '{"favourite": true%'"""
"""SQL condition: the record begins with the flag, so that nothing of a request is taken for it."""

ENTRY_FIELDS = ("identity", "result_action", "req_json", "service_time", "status", "headers", "problem", "form")
COLUMNS = (
    "id, uid, state, owner, fingerprint, reusable, credential, req_key, request_id, task_id, seed, created, charged,"
    " cost, record, reuses"
)
WRITTEN = (
    *("uid", "state", "owner", "fingerprint", "reusable", "credential", "req_key", "request_id", "task_id", "seed"),
    *("created", "charged", "cost", "amount", "currency", "bytes", "search", "record"),
)
UPSERT = f"""
INSERT INTO calls ({", ".join(WRITTEN)}) VALUES ({", ".join(f":{name}" for name in WRITTEN)})
ON CONFLICT (uid) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in WRITTEN[1:])} RETURNING id
"""


def put(connection: sqlite3.Connection, entry: Entry, size: int) -> Entry:
    """Insert or update the entry's row; ``size``: bytes of its files. Returns it with the id of its row."""
    result = entry.result
    record = {name: getattr(result, name) for name in RESULT_FIELDS}
    record |= {name: getattr(entry, name) for name in ENTRY_FIELDS}
    record |= {"price": asdict(result.price)} if result.price else {}
    record["files"] = [file.path.name for file in result.files if file.path]
    columns = {name: getattr(result, name) for name in ("fingerprint", "reusable", "req_key", "request_id", "seed")}
    columns |= {name: getattr(entry, name) for name in ("uid", "owner", "credential", "task_id")}
    columns |= {
        "state": entry.state.value,
        "charged": entry.charged.value,
        "created": result.created,
        "cost": result.cost,
        "amount": result.amount,
        "currency": result.currency,
        "bytes": size,
        "search": search_text(result.request, result.req_key, entry.name, result.seed),
        "record": json.dumps(record, default=dict),
    }
    storable = {name: text_of(value) if isinstance(value, str) else value for name, value in columns.items()}
    (row_id,) = connection.execute(UPSERT, storable).fetchone()
    return replace(entry, result=replace(result, id=row_id))


def entry_of(row: tuple[Any, ...], files: Path) -> Entry:
    """The entry of a row with :data:`COLUMNS`; ``files``: folder of its files."""
    (row_id, uid, state, owner, fingerprint, reusable, credential, *facts, record, reuses) = row
    req_key, request_id, task_id, seed, created, charged, cost = facts
    loaded = json.loads(record)
    result = Result(
        request_id=request_id,
        req_key=req_key,
        fingerprint=fingerprint,
        reusable=bool(reusable),
        seed=seed,
        cost=cost,
        created=created,
        charged=charged == Charged.YES.value,
        reuses=reuses,
        id=row_id,
        files=tuple(ResultFile(files / name) for name in loaded.get("files", ())),
        seconds=loaded.get("seconds"),
        texts=loaded.get("texts", {}),
        image_urls=loaded.get("image_urls", ()),
        request=loaded.get("request", {}),
        price=CallPrice(**loaded["price"]) if "price" in loaded else None,
        node=loaded.get("node", ""),
        inputs=loaded.get("inputs", {}),
        favourite=bool(loaded.get("favourite")),
    )
    return Entry(
        result,
        State(state),
        owner=owner,
        credential=credential,
        charged=Charged(charged),
        task_id=task_id,
        uid=uid,
        **{name: loaded[name] for name in ENTRY_FIELDS if name in loaded},
    )
