"""The ``volcv`` command: every model from a terminal, through the code that the nodes run.

Each subcommand is a module of this package with ``add(parser)`` and ``run(arguments) -> exit code``. What needs
numpy, Pillow or requests is imported where it is used, so that ``--help`` and ``list`` answer at once.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from os import O_WRONLY, devnull, dup2
from os import open as open_descriptor

from .. import __version__
from ..errors import Cancelled, InputError, SetupError, VolcvError
from ..messages import say
from .parser import Exit, Parser, UsageError
from .terminal import make_tolerant, report

COMMANDS: Mapping[str, str] = {
    "list": "models",
    "show": "show",
    "run": "run",
    "demo": "demo",
    "sandbox": "sandbox",
    "config": "settings",
    "check": "check",
    "history": "history",
    "tasks": "tasks",
    "recall": "recall",
    "forget": "forget",
    "bench": "bench",
}
"""Subcommand -> module of this package."""

EXIT_CODES: Mapping[type[Exception], Exit] = {
    UsageError: Exit.USAGE,
    InputError: Exit.USAGE,
    SetupError: Exit.USAGE,
    VolcvError: Exit.FAILED,
    OSError: Exit.FAILED,
}
"""The first class that fits decides."""


def build_parser() -> Parser:
    """The parser of the whole command."""
    parser = Parser(prog="volcv", description=say("cli.about"), epilog=say("cli.epilog"))
    parser.options.add_argument("--version", action="version", version=f"volcv {__version__}", help=say("cli.version"))
    commands = parser.add_subparsers(title=say("cli.commands"), dest="command", metavar=say("cli.command"))
    for name, module in COMMANDS.items():
        command = import_module(f"{__name__}.{module}")
        help_text = say(f"cli.{name}.help")
        child = commands.add_parser(name, help=help_text, description=help_text)
        command.add(child)
        child.set_defaults(execute=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (default: the process's own) and return the exit code, see :class:`Exit`."""
    make_tolerant()
    try:
        with sigterm_as_interrupt():
            return execute(argv)
    except SystemExit as done:  # argparse after --help and --version
        return done.code if isinstance(done.code, int) else Exit.OK
    except (KeyboardInterrupt, Cancelled):
        report(say("cli.interrupted"))
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader closed the pipe; Python would raise again when it flushes at exit.
        dup2(open_descriptor(devnull, O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except tuple(EXIT_CODES) as error:
        report(f"volcv: {error}")
        return next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """SIGTERM means what Ctrl-C means: calls at the service are waited for and stored."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # where Python allows no handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def execute(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    arguments = parser.read(argv)
    if arguments.command is None:
        report(parser.format_help().rstrip())
        return Exit.USAGE
    code = int(arguments.execute(arguments))
    sys.stdout.flush()
    return code
