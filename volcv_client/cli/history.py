"""``volcv history``: the stored results."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from .. import config
from ..messages import say
from ..money import estimated, money
from .parser import Exit, Parser, UsageError, number
from .terminal import columns, report, shorten, show

if TYPE_CHECKING:
    from ..store.budget import Budget
    from ..store.result import Result
    from ..store.results import ResultStore

NEWEST = 20
PROMPT_CELLS = 48
YES = ("y", "yes", "\u662f")


def add(parser: Parser) -> None:
    parser.options.add_argument(
        "-n", type=number(int, 1), default=NEWEST, metavar="N", dest="count", help=say("cli.history.count")
    )
    parser.options.add_argument("--json", action="store_true", help=say("cli.json"))
    parser.options.add_argument("--clear", action="store_true", help=say("cli.history.clear"))
    parser.options.add_argument("--yes", action="store_true", help=say("cli.history.yes"))


def result_store() -> ResultStore:
    """The store of this user."""
    from ..store.results import ResultStore

    return ResultStore(config.home() / "results")


def run(arguments: Namespace) -> int:
    store = result_store()
    if arguments.clear:
        return clear(store, arguments.yes)
    results = store.newest(arguments.count)
    if arguments.json:
        show(json.dumps([facts(result) for result in results], ensure_ascii=False, indent=1))
        return Exit.OK
    for line in columns([row(result) for result in results]) if results else ():
        show(line)
    report(usage(store))
    report(spent(store))
    return Exit.OK


def clear(store: ResultStore, sure: bool) -> int:
    if not sure:
        if not sys.stdin.isatty():
            raise UsageError(say("cli.history.need_yes"))
        report(usage(store))
        if input(say("cli.history.ask")).strip().lower() not in YES:
            return Exit.OK
    report(say("cli.history.cleared", count=store.clear()))
    return Exit.OK


def usage(store: ResultStore) -> str:
    count, size = store.usage()
    return say("cli.history.usage", count=count, size=f"{size / 2**20:.1f}", folder=store.folder)


def spent(store: ResultStore) -> str:
    """Charged calls of today and this month, those of unknown outcome, and what the active profile's limits leave."""
    from ..store.budget import active_limits, budgets

    found = budgets(store, active_limits())
    return say("cli.history.spent", today=amount(found["daily"]), month=amount(found["monthly"]))


def amount(budget: Budget) -> str:
    """Such as "12 of 100 (2 unknown, 86 left, about CNY 2.40, estimated, 1 without a known price)"."""
    limit = budget.limit
    calls = say("cli.history.of_limit", calls=budget.calls, limit=limit.most) if limit.most else str(budget.calls)
    facts = [say("cli.history.unknown", count=budget.unknown)] if budget.unknown else []
    facts += [say("cli.history.left", count=limit.left)] if limit.most else []
    facts += [estimated(budget.amounts)] if budget.amounts else []
    facts += [say("cli.history.unpriced", count=budget.unpriced)] if budget.unpriced and budget.amounts else []
    if budget.money.most:
        left, most = money(budget.money.left, budget.currency), money(budget.money.most, budget.currency)
        facts.append(say("cli.history.budget_left", left=left, most=most))
    return say("cli.history.amount", calls=calls, facts=", ".join(facts)) if facts else calls


def row(result: Result) -> list[str]:
    """Time, request id, model, seed, pictures and the prompt of one result."""
    return [
        time.strftime("%Y-%m-%d %H:%M", time.localtime(result.created)),
        result.request_id,
        result.req_key,
        "-1" if result.seed is None else str(result.seed),
        say("cli.history.pictures", count=len(result.files)),
        shorten(" ".join(result.prompt.split()), PROMPT_CELLS),
    ]


def facts(result: Result) -> dict[str, Any]:
    return {
        "request_id": result.request_id,
        "req_key": result.req_key,
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(result.created)),
        "seed": result.seed,
        "seconds": result.seconds,
        "comfyui_cost": result.cost,
        "estimated_amount": result.amount,
        "currency": result.currency,
        "texts": dict(result.texts),
        "image_urls": list(result.image_urls),
        "request": dict(result.request),
        "files": [str(file.path) for file in result.files],
    }
