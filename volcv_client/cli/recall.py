"""``volcv recall ID``: what an earlier call or task brought, without paying again."""

from __future__ import annotations

import time
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..catalog import model
from ..errors import InputError
from ..messages import say
from .history import result_store
from .parser import Exit, Parser
from .terminal import Progress, report, show

if TYPE_CHECKING:
    from ..catalog.spec import Model
    from ..images.media import Media
    from ..store.results import Result
    from ..store.tasks import Task


def add(parser: Parser) -> None:
    parser.places.add_argument("request_id", metavar="REQUEST_ID", help=say("cli.recall.id"))
    parser.options.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help=say("cli.output"))
    parser.options.add_argument("--profile", metavar="NAME", help=say("cli.recall.profile"))


def run(arguments: Namespace) -> int:
    from .files import save_pictures

    result = found(arguments.request_id, arguments.profile)
    files = result.media() or fetch(result, arguments.profile)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for path in save_pictures(arguments.output, result.req_key, result.seed, result.request_id, files):
        show(str(path))
    for text in result.texts.values():
        report(text)
    return Exit.OK


def found(name: str, profile: str | None) -> Result:
    """The stored result of that request or task. The result of an open task is waited for, and stored.

    Raises InputError if nothing is known by that name.
    """
    store = result_store()
    result, task = store.by_request_id(name), store.tasks.by_id(name)
    if result is None and task is not None:
        result = store.by_request_id(task.request_id or finish(task, profile))
    if result is None:
        raise InputError("not_stored", request=name)
    return result


def finish(task: Task, profile: str | None) -> str:
    """Wait for the result of a task; its request id. Ctrl-C leaves the task as it is."""
    from concurrent.futures import TimeoutError as NotYet

    from ..calls.call import Call
    from ..calls.service import service_for
    from ..catalog.spec import Mode
    from ..request.payload import Built
    from .files import check_result
    from .follow import POLL_SECONDS

    service = service_for(config.profile(profile).ready())
    if service.identity != task.identity:
        raise InputError("task_elsewhere", task_id=task.task_id)
    built = Built(task.request, Mode("", task.result_action))
    call = Call(model_of(task.req_key), lambda: built, check_result, task.seed, task.random_seed, task)
    service.submit(call)
    progress = Progress()
    try:
        while True:
            with suppress(NotYet):
                return call.future.result(POLL_SECONDS).request_id
            seconds = int(time.monotonic() - call.phase_since)
            progress.update(0, 1, say(f"status.{call.phase.value}", seconds=seconds))
    except KeyboardInterrupt:
        call.token.cancel()
        raise
    finally:
        progress.clear()


def model_of(req_key: str) -> Model:
    """The model of that req_key; for one that this version does not know, the one that takes any."""
    try:
        return model(req_key)
    except KeyError:
        return model("any")


def fetch(result: Result, profile: str | None) -> list[Media]:
    """The files of an answer of which only the links are known, now kept as well.

    Raises DownloadError if the links no longer work, BadAnswerError if there is nothing of use behind them.
    """
    from ..calls.service import service_for
    from .files import check_result

    service = service_for(config.profile(profile))
    files = [service.download(model_of(result.req_key), url) for url in result.image_urls]
    for one in files:
        check_result(one)
    return service.store.save(result, files).media()
