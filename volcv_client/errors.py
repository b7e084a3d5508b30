"""The error tree. Every failure is one of these and reads as one sentence of what, why and what to do.

Texts come from :mod:`volcv_client.messages` under ``error.<key>.means`` and ``error.<key>.do``, so an error
reads in the language in force when it is shown. Facts are attributes, for programs.
"""

from __future__ import annotations

from enum import Enum

from . import messages


class Charged(str, Enum):
    """Whether the failed call was paid for, as far as it can be known."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class VolcvError(Exception):
    """Base of all errors.

    ``key`` names the text; ``code`` is the service's or gateway's code, ``http_status`` the HTTP status,
    ``request_id`` the service's id to quote to support, ``service_message`` what the other side said (already
    free of secrets), ``values`` fill the text.
    """

    charged = Charged.NO
    hint = ""
    """Key of a sentence about what may be behind it, see ``hint.*`` in the messages."""

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

    @property
    def means(self) -> str:
        return messages.say(f"error.{self.key}.means", **self.values)

    @property
    def do(self) -> str:
        return messages.say(f"error.{self.key}.do", **self.values)

    def facts(self) -> str:
        """The identifying facts, such as ``code 50411, HTTP 400, request id 2024...``; may be empty."""
        known = [
            messages.say(f"fact.{name}", value=value)
            for name, value in (
                ("service_message", self.service_message),
                ("code", self.code),
                ("http_status", self.http_status),
                ("request_id", self.request_id),
            )
            if value not in (None, "")
        ]
        return messages.say("fact.between").join(known)

    def __str__(self) -> str:
        parts = [self.means, self.do]
        if self.hint:
            parts.append(messages.say(f"hint.{self.hint}"))
        if self.charged is not Charged.NO:
            parts.append(messages.say(f"charged.{self.charged.value}"))
        facts = self.facts()
        if facts:
            parts.append(messages.say("fact.all", facts=facts))
        return messages.say("sentence.between").join(part for part in parts if part)


class SetupError(VolcvError):
    """Nothing configured, or the configuration cannot work. No call was made."""


class InputError(VolcvError):
    """The inputs cannot work. No call was made."""


class NotSentError(VolcvError):
    """The request surely did not reach the service: refused, unknown host, TLS, upload cut."""


class LostAnswerError(VolcvError):
    """The request was sent and its answer lost: time limit or cut connection. It may have been charged."""

    charged = Charged.MAYBE


class RefusedError(VolcvError):
    """The gateway or the service answered with an error."""


class CredentialError(RefusedError):
    """The key is missing, wrong, expired or not allowed."""


class QuotaError(RefusedError):
    """The balance or the package is used up."""


class BusyError(RefusedError):
    """Too many requests at once or per second, or no channel free."""

    retry_after: float | None = None


class ParameterError(RefusedError):
    """The service did not like the parameters or the pictures."""


class ModerationError(RefusedError):
    """Content review refused an input or the result."""


class ServiceFaultError(RefusedError):
    """A fault inside the gateway or the service."""


class BadAnswerError(VolcvError):
    """The service reported success but the answer cannot be used. It was probably charged."""

    charged = Charged.MAYBE


class TaskGoneError(VolcvError):
    """The service no longer has a task that was submitted. It may have been charged."""

    charged = Charged.MAYBE


class UploadError(VolcvError):
    """A picture could not be turned into a link. No call was made."""


class DownloadError(VolcvError):
    """The answer was fine but a result link could not be downloaded. The call was charged."""

    charged = Charged.YES


class StoreError(VolcvError):
    """The result store could not do what was asked."""


class BatchError(VolcvError):
    """Some pictures of a batch failed; ``failures`` holds (position from 1, error)."""

    def __init__(self, failures: list[tuple[int, VolcvError]], total: int) -> None:
        super().__init__("batch", failed=len(failures), total=total, kept=total - len(failures))
        self.failures = failures

    def __str__(self) -> str:
        lines = [messages.say("batch.line", position=position, error=error) for position, error in self.failures]
        return "\n".join([super().__str__(), *lines])


class Cancelled(Exception):
    """The user interrupted. Not an error; never shown."""


# ComfyUI shows module and class; the absolute install path as module name would only confuse.
for _error in (VolcvError, *VolcvError.__subclasses__(), *RefusedError.__subclasses__()):
    _error.__module__ = "builtins"
