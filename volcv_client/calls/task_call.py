"""A task call: a task is submitted once, recorded in the store, then polled until it is done."""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass

from ..answer.envelope import Envelope, RawAnswer, has_result, parse_data, task_status
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
    StoreError,
    TaskFailedError,
    TaskGoneError,
    VolcvError,
)
from ..messages import say
from ..redact import redact
from ..request.body import Request
from ..request.json_body import PICTURES_FIELD, json_body
from ..store.tasks import Task
from .call import Call, Phase
from .cancel import SharedToken
from .direct_call import DirectCall, Endpoint

log = logging.getLogger(__name__)

FIRST_POLL, LONGEST_POLL, POLL_GROWTH = 1.0, 10.0, 1.5
"""Seconds between two polls of a task, growing: it may be done soon, and must not be pestered when it is not."""

STATUS_PHASES = {"in_queue": Phase.IN_QUEUE, "generating": Phase.GENERATING}
GONE_STATUSES = {"not_found": "task_not_found", "expired": "task_expired"}
FAILED_STATUSES = ("failed", "fail", "error", "canceled", "cancelled")
DONE = "done"
KEEPS_TASK = (NotSentError, LostAnswerError, BusyError, CredentialError, QuotaError, SetupError)
"""Errors of a poll, not of the task: its result can still be fetched."""

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

    def is_final(self, error: VolcvError, done: bool) -> bool:
        """Whether the failure is the service's word on the task (``done``: its answer says so itself), or the key is
        not accepted any more. Any other failure is one of the poll, which costs nothing and is repeated."""
        if isinstance(error, TaskGoneError):
            return self.count >= GONE_POLLS and time.monotonic() - self.since >= GONE_SECONDS
        if isinstance(error, (CredentialError, QuotaError)):
            return error.code is not None and self.count >= CREDENTIAL_POLLS
        if isinstance(error, (ModerationError, ParameterError)):
            return done or (isinstance(error.code, int) and self.count >= REFUSED_POLLS)
        return done or isinstance(error, (SetupError, TaskFailedError))


class TaskCall(DirectCall):
    """Submits a task and polls it. An open task of the same request is resumed instead of submitting another."""

    def __init__(self, endpoint: Endpoint, call: Call, body: Request, fingerprint: str) -> None:
        super().__init__(endpoint, call, body)
        self._fingerprint = fingerprint
        self._task: Task | None = None

    def close(self) -> None:
        """Other calls may resume the task."""
        if self._task is not None:
            self._endpoint.shared.release(self._task)

    def complete(self, request_id: str) -> None:
        if self._task is not None:
            self._record_end(self._task, DONE, request_id)

    def __call__(self, token: SharedToken) -> Envelope:
        self._task = self._task or self._call.task or self._open_task()
        resumed = self._task is not None
        if self._task is None:
            self._task = self._submit(token)
        task = self._task
        try:
            return self._poll(task, token)
        except KEEPS_TASK as error:
            error.charged = Charged.MAYBE  # the poll is free, the task may be charged
            raise
        except VolcvError as error:
            self._record_end(task, error.key)
            self._task = None
            self._endpoint.shared.release(task)
            if isinstance(error, TaskGoneError) and resumed and self._call.task is None:
                self.notes.append(say("note.task_lost", task_id=task.task_id))
                return self(token)
            raise

    def _open_task(self) -> Task | None:
        with suppress(StoreError):
            for task in self._endpoint.store.tasks.open_of(self._fingerprint):
                if self._endpoint.shared.claim(task):
                    self.notes.append(say("note.task_resumed", task_id=task.task_id))
                    return task
        return None

    def _submit(self, token: SharedToken) -> Task:
        body, call = self._body, self._call
        raw = self._post(token)
        with self._upload_hint():
            data, request_id, _ = parse_data(raw, secrets=self._endpoint.profile.secrets)
        task_id = data.get("task_id")
        if not isinstance(task_id, (str, int)) or not str(task_id).strip():
            raise BadAnswerError("no_task_id", request_id=request_id)
        task = Task(
            task_id=str(task_id),
            fingerprint=self._fingerprint,
            identity=self._endpoint.identity,
            req_key=str(body.body["req_key"]),
            result_action=body.mode.result_action,
            req_json=json.dumps(body.result_request, ensure_ascii=False) if body.result_request else "",
            seed=call.seed,
            random_seed=call.random_seed,
            request={name: value for name, value in body.body.items() if name != PICTURES_FIELD},
        )
        self._endpoint.shared.claim(task)
        try:
            self._endpoint.store.tasks.record(task)
        except StoreError as error:
            self.notes.append(str(error))
        return task

    def _poll(self, task: Task, token: SharedToken) -> Envelope:
        """Poll until the task is done. Raises LostAnswerError after the profile's ``task_timeout`` seconds."""
        query, wait = json_body(task.query()), FIRST_POLL
        deadline = time.monotonic() + self._endpoint.profile.task_timeout
        phase, failure = Phase.WORKING, PollFailure()
        while True:
            status = ""
            try:
                raw = self._endpoint.transport.post(task.result_action, query, token.check)
                status = task_status(raw)
                envelope = self._read_poll(task, raw, status)
            except VolcvError as error:
                failure.add(error)
                if failure.is_final(error, status == DONE):
                    raise
                if time.monotonic() > deadline:
                    raise LostAnswerError("task_unreachable", task_id=task.task_id, problem=error.message) from None
                log.info("volcv: task %s: %s", task.task_id, error.key)
            else:
                failure = PollFailure()
                if envelope is not None:
                    return envelope
                if STATUS_PHASES.get(status, Phase.GENERATING) is not phase:
                    phase = STATUS_PHASES.get(status, Phase.GENERATING)
                    self._call.enter(phase)
            if time.monotonic() > deadline:
                seconds = self._endpoint.profile.task_timeout
                raise LostAnswerError("task_timeout", seconds=seconds, task_id=task.task_id)
            token.wait(wait)
            wait = min(wait * POLL_GROWTH, LONGEST_POLL)

    def _read_poll(self, task: Task, raw: RawAnswer, status: str) -> Envelope | None:
        """The envelope if the task is done; None while it is not, also for a status that is not documented."""
        data, request_id, _ = parse_data(raw, secrets=self._endpoint.profile.secrets)
        if status in GONE_STATUSES:
            raise TaskGoneError(GONE_STATUSES[status], request_id=request_id, task_id=task.task_id)
        if status in FAILED_STATUSES:
            told = redact(str(data.get("message") or data.get("reason") or ""), self._endpoint.profile.secrets)
            raise TaskFailedError("task_failed", request_id=request_id, task_id=task.task_id, service_message=told)
        return self._parse(raw) if status in ("", DONE) or has_result(data) else None

    def _record_end(self, task: Task, ended: str, request_id: str = "") -> None:
        with suppress(StoreError):  # at worst the task is polled once more
            self._endpoint.store.tasks.end(task.task_id, ended, request_id)
