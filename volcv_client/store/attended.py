"""An entry of the journal while a call attends to it."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Any

from ..answer.raw import REQUEST_ID_HEADERS, RawAnswer
from ..errors import Charged
from .entry import Entry, State
from .journal import Journal
from .result import Result


class Attended:
    """Moves an entry on, step by step. A context manager: leaves it at the end, whatever happened.

    ``entry`` is the entry as it stands; ``dropped``: the service did no work, so that it may be sent again.
    """

    def __init__(self, journal: Journal, entry: Entry) -> None:
        self.journal = journal
        self.entry = entry
        self.dropped = False

    def __enter__(self) -> Attended:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Attend to the entry no longer."""
        if not self.dropped:
            self.journal.leave(self.entry)

    def move(self, answer: bytes | None = None, **changes: Any) -> None:
        self.entry = self.journal.move(self.entry, answer, **changes)

    def sent(self) -> None:
        """The last byte of the request is about to leave."""
        self.move(state=State.SENT)

    def submitted(self, task_id: str, service_time: float | None) -> None:
        """The service accepted the request as a task."""
        self.move(state=State.SUBMITTED, charged=self._paid, task_id=task_id, service_time=service_time)

    def answered(self, raw: RawAnswer, seconds: float) -> None:
        """The answer arrived: its body is written before anything else is done with it."""
        self.move(
            raw.content,
            state=State.ANSWERED,
            charged=self._paid,
            status=raw.status,
            headers={name: raw.headers[name] for name in REQUEST_ID_HEADERS if raw.headers.get(name)},
            result=replace(self.entry.result, seconds=seconds, charged=self._paid is Charged.YES),
        )

    @property
    def _paid(self) -> Charged:
        """The service accepted the request; the sandbox charges nothing."""
        return Charged.NO if self.entry.charged is Charged.NO else Charged.YES

    def read(self, result: Result, problem: str = "") -> None:
        """The answer was read, as far as that was possible; without a problem its result is complete."""
        self.move(state=State.ANSWERED if problem else State.COMPLETE, result=result, problem=problem)

    def ended(self, state: State, problem: str) -> None:
        """Nothing more will come of the call."""
        self.move(state=state, problem=problem)

    def drop(self) -> None:
        """The service did no work."""
        self.dropped = True
        self.journal.drop(self.entry)
