"""Stored results, as calls leave them in the journal.

Tests of the nodes import the client as a part of the pack; the classes are those of the store that is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from volcv_client.store.attended import Attended
    from volcv_client.store.result import Result
    from volcv_client.store.results import ResultStore


def result_fields(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Keyword arguments of a reusable ``Result`` without files."""
    return {
        "request_id": f"20261121{number:08d}",
        "req_key": "high_aes_general_v14",
        "fingerprint": f"print-{number}",
        "reusable": True,
        "seed": number,
        "seconds": 1.25,
        "cost": None,
        "texts": {"rephraser_result": "\u72d7"},
        "image_urls": (),
        "request": {"prompt": "a red fox", "seed": number},
        **changes,
    }


def module_beside(store: ResultStore, name: str) -> Any:
    """The client's module of that name, from the same import as the store's class."""
    return import_module(type(store).__module__.replace("store.results", name))


def begin(store: ResultStore, result: Result, **fields: Any) -> Attended:
    """The entry of a new call of that request, which is about to be sent; ``fields`` of ``Entry``."""
    entries, allowance = module_beside(store, "store.entry"), module_beside(store, "store.journal").Allowance(slots=99)
    charged = entries.Charged.MAYBE if result.charged else entries.Charged.NO
    unanswered = replace(result, request_id="", seconds=None, cost=None, texts={}, image_urls=(), files=())
    entry = store.journal.begin(entries.Entry(unanswered, **{"charged": charged, **fields}), allowance, reuse=False)
    attended: Attended = module_beside(store, "store.attended").Attended(store.journal, entry)
    return attended


def save(
    store: ResultStore,
    result: Result,
    files: Sequence[bytes | Path] = (),
    *,
    problem: str = "",
    answer: bytes = b"{}",
    **fields: Any,
) -> Result:
    """Store a result with these pictures (bytes) and videos (files), as the call that got it does.

    ``problem``: its answer is paid and kept, and is not complete. ``fields`` of ``Entry``. Returns the stored result.
    """
    file = module_beside(store, "store.result").ResultFile
    given = tuple(file(data=one) if isinstance(one, bytes) else file(one) for one in files)
    raw = module_beside(store, "answer.envelope").RawAnswer(200, {}, answer)
    with begin(store, result, **fields) as row:
        row.sent()
        row.answered(raw, 0.0)
        row.read(replace(result, files=given), problem)
    return row.entry.result


def submit(store: ResultStore, result: Result, task_id: str, service_time: float | None = None, **fields: Any) -> Any:
    """Store a task that was submitted and that nobody attends to; returns its entry."""
    with begin(store, result, **fields) as row:
        row.sent()
        row.submitted(task_id, service_time)
    return store.journal.by_uid(row.entry.uid)


def find(store: ResultStore, fingerprint: str) -> Result | None:
    """The result that an equal request of fixed seed is answered with."""
    entry = store.journal.earlier(fingerprint, reuse=True)
    return entry.result if entry else None
