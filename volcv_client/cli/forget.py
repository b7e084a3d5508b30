"""``volcv forget NAME``: discards a call with its answer and files, so that the same request is sent and paid anew."""

from __future__ import annotations

from argparse import Namespace

from ..errors import InputError
from ..messages import say
from .history import result_store
from .parser import Exit, Parser
from .terminal import report


def add(parser: Parser) -> None:
    parser.places.add_argument("name", metavar="REQUEST_ID", help=say("cli.forget.name"))


def run(arguments: Namespace) -> int:
    if not result_store().forget(arguments.name):
        raise InputError("not_stored", request=arguments.name)
    report(say("cli.forget.done", name=arguments.name))
    return Exit.OK
