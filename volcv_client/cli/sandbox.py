"""``volcv sandbox``: the stand-in service in the foreground."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping
from os import name as system
from typing import TYPE_CHECKING

from ..config import SANDBOX_KEY
from ..messages import say
from . import checkout
from .parser import Exit, Parser, UsageError, number
from .terminal import report, show

if TYPE_CHECKING:
    from ..sandbox import SandboxServer

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
        "--task-seconds", type=number(float, 0), default=0.0, metavar="S", help=say("cli.sandbox.task_seconds")
    )
    options.add_argument("--access-key", metavar="K", help=say("cli.sandbox.access_key"))
    options.add_argument("--secret-key", default=SANDBOX_KEY, metavar="K", help=say("cli.sandbox.secret_key"))
    options.add_argument("--fault", action="append", default=[], metavar="SPEC", help=say("cli.sandbox.fault"))


def make_server(arguments: Namespace) -> SandboxServer:
    """The sandbox; with failures to play or keys to sign with, the strict gateway of the checkout."""
    from ..sandbox import SandboxServer

    settings = {
        "host": arguments.host,
        "port": arguments.port,
        "api_keys": (arguments.key,),
        "max_in_flight": arguments.max_in_flight,
        "delay": arguments.delay,
        "task_seconds": arguments.task_seconds,
    }
    if not arguments.fault and not arguments.access_key:
        return SandboxServer(**settings)
    gateway = checkout.load("tests.gateway", say("cli.sandbox.no_checkout"))
    keys = {arguments.access_key: arguments.secret_key} if arguments.access_key else {}
    try:
        faults = [gateway.Fault.parse(text) for text in arguments.fault]
    except ValueError as error:
        raise UsageError(f"--fault: {error}") from None
    strict: SandboxServer = gateway.Gateway(**settings, access_keys=keys, faults=faults)
    return strict


def run(arguments: Namespace) -> int:
    server = make_server(arguments)
    try:
        server.start()
    except (OSError, OverflowError) as error:
        where = f"{arguments.host}:{arguments.port}"
        raise UsageError(say("cli.sandbox.no_port", where=where, problem=error)) from None
    with server:
        try:
            greet(server.url, credential(arguments))
            while True:
                time.sleep(0.5)
        except KeyboardInterrupt:
            report(say("cli.sandbox.stopped", requests=server.calls, charged=server.charged))
    return Exit.OK


def credential(arguments: Namespace) -> dict[str, str]:
    """Environment variables that carry what the sandbox accepts: a signing pair when one was named, else the key."""
    if arguments.access_key:
        return {"VOLCV_ACCESS_KEY": arguments.access_key, "VOLCV_SECRET_KEY": arguments.secret_key}
    return {"VOLCV_API_KEY": arguments.key}


def greet(url: str, variables: Mapping[str, str]) -> None:
    report(say("cli.sandbox.listening", url=url))
    line = ASSIGNMENT.get(system, "export {name}={value}")
    for name, value in {"VOLCV_BASE_URL": url, **variables}.items():
        show(line.format(name=name, value=value))
    report(say("cli.sandbox.stop"))
