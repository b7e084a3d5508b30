"""``volcv tasks``: calls that are not settled: at the service, answered but not read, or without an answer."""

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
    from ..store.entry import Entry


def add(parser: Parser) -> None:
    parser.options.add_argument(
        "-n", type=number(int, 1), default=NEWEST, metavar="N", dest="count", help=say("cli.tasks.count")
    )
    parser.options.add_argument("--json", action="store_true", help=say("cli.json"))


def run(arguments: Namespace) -> int:
    from ..store.entry import State

    entries = result_store().journal.open_entries(arguments.count)
    if arguments.json:
        show(json.dumps([facts(entry) for entry in entries], ensure_ascii=False, indent=1))
        return Exit.OK
    for line in columns([row(entry) for entry in entries]) if entries else ():
        show(line)
    states = {entry.state for entry in entries}
    if states & {State.SUBMITTED, State.ANSWERED}:
        report(say("cli.tasks.recall"))
    if State.UNKNOWN in states:
        report(say("cli.tasks.forget"))
    if not entries:
        report(say("cli.tasks.none_open"))
    return Exit.OK


def row(entry: Entry) -> list[str]:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.result.created))
    return [when, entry.name, entry.result.req_key, say(f"cli.tasks.state.{entry.state.value}")]


def facts(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "state": entry.state.value,
        "req_key": entry.result.req_key,
        "created": entry.result.created,
        "charged": entry.charged.value,
        "request_id": entry.result.request_id,
        "task_id": entry.task_id,
        "seed": entry.result.seed,
        "problem": entry.problem,
    }
