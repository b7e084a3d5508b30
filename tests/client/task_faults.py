"""What can go wrong with a task, as rows of the fault matrix."""

from __future__ import annotations

from typing import Any

from tests.gateway import Fault
from volcv_client.errors import (
    BadAnswerError,
    Charged,
    CredentialError,
    DownloadError,
    LostAnswerError,
    ModerationError,
    TaskGoneError,
    VolcvError,
)

from .fault_matrix import HTML, MATRIX, Case

NO, MAYBE, YES = Charged.NO, Charged.MAYBE, Charged.YES
FILM = "jimeng_ti2v_v30_pro"
SUBMIT, ASK = "CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult"


def task(
    name: str, error: type[VolcvError], key: str, calls: int, charged: Charged, fault: Fault, **facts: Any
) -> Case:
    """A film of random seed; ``calls`` are the submission and the questions for its result."""
    return Case(
        f"task: {name}",
        error,
        key,
        calls,
        charged,
        fault,
        paid=charged is not NO,
        values={"prompt": "waves"},
        model=FILM,
        **{"request_id": True, **facts},
    )


TASKS = [
    task(
        "prompt refused",
        ModerationError,
        "50413",
        1,
        NO,
        Fault(None, action=SUBMIT, code=50413),
        code=50413,
        status=400,
    ),
    task(
        "accepted without an id",
        BadAnswerError,
        "no_task_id",
        1,
        MAYBE,
        Fault(None, action=SUBMIT, edit=lambda answer: {**answer, "data": {}}),
    ),
    task("expired", TaskGoneError, "task_expired", 4, MAYBE, Fault(None, task="expired")),
    task("unknown to the service", TaskGoneError, "task_not_found", 4, MAYBE, Fault(None, task="not_found")),
    task("never done", LostAnswerError, "task_timeout", 3, MAYBE, Fault(None, task="generating"), request_id=False),
    task(
        "gateway down while it runs",
        LostAnswerError,
        "task_unreachable",
        3,
        MAYBE,
        Fault(None, action=ASK, status=502, body=HTML),
        request_id=False,
    ),
    task(
        "answers cut while it runs",
        LostAnswerError,
        "task_unreachable",
        3,
        MAYBE,
        Fault(None, action=ASK, cut="in_body"),
        request_id=False,
    ),
    task(
        "key refused while it runs",
        CredentialError,
        "gateway_auth",
        4,
        MAYBE,
        Fault(None, action=ASK, code="invalid_token"),
        status=401,
    ),
    task(
        "done without a video",
        BadAnswerError,
        "no_video",
        2,
        MAYBE,
        Fault(None, action=ASK, edit=lambda answer: {**answer, "data": {"status": "done"}}),
    ),
    task(
        "link holds a page",
        DownloadError,
        "not_a_video",
        2,
        YES,
        Fault(None, where="file", status=200, body=HTML, content_type="text/html"),
        status=None,
    ),
]

ALL = [*MATRIX, *TASKS]
