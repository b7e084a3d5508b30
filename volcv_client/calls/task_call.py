"""A task call: a task is submitted once, recorded in the journal, then polled until it is done."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from ..answer.envelope import RawAnswer, has_result, parse_data, parse_for, task_status
from ..answer.raw import date_of
from ..errors import (
    BadAnswerError,
    BusyError,
    Charged,
    CredentialError,
    LostAnswerError,
    ModerationError,
    NotSentError,
    ParameterError,
    QuotaError,
    SetupError,
    TaskFailedError,
    TaskGoneError,
    VolcvError,
)
from ..redact import redact
from ..request.json_body import JsonBody, json_body
from ..store.attended import Attended
from ..store.entry import State
from .call import Call, Phase
from .direct_call import DirectCall, Endpoint, keep_unread

log = logging.getLogger(__name__)

FIRST_POLL, LONGEST_POLL, POLL_GROWTH = 1.0, 10.0, 1.5
"""Seconds between two polls of a task, growing: it may be done soon, and must not be pestered when it is not."""

STATUS_PHASES = {"in_queue": Phase.IN_QUEUE, "generating": Phase.GENERATING}
GONE_STATUSES = {"not_found": "task_not_found", "expired": "task_expired"}
FAILED_STATUSES = ("failed", "fail", "error", "canceled", "cancelled")
DONE = "done"
KEEPS_TASK = (NotSentError, LostAnswerError, BusyError, CredentialError, QuotaError, SetupError)
"""Errors of a poll, not of the task: its result can still be fetched."""

KEPT_SECONDS = 12 * 3600.0
"""Seconds that the service keeps a task's result (catalog section 2), by its own clock."""

GONE_POLLS, GONE_SECONDS = 3, 30.0
"""Polls in a row, over at least so many seconds, that end a task as not found or expired: a service may not know a
task that was submitted just now."""

REFUSED_POLLS, CREDENTIAL_POLLS = 2, 3
"""Polls in a row that end the polling: with the same refusal by a service code; with the key refused."""


@dataclass
class PollFailure:
    """Equal failures of polls in a row: their error key, how many, and since when (monotonic)."""

    key: str = ""
    count: int = 0
    since: float = 0.0

    def add(self, error: VolcvError) -> None:
        if error.key != self.key:
            self.key, self.count, self.since = error.key, 0, time.monotonic()
        self.count += 1

    def is_final(self, error: VolcvError, done: bool, too_old: bool) -> bool:
        """Whether the failure is the service's word on the task (``done``: its answer says so itself), or the key is
        not accepted any more. Any other failure is one of the poll, which costs nothing and is repeated."""
        if isinstance(error, TaskGoneError):
            repeated = self.count >= GONE_POLLS and time.monotonic() - self.since >= GONE_SECONDS
            return too_old or repeated
        if isinstance(error, (CredentialError, QuotaError)):
            return error.code is not None and self.count >= CREDENTIAL_POLLS
        if isinstance(error, (ModerationError, ParameterError)):
            return done or (isinstance(error.code, int) and self.count >= REFUSED_POLLS)
        return done or isinstance(error, (SetupError, TaskFailedError))


class TaskCall(DirectCall):
    """Submits a task and polls it."""

    def send(self, row: Attended) -> RawAnswer:
        with self._settling(row):
            raw = self._post(row)
            data, request_id, _ = parse_data(raw, secrets=self._endpoint.profile.secrets)
            task_id = data.get("task_id")
            if not isinstance(task_id, (str, int)) or not str(task_id).strip():
                raise BadAnswerError("no_task_id", request_id=request_id)
        row.submitted(str(task_id), service_time(raw))
        self._call.charges += 1
        return TaskPolls(self._endpoint, self._call, row).wait()


class TaskPolls:
    """The polls of a submitted task."""

    def __init__(self, endpoint: Endpoint, call: Call, row: Attended) -> None:
        self._endpoint = endpoint
        self._call = call
        self._row = row
        self._began = time.monotonic()
        self._failure = PollFailure()

    def wait(self) -> RawAnswer:
        """Poll until the task is done; the answer, which is in the journal.

        Raises LostAnswerError after the profile's ``task_timeout`` seconds, with the task still open; TaskGoneError
        or the service's error once the task has ended.
        """
        query, wait = json_body(self._row.entry.poll()), FIRST_POLL
        timeout = self._endpoint.profile.task_timeout
        self._call.enter(Phase.IN_QUEUE)
        while True:
            try:
                raw = self._poll(query)
            except KEEPS_TASK as error:
                error.charged = Charged.MAYBE  # the poll is free, the task may be charged
                raise
            if raw is not None:
                return raw
            if time.monotonic() > self._began + timeout:
                raise LostAnswerError("task_timeout", seconds=timeout, task_id=self._row.entry.task_id)
            self._call.token.wait(wait)
            wait = min(wait * POLL_GROWTH, LONGEST_POLL)

    def _poll(self, query: JsonBody) -> RawAnswer | None:
        """One poll; None if the task is not done, or nobody can tell."""
        entry, raw, status = self._row.entry, None, ""
        try:
            raw = self._endpoint.transport.post(entry.result_action, query, self._call.token.check)
            status = task_status(raw)
            done = self._read(raw, status)
        except VolcvError as error:
            self._failure.add(error)
            now = service_time(raw) if raw is not None else None
            too_old = bool(now and entry.service_time and now - entry.service_time > KEPT_SECONDS)
            if self._failure.is_final(error, status == DONE, too_old):
                if not isinstance(error, KEEPS_TASK):
                    self._end(error)
                raise
            if time.monotonic() > self._began + self._endpoint.profile.task_timeout:
                raise LostAnswerError("task_unreachable", task_id=entry.task_id, problem=error.message) from None
            log.info("volcv: task %s: %s", entry.task_id, error.key)
            return None
        self._failure = PollFailure()
        if done:
            return raw
        self._call.service_status = "" if status in STATUS_PHASES else redact(status, self._endpoint.profile.secrets)
        if (phase := STATUS_PHASES.get(status, Phase.GENERATING)) is not self._call.phase:
            self._call.enter(phase)
        return None

    def _end(self, error: VolcvError) -> None:
        if self._row.entry.state is State.ANSWERED:
            keep_unread(self._row, error, self._row.entry.result)
        else:
            self._row.ended(State.FAILED, error.key)

    def _read(self, raw: RawAnswer, status: str) -> bool:
        """Whether the task is done; then its answer is in the journal. Raises VolcvError for anything but a result
        or a status; a status that is not documented counts as not done."""
        entry, secrets = self._row.entry, self._endpoint.profile.secrets
        data, request_id, _ = parse_data(raw, secrets=secrets)
        if status in GONE_STATUSES:
            raise TaskGoneError(GONE_STATUSES[status], request_id=request_id, task_id=entry.task_id)
        if status in FAILED_STATUSES:
            told = redact(str(data.get("message") or data.get("reason") or ""), secrets)
            raise TaskFailedError("task_failed", request_id=request_id, task_id=entry.task_id, service_message=told)
        if status == DONE or has_result(data):
            self._row.answered(raw, time.monotonic() - self._began)
        elif status:
            return False
        parse_for(self._call.model, raw, secrets)
        return True


def service_time(raw: RawAnswer) -> float | None:
    """Unix time of an answer by the service's clock, None without a Date header."""
    moment = date_of(raw.headers.get("Date", ""))
    return moment.timestamp() if moment else None
