"""``volcv check``: is the configuration good; with ``--live`` also what the service does that no page says."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import config
from ..messages import say
from ..money import estimated
from .history import YES
from .parser import Exit, Parser, UsageError, number
from .terminal import Progress, columns, report, show

if TYPE_CHECKING:
    from ..calls.batch import BatchRun
    from ..check.free import Check
    from ..check.live import Outcome
    from ..check.steps import Program
    from ..client import Client

LIVE_OPTIONS = ("spend", "models", "yes")


def add(parser: Parser) -> None:
    options = parser.options
    options.add_argument("--profile", metavar="NAME", help=say("cli.profile"))
    options.add_argument("--live", action="store_true", help=say("cli.check.live"))
    options.add_argument("--spend", type=number(int, 1), metavar="N", help=say("cli.check.spend"))
    options.add_argument(
        "--model", action="append", default=[], dest="models", metavar="KEY", help=say("cli.check.model")
    )
    options.add_argument("--yes", action="store_true", help=say("cli.check.yes"))
    options.add_argument("--report", type=Path, metavar="FILE", help=say("cli.check.report"))
    options.add_argument("--json", action="store_true", help=say("cli.check.json"))
    options.add_argument("--quiet", action="store_true", help=say("cli.quiet"))


def run(arguments: Namespace) -> int:
    refuse_what_cannot_be(arguments)
    from ..check.free import State, free_checks
    from ..check.steps import program
    from ..client import Client

    client = Client(config.profile(arguments.profile).ready())
    planned = program(client, arguments.models, arguments.spend) if arguments.live else None
    checks: list[Check] = []
    for check in free_checks(client):
        checks.append(check)
        tell(arguments, check.line)
    failed = any(check.state is State.FAILED for check in checks)
    reached = all(check.state is not State.FAILED for check in checks[:2])
    if planned is None or not reached:
        if planned is not None:
            report(say("cli.check.not_run"))
        if arguments.report or arguments.json:
            Live(client, arguments, checks).write()
        return Exit.FAILED if failed else Exit.OK
    if not agreed(planned, arguments):
        return Exit.OK
    ended = Live(client, arguments, checks).run(planned)
    return Exit.FAILED if failed and ended is Exit.OK else ended


def refuse_what_cannot_be(arguments: Namespace) -> None:
    """Raises UsageError for options that do not go together, and for a report that would replace a file."""
    if arguments.live and arguments.spend is None:
        raise UsageError(say("cli.check.need_spend"))
    if not arguments.live and any(getattr(arguments, name) for name in LIVE_OPTIONS):
        raise UsageError(say("cli.check.need_live"))
    if arguments.live and not arguments.yes and not sys.stdin.isatty():
        raise UsageError(say("cli.check.need_yes"))
    if arguments.report and arguments.report.exists():
        raise UsageError(say("cli.check.report_exists", path=arguments.report))


def tell(arguments: Namespace, line: str) -> None:
    """A line of the result; on stderr while stdout carries JSON."""
    if not arguments.json:
        show(line)
    elif not arguments.quiet:
        report(line)


def agreed(planned: Program, arguments: Namespace) -> bool:
    """Whether the user wants the calls, after having been told what they are and what they will cost."""
    from ..check.steps import is_task

    rows = [
        ["", step.req_key, fact_title(step.fact), say("cli.check.task") if is_task(step.tries[0].plan) else ""]
        for step in planned.steps
    ]
    report(say("cli.check.will_run", count=planned.calls))
    for line in columns(rows):
        report(line)
    if planned.burst:
        report(say("cli.check.will_burst", count=len(planned.burst.calls), model=planned.burst.model.req_key))
    amounts: dict[str, float] = {}
    unknown = 0
    for price in planned.prices():
        if price.amount is None:
            unknown += price.calls
        else:
            amounts[price.currency] = amounts.get(price.currency, 0.0) + price.amount
    if amounts:
        report(say("cli.check.will_cost", amount=estimated(amounts)))
    if unknown:
        report(say("cli.check.unpriced", count=unknown))
    return bool(arguments.yes) or input(say("cli.check.ask")).strip().lower() in YES


def fact_title(fact: str) -> str:
    return say(f"check.fact.{fact}") if fact else say("check.fact.none")


class Live:
    """A check whose report is written whatever happens."""

    def __init__(self, client: Client, arguments: Namespace, checks: Sequence[Check]) -> None:
        self._client = client
        self._arguments = arguments
        self._checks = checks
        self._outcomes: list[Outcome] = []
        self._burst: dict[str, Any] | None = None
        self._polls: list[dict[str, Any]] = []
        self._interrupted = False

    def run(self, planned: Program) -> Exit:
        """Make the planned calls and write the report, also if they end early."""
        from ..check.live import burst, polls_at_once, run_steps

        path = self._arguments.report or Path(time.strftime("volcv-check-%Y%m%d-%H%M%S.json"))
        path.touch(exist_ok=False)  # what is paid for must not be lost because of a folder that cannot be written
        stopped = False
        try:
            for outcome in run_steps(self._client, planned, self._wait):
                self._outcomes.append(outcome)
                tell(self._arguments, line_of(outcome))
                stopped = outcome.stop
            if not stopped:
                self._polls = polls_at_once(self._client)
                self._burst = burst(self._client, planned.burst, self._wait) if planned.burst else None
                tell(self._arguments, at_once_line(self._polls, self._burst))
        finally:
            self.write(path)
        if self._interrupted:
            return Exit.INTERRUPTED
        return Exit.FAILED if stopped else Exit.OK

    def _wait(self, run: BatchRun) -> bool:
        from .follow import Runs, follow

        self._interrupted = follow(Runs([run]), Progress(self._arguments.quiet))
        return self._interrupted

    def write(self, path: Path | None = None) -> None:
        from ..check.report import as_text, report_of

        text = as_text(report_of(self._client, self._checks, self._outcomes, self._burst, self._polls))
        if self._arguments.json:
            show(text.rstrip())
        if target := path or self._arguments.report:
            target.write_text(text, encoding="utf-8", newline="\n")
            report(say("cli.check.written", path=target))


def line_of(outcome: Outcome) -> str:
    """What came of a step."""
    key = outcome.step.req_key
    last = next((one for one in reversed(outcome.tried) if one.outcome != "not sent"), outcome.tried[-1])
    if last.outcome == "accepted":
        if not outcome.step.fact:
            return say("cli.check.accepted", model=key, seconds=f"{last.facts['seconds']:.1f}")
        found = outcome.finding.value or say("check.unclear")
        return say("cli.check.found", model=key, fact=fact_title(outcome.step.fact), value=found)
    return say(f"cli.check.{last.outcome.replace(' ', '_')}", model=key, problem=last.problem)


def at_once_line(polls: Sequence[dict[str, Any]], burst: dict[str, Any] | None) -> str:
    """How many requests the service takes at the same time."""
    most = max((one["sent"] - one["refused"] for one in polls), default=0)
    parts = [say("cli.check.polls", count=most, sent=polls[-1]["sent"])]
    if burst:
        parts.append(say("cli.check.burst", accepted=burst["accepted"], sent=burst["sent"]))
    return " ".join(parts)
