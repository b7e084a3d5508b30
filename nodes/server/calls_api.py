"""Backend of the results panel: active calls, and open calls of the journal. Imports no ComfyUI, no aiohttp.

Reading is open to every client of ComfyUI. Fetching and cancelling are allowed as changing settings is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ...volcv_client import config
from ...volcv_client.calls.call import SENT, TASK_PENDING, Call
from ...volcv_client.calls.task_call import KEPT_SECONDS
from ...volcv_client.errors import Cancelled, SetupError, StoreError, VolcvError
from ...volcv_client.store.entry import Entry, State
from ...volcv_client.store.results import ResultStore
from ..runner import clients
from .models_api import named
from .results_api import id_of, is_under_way, revision_of, store
from .settings import Reply, Requester, change

MOST_OPEN = 200
"""Open calls in one answer."""

WITHOUT_ANSWER = (State.SENT, State.UNKNOWN)


def calls_under_way() -> Reply:
    """``{"calls", "open", "revision", "setup"}``: active calls, those at the service first, open calls, the store.

    ``setup`` changes when another profile is chosen, or the active one becomes ready to use.
    """
    now = time.monotonic()
    at_service = (*SENT, *TASK_PENDING)
    active = sorted(clients.shared.active_calls(), key=lambda call: (call.phase not in at_service, call.number))
    try:
        stored = store()
        still_open = open_calls(stored, active)
        revision = revision_of(stored)
    except StoreError:
        revision, still_open = "", []
    return 200, {
        "calls": [call_json(call, now) for call in active],
        "open": still_open,
        "revision": revision,
        "setup": setup(),
    }


def setup() -> str:
    """See :func:`calls_under_way`."""
    try:
        return f"{config.profile().ready().name} ready"
    except SetupError as error:
        return error.key


def open_calls(stored: ResultStore, active: Sequence[Call]) -> list[dict[str, Any]]:
    """Calls of the journal that are not settled, newest first, without those that a call of this process attends to,
    and without answers still to be read, which are in the list of results."""
    journal = stored.journal
    here = {call.entry.uid for call in active if call.entry is not None}
    found = []
    for entry in journal.open_entries(MOST_OPEN):
        if entry.uid in here or journal.owner.holds(entry.uid):
            continue
        if kind := kind_of(entry, journal.is_attended(entry)):
            found.append(open_json(entry, kind))
    return found


def kind_of(entry: Entry, attended: bool) -> str:
    """``elsewhere``: at the service, in another process; ``task``: its result is still to come; ``unknown``: no answer
    arrived, it may have been charged. Empty: nothing to show."""
    if entry.state is State.ANSWERED:
        return ""
    if attended:
        return "elsewhere"
    if entry.state is State.SUBMITTED:
        return "task"
    return "unknown" if entry.state in WITHOUT_ANSWER else ""


def open_json(entry: Entry, kind: str) -> dict[str, Any]:
    """``expires``: when the service forgets a task's result; Unix time like ``created``."""
    result = entry.result
    return {
        **named(result.req_key),
        "id": result.id,
        "kind": kind,
        "name": entry.name,
        "task_id": entry.task_id,
        "prompt": result.prompt[:500],
        "seed": result.seed,
        "created": result.created,
        "expires": result.created + KEPT_SECONDS,
    }


def call_json(call: Call, now: float) -> dict[str, Any]:
    """``sent``: the call is finished and stored whatever happens; ``task``: it waits for a task, and may stop waiting.

    ``seconds`` since the node submitted it.
    """
    phase = call.phase
    return {
        **named(call.model.req_key),
        "id": call.number,
        "seed": call.seed,
        "phase": phase.value,
        "seconds": round(now - call.submitted, 1),
        "phase_seconds": round(max(0.0, now - call.phase_since), 1),
        "retries": call.retries,
        "reason": call.retry_reason,
        "sent": phase in SENT,
        "task": phase in TASK_PENDING,
        "cancelled": call.token.cancelled,
    }


def cancel(requester: Requester, body: bytes, number: str) -> Reply:
    """Cancel a call that is not yet sent: ``{"outcome": "cancelled" | "left" | "sent" | "ended"}``.

    A call that waits for a task, or fetches an earlier result, stops waiting ("left"); nothing is lost. Any other call
    that was sent is left alone: it is charged, and its answer goes to the node and into the store.
    """

    def action(_: dict[str, Any]) -> dict[str, Any]:
        call = next((call for call in clients.shared.active_calls() if str(call.number) == number), None)
        if call is None:
            return {"outcome": "ended"}
        phase = call.phase
        if phase in SENT:
            return {"outcome": "sent"}
        call.token.cancel()
        return {"outcome": "left" if phase in TASK_PENDING or call.entry is not None else "cancelled"}

    return change(action, "results_remote")(requester, body)


def start_fetch(requester: Requester, body: bytes, number: str) -> Call | Reply:
    """Start to fetch the result of an earlier call, which charges nothing: the call, see :func:`fetched`.

    A reply instead if it is refused, impossible, or no longer necessary.
    """
    started = list[Call]()

    def action(_: dict[str, Any]) -> dict[str, Any]:
        entry = store().entry(id_of(number))
        if entry is None or entry.state not in (State.SUBMITTED, State.ANSWERED, State.COMPLETE):
            raise StoreError("no_result")
        if entry.state is State.COMPLETE:
            return {"outcome": "fetched", "notes": []}
        if is_under_way(entry):
            raise StoreError("attended_elsewhere", name=entry.name)
        started.append(clients.client_for(entry).fetch(entry))
        return {}

    reply = change(action, "results_remote")(requester, body)
    return started[0] if started else reply


def fetched(call: Call) -> Reply:
    """The reply once a fetch has ended: ``{"outcome": "fetched", "notes"}``, or "left" if it was cancelled."""
    if isinstance(call.error, Cancelled):
        return 200, {"outcome": "left", "notes": []}
    if call.error is not None:
        known = isinstance(call.error, VolcvError)
        return 400, {"error": str(call.error) if known else type(call.error).__name__}
    return 200, {"outcome": "fetched", "notes": list(call.result.notes) if call.result else []}
