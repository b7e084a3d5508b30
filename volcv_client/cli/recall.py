"""``volcv recall ID``: the result of an earlier call or task, without another charge."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..errors import InputError
from ..messages import say
from .history import result_store
from .parser import Exit, Parser
from .terminal import Progress, report, show

if TYPE_CHECKING:
    from ..store.entry import Entry
    from ..store.result import Result


def add(parser: Parser) -> None:
    parser.places.add_argument("request_id", metavar="REQUEST_ID", help=say("cli.recall.id"))
    parser.options.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help=say("cli.output"))
    parser.options.add_argument("--profile", metavar="NAME", help=say("cli.recall.profile"))


def run(arguments: Namespace) -> int:
    from .files import save_result

    result = find(arguments.request_id, arguments.profile)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for path in save_result(arguments.output, result):
        show(str(path))
    for text in (*result.texts.values(), *result.notes):
        report(text)
    return Exit.OK


def find(name: str, profile: str | None) -> Result:
    """The result of a request id, task id or the name that ``volcv tasks`` shows.

    What is paid but not stored yet is fetched: a task is waited for, an answer read or downloaded again. Raises
    InputError if nothing is known, or nothing can come of it.
    """
    from ..store.entry import State

    entry = result_store().journal.by_name(name)
    if entry is None or entry.state not in (State.SUBMITTED, State.ANSWERED, State.COMPLETE):
        raise InputError("not_stored", request=name)
    return entry.result if entry.state is State.COMPLETE else fetch(entry, profile)


def fetch(entry: Entry, profile: str | None) -> Result:
    """Wait for the result of an earlier call. Ctrl-C leaves it as it is."""
    from ..client import Client
    from .follow import POLL_SECONDS

    client = Client(config.profile(profile))
    if entry.identity and client.identity != entry.identity:
        raise InputError("task_elsewhere", task_id=entry.name)
    call = client.fetch(entry)
    progress = Progress()
    try:
        while not call.ended:
            seconds = int(time.monotonic() - call.phase_since)
            progress.update(0, 1, say(f"status.{call.phase.value}", seconds=seconds))
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        call.token.cancel()
        raise
    finally:
        progress.clear()
    if call.result is None:
        raise call.error or InputError("not_stored", request=entry.name)
    return call.result
