"""The error tree: message and advice for people, attributes for programs.

Texts come from :mod:`volcv_client.messages` under ``error.<key>.message`` and ``error.<key>.advice`` and are looked
up when the error is shown, in the language in force at that time.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeVar

from . import messages
from .redact import without_links

SENTENCE_END = re.compile(r"(?<=[.;])\s|(?<=[\u3002\uff1b])")


class Charged(str, Enum):
    """Whether the failed call was charged; MAYBE if the answer was lost."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class VolcvError(Exception):
    """Base of all errors.

    ``key``: name of the text in the message catalog, ``values``: its placeholders. ``code``: error code of the
    service or the gateway. ``request_id``: the service's id of the request, for its support. ``service_message``:
    the service's own text, secrets removed.
    """

    __module__ = "builtins"  # ComfyUI shows the module's name, which would be the pack's absolute install path
    charged = Charged.NO
    hint = ""
    """Optional ``hint.<name>`` text about a likely cause, or a way on."""

    variant = ""
    """Optional name of a case with texts of its own: ``error.<key>.advice.<variant>`` and the same of ``remedy``."""

    lost = False
    """Nothing more can be had of an earlier call, so that its request may be sent again."""

    def __init_subclass__(cls) -> None:
        cls.__module__ = VolcvError.__module__

    def __init__(
        self,
        key: str,
        /,
        *,
        code: int | str | None = None,
        http_status: int | None = None,
        request_id: str = "",
        service_message: str = "",
        charged: Charged | None = None,
        **values: object,
    ) -> None:
        super().__init__(key)
        self.key = key
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.service_message = service_message
        self.values = values
        if charged is not None:
            self.charged = charged

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by class name: errors of workers reach other processes, and ``__module__`` is not where they are."""
        return restored, (type(self).__name__, self.args), self.__dict__

    @property
    def message(self) -> str:
        """What went wrong."""
        return messages.say(f"error.{self.key}.message", **self.values)

    @property
    def advice(self) -> str:
        """What the user can do about it; may be empty."""
        return messages.say(self._name("advice"), **self.values)

    @property
    def remedy(self) -> str:
        """What to do, in at most 45 columns as far as the values are short: a text of its own, or how the advice
        begins."""
        name = self._name("remedy")
        if messages.has(name):
            return messages.say(name, **self.values)
        first = SENTENCE_END.split(self.advice, 1)[0].rstrip(".;\u3002\uff1b")
        return first + ("." if first.isascii() else "\u3002")

    def _name(self, part: str) -> str:
        name = f"error.{self.key}.{part}"
        special = f"{name}.{self.variant}"
        return special if messages.has(special) else name

    def facts(self) -> str:
        """The facts to quote to support, such as ``code 50411, HTTP 400, request id 2024...``; may be empty."""
        names = ("service_message", "code", "http_status", "request_id")
        known = [(name, getattr(self, name)) for name in names]
        shown = [(name, without_links(str(value))) for name, value in known if value not in (None, "")]
        parts = [messages.say(f"fact.{name}", value=value) for name, value in shown]
        return messages.say("fact.between").join(parts)

    def __str__(self) -> str:
        parts = [self.message, self.advice]
        if self.hint:
            parts.append(messages.say(f"hint.{self.hint}", **self.values))
        if self.charged is not Charged.NO:
            parts.append(messages.say(f"charged.{self.charged.value}"))
        if facts := self.facts():
            parts.append(messages.say("fact.all", facts=facts))
        return messages.say("sentence.between").join(part for part in parts if part)


class SetupError(VolcvError):
    """The configuration is missing or invalid. Nothing was sent."""


class InputError(VolcvError):
    """The inputs are invalid. Nothing was sent."""


class BudgetError(VolcvError):
    """The profile's daily or monthly limit of charged calls is reached. Nothing was sent."""


class NotSentError(VolcvError):
    """The request did not reach the service: connection refused, unknown host, TLS failure, upload cut."""


class LostAnswerError(VolcvError):
    """The request was sent and its response lost: read timeout or cut connection. It may have been charged."""

    charged = Charged.MAYBE


class RefusedError(VolcvError):
    """The gateway or the service returned an error."""


class CredentialError(RefusedError):
    """The key is missing, wrong, expired or not allowed."""


class QuotaError(RefusedError):
    """The balance or the prepaid package is used up."""


class BusyError(RefusedError):
    """Rate limit or concurrency limit reached, or no channel free."""

    retry_after: float | None = None
    """Seconds, from the Retry-After header."""


class ParameterError(RefusedError):
    """The service rejected the parameters or the pictures."""


class ModerationError(RefusedError):
    """Content moderation rejected an input or the result."""


class ServiceFaultError(RefusedError):
    """Internal error of the gateway or the service."""


class BadAnswerError(VolcvError):
    """The service reported success but the response is unusable. It was probably charged."""

    charged = Charged.MAYBE


class TaskGoneError(VolcvError):
    """The service no longer knows a submitted task. It may have been charged."""

    charged = Charged.MAYBE


class TaskFailedError(VolcvError):
    """The service says that a task has failed. It may have been charged."""

    charged = Charged.MAYBE


class UploadError(VolcvError):
    """A picture could not be uploaded to get a link. No call was made."""


class DownloadError(VolcvError):
    """A result link of a successful call could not be downloaded. The call was charged."""

    charged = Charged.YES


class StoreError(VolcvError):
    """The result store cannot be read or written, or has no such result."""


class BatchError(VolcvError):
    """Some calls of a batch failed; ``failures``: (position from 1, error)."""

    def __init__(self, failures: list[tuple[int, VolcvError]], total: int) -> None:
        kept = total - len(failures)
        super().__init__("batch", failed=len(failures), total=total, kept=kept)
        self.failures = failures
        self.variant = "" if kept else "none"

    def __str__(self) -> str:
        lines = [messages.say("batch.line", position=position, error=error) for position, error in self.failures]
        return "\n".join([super().__str__(), *lines])


def restored(name: str, args: tuple[object, ...]) -> VolcvError:
    """A pickled error of this module; its attributes are set afterwards."""
    kind: type[VolcvError] = globals()[name]
    return kind.__new__(kind, *args)


E = TypeVar("E", bound=BaseException)


def without_frames(error: E) -> E:
    """The error without its traceback and context: they refer to frames, and these to pictures and to whatever holds
    the error, a reference cycle that keeps the pictures in memory until the cyclic garbage collector runs."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


class Cancelled(Exception):
    """The user interrupted the run. No VolcvError: it is never shown."""
