"""``volcv sandbox``: the stand-in service in the foreground."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError, Namespace
from os import name as system
from typing import TYPE_CHECKING

from ..config import SANDBOX_KEY
from ..messages import say
from .parser import Exit, Parser, UsageError, number
from .terminal import report, show

if TYPE_CHECKING:
    from ..sandbox import Fault

ASSIGNMENT = {"nt": "set {name}={value}"}
"""How a shell sets an environment variable, by operating system; elsewhere it is ``export``."""


def add(parser: Parser) -> None:
    options = parser.options
    options.add_argument("--port", type=number(int, 0), default=0, metavar="N", help=say("cli.sandbox.port"))
    options.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=say("cli.sandbox.host"))
    options.add_argument("--key", default=SANDBOX_KEY, metavar="K", help=say("cli.sandbox.key"))
    options.add_argument("--max-in-flight", type=number(int, 1), metavar="N", help=say("cli.sandbox.max_in_flight"))
    options.add_argument("--delay", type=number(float, 0), default=0.0, metavar="S", help=say("cli.sandbox.delay"))
    options.add_argument(
        "--fault", type=fault, action="append", default=[], metavar="SPEC", help=say("cli.sandbox.fault")
    )


def fault(text: str) -> Fault:
    from ..sandbox import Fault

    try:
        return Fault.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def run(arguments: Namespace) -> int:
    from ..sandbox import SandboxServer

    server = SandboxServer(
        host=arguments.host,
        port=arguments.port,
        api_keys=(arguments.key,),
        max_in_flight=arguments.max_in_flight,
        delay=arguments.delay,
        faults=arguments.fault,
    )
    try:
        server.start()
    except (OSError, OverflowError) as error:
        where = f"{arguments.host}:{arguments.port}"
        raise UsageError(say("cli.sandbox.no_port", where=where, problem=error)) from None
    with server:
        greet(server.url, arguments.key)
        try:
            while True:
                time.sleep(0.5)
        except KeyboardInterrupt:
            report(say("cli.sandbox.stopped", requests=len(server.requests), charged=server.charged))
    return Exit.OK


def greet(url: str, key: str) -> None:
    report(say("cli.sandbox.listening", url=url))
    line = ASSIGNMENT.get(system, "export {name}={value}")
    show(line.format(name="VOLCV_BASE_URL", value=url))
    show(line.format(name="VOLCV_API_KEY", value=key))
    report(say("cli.sandbox.stop"))
