"""The status that a node keeps after a run: a headline first, details below, and what the user can do next.

Imports no ComfyUI and no torch: the settings routes show the same status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..volcv_client.errors import (
    BatchError,
    BudgetError,
    CredentialError,
    InputError,
    ModerationError,
    NotSentError,
    ParameterError,
    RefusedError,
    SetupError,
    UploadError,
    VolcvError,
)
from ..volcv_client.messages import say

KEY, SANDBOX, SETTINGS, RETRY = "key", "sandbox", "settings", "retry"

FIRST_RUN = {"not_configured": (SANDBOX, KEY), "no_key": (KEY, SANDBOX), "no_base_url": (KEY, SANDBOX)}
"""Errors of a profile that is not filled in: what to offer."""

ACTIONS: tuple[tuple[type[VolcvError], tuple[str, ...]], ...] = (
    (SetupError, (SETTINGS,)),
    (BudgetError, (SETTINGS,)),
    (InputError, ()),
    (ParameterError, ()),
    (ModerationError, ()),
    (CredentialError, (KEY, SETTINGS)),
    (NotSentError, (RETRY, SETTINGS)),
    (UploadError, (RETRY, SETTINGS)),
    (VolcvError, (RETRY,)),
)
"""What to offer after an error, by the first class that fits. Nothing where only other inputs help."""

WRONG_ADDRESS = ("bad_base_url", "html_answer", "not_json", "redirected", "http_404")


@dataclass(frozen=True)
class NodeStatus:
    """``kind``: "done", "error" or "stopped". ``lines``: the headline, then details. ``actions``: names of buttons,
    the most likely first."""

    kind: str
    lines: tuple[str, ...]
    actions: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def done(summary: str, notes: Sequence[str]) -> NodeStatus:
    """The status of a run that succeeded."""
    return NodeStatus("done", (summary, *notes))


def stopped() -> NodeStatus:
    """The status of a run that the user interrupted, or that another node's failure ended."""
    return NodeStatus("stopped", (say("outcome.stopped"),))


def failed(error: VolcvError) -> NodeStatus:
    """The status of a run that failed: what to do, what went wrong, then the rest of the error's text."""
    rest = str(error).removeprefix(error.message).strip().removeprefix(error.remedy).strip()
    first = error
    if isinstance(error, BatchError) and not error.values["kept"]:
        first = error.failures[0][1]
    return NodeStatus("error", (first.remedy, error.message, *rest.splitlines()), actions_of(error))


def actions_of(error: VolcvError) -> tuple[str, ...]:
    if isinstance(error, BatchError):
        return actions_of(error.failures[0][1]) or (RETRY,)
    if error.key in FIRST_RUN:
        return FIRST_RUN[error.key]
    if error.key in WRONG_ADDRESS and isinstance(error, (SetupError, RefusedError)):
        return (KEY, SETTINGS)
    return next(actions for kind, actions in ACTIONS if isinstance(error, kind))
