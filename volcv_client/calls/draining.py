"""The end of a process: calls at the service are waited for, because they are charged; nothing else is sent."""

from __future__ import annotations

import atexit
import logging
import time
import weakref

from ..messages import say
from .call import SENT
from .shared import SharedState

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.05


def drain(shared: SharedState, seconds: float) -> None:
    """Cancel what has not been sent and wait, at most so many seconds, for what has; its answers are stored.

    Once per process. A KeyboardInterrupt ends the wait. A task is not waited for: its row is in the journal, and the
    next run of the same request polls it.
    """
    calls = [] if shared.drained else shared.active_calls()
    shared.drained = True
    for call in calls:
        call.token.cancel()
    deadline = time.monotonic() + seconds
    try:
        at_service = sum(call.phase in SENT for call in calls)
        if at_service and seconds:
            log.warning("volcv: %s", say("exit.waiting", count=at_service, seconds=round(seconds)))
        while any(call.phase in SENT for call in calls) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        log.warning("volcv: %s", say("exit.left"))
    for store in shared.stores():
        store.close()


def drain_at_exit(shared: SharedState) -> None:
    """Drain when the interpreter ends, as long as ``shared`` is in use."""
    reference = weakref.ref(shared)

    def work() -> None:
        if (alive := reference()) is not None:
            drain(alive, alive.exit_wait)

    atexit.register(work)
    weakref.finalize(shared, atexit.unregister, work).atexit = False
