"""``volcv tasks``: submitted tasks and their states."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from ..messages import say
from .history import NEWEST, result_store
from .parser import Exit, Parser, number
from .terminal import columns, report, show

if TYPE_CHECKING:
    from ..store.tasks import Task


def add(parser: Parser) -> None:
    parser.options.add_argument(
        "-n", type=number(int, 1), default=NEWEST, metavar="N", dest="count", help=say("cli.tasks.count")
    )
    parser.options.add_argument("--json", action="store_true", help=say("cli.json"))


def run(arguments: Namespace) -> int:
    tasks = result_store().tasks.newest(arguments.count)
    if arguments.json:
        show(json.dumps([facts(task) for task in tasks], ensure_ascii=False, indent=1))
        return Exit.OK
    for line in columns([row(task) for task in tasks]) if tasks else ():
        show(line)
    report(say("cli.tasks.recall") if any(task.open for task in tasks) else say("cli.tasks.none_open"))
    return Exit.OK


def state(task: Task) -> str:
    """ "open", "too old", "done", or the key of the error that it ended with."""
    if task.open:
        return say("cli.tasks.state.open")
    return task.ended or say("cli.tasks.state.gone")


def row(task: Task) -> list[str]:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(task.created))
    return [when, task.task_id, task.req_key, state(task), task.request_id]


def facts(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "req_key": task.req_key,
        "created": task.created,
        "open": task.open,
        "ended": task.ended,
        "request_id": task.request_id,
        "seed": task.seed,
    }
