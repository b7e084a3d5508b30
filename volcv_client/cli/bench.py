"""``volcv bench``: measures the pack's speed on this machine. The measurements are in the git checkout only."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..messages import say
from . import checkout
from .parser import Exit, Parser
from .terminal import report, show

NAMES = ("conversions", "wall", "overhead", "loop", "memory", "start", "store", "long-run")


def add(parser: Parser) -> None:
    options = parser.options
    options.add_argument(
        "--only",
        choices=NAMES,
        action="append",
        default=[],
        metavar="NAME",
        help=say("cli.bench.only", names=", ".join(NAMES)),
    )
    options.add_argument("--quick", action="store_true", help=say("cli.bench.quick"))
    options.add_argument("-o", "--output", type=Path, metavar="FILE", help=say("cli.bench.output"))
    options.add_argument("--plots", action="store_true", help=say("cli.bench.plots"))


def run(arguments: Namespace) -> int:
    bench = checkout.load("tests.bench.bench", say("cli.bench.no_checkout"))
    found = bench.measure(arguments.only, arguments.quick, report, show)
    if arguments.output:
        bench.write(found, arguments.output, arguments.plots)
        report(say("cli.bench.written", file=arguments.output))
    missed = sum(row["met"] is False for row in found["rows"])
    judged = sum(row["met"] is not None for row in found["rows"])
    report(say("cli.bench.summary", met=judged - missed, judged=judged))
    return Exit.OK
