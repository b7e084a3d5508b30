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
    from ..store.result import Result
    from ..store.tasks import Task


def add(parser: Parser) -> None:
    parser.places.add_argument("request_id", metavar="REQUEST_ID", help=say("cli.recall.id"))
    parser.options.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help=say("cli.output"))
    parser.options.add_argument("--profile", metavar="NAME", help=say("cli.recall.profile"))


def run(arguments: Namespace) -> int:
    from ..client import Client
    from .files import save_result

    result = find(arguments.request_id, arguments.profile)
    if not result.files:
        result = Client(config.profile(arguments.profile)).download(result)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for path in save_result(arguments.output, result):
        show(str(path))
    for text in result.texts.values():
        report(text)
    return Exit.OK


def find(name: str, profile: str | None) -> Result:
    """The stored result of a request id or task id. The result of an open task is waited for, and stored.

    Raises InputError if neither is known.
    """
    store = result_store()
    result, task = store.by_request_id(name), store.tasks.by_id(name)
    if result is None and task is not None:
        result = store.by_request_id(task.request_id) if task.request_id else fetch(task, profile)
    if result is None:
        raise InputError("not_stored", request=name)
    return result


def fetch(task: Task, profile: str | None) -> Result:
    """Wait for the result of a task. Ctrl-C leaves the task as it is."""
    from ..client import Client
    from .follow import POLL_SECONDS

    client = Client(config.profile(profile))
    if client.identity != task.identity:
        raise InputError("task_elsewhere", task_id=task.task_id)
    call = client.resume(task)
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
        raise call.error or InputError("not_stored", request=task.task_id)
    return call.result
