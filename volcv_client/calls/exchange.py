"""What goes back and forth for one answer: a single call, or a task that is submitted and asked for."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..answer.envelope import Envelope, has_result, parse, parse_data
from ..catalog.labels import title
from ..errors import (
    BadAnswerError,
    BusyError,
    Charged,
    CredentialError,
    LostAnswerError,
    NotSentError,
    ParameterError,
    QuotaError,
    ServiceFaultError,
    SetupError,
    StoreError,
    TaskGoneError,
    VolcvError,
)
from ..messages import say
from ..request.payload import Built
from ..request.wire import PICTURES_FIELD, Message, inline_files, message, takes_links, with_links
from ..store.results import Result
from ..store.tasks import Task
from .call import Call, Phase
from .cancel import SharedToken

if TYPE_CHECKING:
    from .service import Service

log = logging.getLogger(__name__)

FIRST_POLL, LONGEST_POLL, POLL_GROWTH = 1.0, 10.0, 1.5
"""Seconds between two questions for a task: it may be quick, and must not be pestered when it is not."""

STATUSES = {"in_queue": Phase.IN_QUEUE, "generating": Phase.GENERATING}
GONE = {"not_found": "task_not_found", "expired": "task_expired"}
UNREADABLE = ("not_json", "html_answer", "unknown_shape", "no_data")
KEEPS_TASK = (NotSentError, LostAnswerError, BusyError, CredentialError, QuotaError, SetupError)
"""Failures of a question, not of the task: its result can still be asked for."""


class Exchange:
    """One call that answers at once. Calling it sends the request once more; the picture links are kept."""

    def __init__(self, service: Service, call: Call[Any], built: Built) -> None:
        """SetupError if the model takes links only and nothing can make links of pictures."""
        self.notes: list[str] = []
        self._service = service
        self._call = call
        self._built = built
        self._linked = takes_links(built.body, call.model) and (
            call.model.links_only or bool(service.profile.upload_url)
        )
        if self._linked and not service.upload_url:
            raise SetupError("needs_upload_url", title=title(call.model))
        self._ready: Message | None = None

    def __enter__(self) -> Exchange:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def __call__(self, token: SharedToken) -> Envelope:
        return self._parse(self._post(token))

    def settle(self, result: Result) -> None:
        """The result is in the store."""

    def _post(self, token: SharedToken) -> Any:
        if self._ready is None:
            self._ready = message(self._with_links(token) if self._linked else self._built.body)
        self._call.enter(Phase.WORKING)
        return self._service.transport.post(self._built.mode.action, self._ready, token)

    def _with_links(self, token: SharedToken) -> dict[str, Any]:
        self._call.enter(Phase.UPLOADING)
        links = []
        for picture in inline_files(self._built.body):
            token.check()
            links.append(self._service.transport.upload(self._service.upload_url, picture))
        return with_links(self._built.body, links)

    def _parse(self, raw: Any) -> Envelope:
        model = self._call.model
        with self._hinting():
            return parse(raw, texts=model.texts, video=model.video, secrets=self._service.profile.secrets)

    @contextmanager
    def _hinting(self) -> Iterator[None]:
        """A refusal may mean that the service did not take an inline picture where it wants a link."""
        try:
            yield
        except ParameterError as error:
            if not self._linked and takes_links(self._built.body, self._call.model):
                error.hint = "upload_url"
            raise


class TaskExchange(Exchange):
    """A task: submitted once, noted in the store, then asked for until it is done.

    A task of the same request whose result nobody has fetched is taken up again instead.
    """

    def __init__(self, service: Service, call: Call[Any], built: Built, fingerprint: str) -> None:
        super().__init__(service, call, built)
        self._fingerprint = fingerprint
        self._task: Task | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Others may take the task up again."""
        if self._task is not None:
            release(self._task)

    def __call__(self, token: SharedToken) -> Envelope:
        self._task = self._task or self._call.task or self._left_over()
        resumed = self._task is not None
        if self._task is None:
            self._task = self._submit(token)
        task = self._task
        try:
            return self._poll(task, token)
        except KEEPS_TASK as error:
            error.charged = Charged.MAYBE  # the question was free, the task may not have been
            raise
        except VolcvError as error:
            self._end(task, error.key)
            self._task = None
            release(task)
            if isinstance(error, TaskGoneError) and resumed and self._call.task is None:
                self.notes.append(say("note.task_lost", task_id=task.task_id))
                return self(token)
            raise

    def settle(self, result: Result) -> None:
        if self._task is not None:
            self._end(self._task, "done", result.request_id)

    def _left_over(self) -> Task | None:
        with suppress(StoreError):
            for task in self._service.store.tasks.open_of(self._fingerprint):
                if claim(task):
                    self.notes.append(say("note.task_resumed", task_id=task.task_id))
                    return task
        return None

    def _submit(self, token: SharedToken) -> Task:
        built, call = self._built, self._call
        raw = self._post(token)
        with self._hinting():
            data, request_id, _ = parse_data(raw, secrets=self._service.profile.secrets)
        task_id = data.get("task_id")
        if not isinstance(task_id, (str, int)) or not str(task_id).strip():
            raise BadAnswerError("no_task_id", request_id=request_id)
        task = Task(
            task_id=str(task_id),
            fingerprint=self._fingerprint,
            identity=self._service.identity,
            req_key=str(built.body["req_key"]),
            result_action=built.mode.result_action,
            req_json=json.dumps(built.result_request, ensure_ascii=False) if built.result_request else "",
            seed=call.seed,
            random_seed=call.random_seed,
            request={name: value for name, value in built.body.items() if name != PICTURES_FIELD},
        )
        claim(task)
        try:
            self._service.store.tasks.record(task)
        except StoreError as error:
            self.notes.append(str(error))
        return task

    def _poll(self, task: Task, token: SharedToken) -> Envelope:
        """Ask until it is done. Raises LostAnswerError after the profile's ``task_timeout`` seconds."""
        question, wait = message(task.question()), FIRST_POLL
        deadline = time.monotonic() + self._service.profile.task_timeout
        phase = Phase.WORKING
        while True:
            try:
                envelope, status = self._ask(task, question, token)
            except VolcvError as error:
                if not may_ask_again(error):
                    raise
                if time.monotonic() > deadline:
                    raise LostAnswerError("task_unreachable", task_id=task.task_id, problem=error.means) from None
                log.info("volcv: task %s: %s", task.task_id, error.key)
            else:
                if envelope is not None:
                    return envelope
                if STATUSES.get(status, Phase.GENERATING) is not phase:
                    phase = STATUSES.get(status, Phase.GENERATING)
                    self._call.enter(phase)
            if time.monotonic() > deadline:
                raise LostAnswerError("task_timeout", seconds=self._service.profile.task_timeout, task_id=task.task_id)
            token.wait(wait)
            wait = min(wait * POLL_GROWTH, LONGEST_POLL)

    def _ask(self, task: Task, question: Message, token: SharedToken) -> tuple[Envelope | None, str]:
        """The answer, if the task is done, and its status."""
        raw = self._service.transport.post(task.result_action, question, token)
        data, request_id, _ = parse_data(raw, secrets=self._service.profile.secrets)
        status = str(data.get("status") or "done")
        if status in GONE:
            raise TaskGoneError(GONE[status], request_id=request_id, task_id=task.task_id)
        return (self._parse(raw), status) if status == "done" or has_result(data) else (None, status)

    def _end(self, task: Task, ended: str, request_id: str = "") -> None:
        with suppress(StoreError):  # at worst it is asked for once more
            self._service.store.tasks.end(task.task_id, ended, request_id)


def may_ask_again(error: VolcvError) -> bool:
    """Whether only the question has failed, which costs nothing, and not the task or the right to ask."""
    if isinstance(error, ServiceFaultError):
        return error.code is None
    return isinstance(error, (NotSentError, LostAnswerError, BusyError)) or error.key in UNREADABLE


_lock = threading.Lock()
_claimed: set[str] = set()


def claim(task: Task) -> bool:
    """Make a task this call's; False if another call of this process has it."""
    with _lock:
        if task.task_id in _claimed:
            return False
        _claimed.add(task.task_id)
        return True


def release(task: Task) -> None:
    with _lock:
        _claimed.discard(task.task_id)


def is_claimed(task: Task) -> bool:
    """Whether a call of this process waits for it."""
    with _lock:
        return task.task_id in _claimed
