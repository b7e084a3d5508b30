"""SIGTERM, as `docker stop` sends it 10 s before it kills: paid calls at the service get their answers stored."""

from __future__ import annotations

import signal
import sys
import threading

MOST_SECONDS = 8.0


def wait_on_sigterm() -> None:
    """Handle SIGTERM, but only where nobody else does: wait for calls at the service, then end as before.

    On Ctrl-C ComfyUI ends through the interpreter's own exit, which waits for them by itself.
    """
    unhandled = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if unhandled and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, finish)


def finish(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    runner = sys.modules.get(f"{__package__}.runner")  # not loaded before the first run
    if runner is not None:
        from ..volcv_client.calls.draining import drain

        shared = runner.clients.shared
        drain(shared, min(MOST_SECONDS, shared.exit_wait))
    signal.raise_signal(signal.SIGTERM)
