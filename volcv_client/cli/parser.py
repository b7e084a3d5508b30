"""argparse with errors as exceptions and texts in the user's language."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, NoReturn, Protocol

from ..messages import say

COMPLAINTS = (
    (r"argument (?P<name>.+?): (?P<problem>.+)", "cli.argparse.argument"),
    (r"invalid choice: (?P<text>.+?)(?:, maybe you meant .+?)? \(choose from (?P<allowed>.*)\)", "cli.not_a_choice"),
    (r"invalid (?P<kind>\S+) value: (?P<text>.+)", "cli.argparse.value"),
    (r"expected one argument", "cli.argparse.one"),
    (r"expected at most one argument", "cli.argparse.at_most_one"),
    (r"expected at least one argument", "cli.argparse.at_least_one"),
    (r"expected (?P<count>\d+) arguments?", "cli.argparse.count"),
    (r"the following arguments are required: (?P<names>.+)", "cli.argparse.required"),
    (r"one of the arguments (?P<names>.+) is required", "cli.argparse.one_of"),
    (r"ignored explicit argument (?P<text>.+)", "cli.argparse.no_value"),
    (r"not allowed with argument (?P<name>.+)", "cli.argparse.not_with"),
    (r"ambiguous option: (?P<name>.+?) could match (?P<allowed>.+)", "cli.argparse.ambiguous"),
    (r"unrecognized arguments: (?P<arguments>.+)", "cli.unknown_arguments"),
)
"""Messages of argparse in Python 3.10 to 3.14 -> message keys. argparse itself translates through the process's gettext
catalogue only, which is not the language of these messages."""


class ArgumentGroup(Protocol):
    """A parser or a group of its arguments; argparse's own class for groups is private."""

    def add_argument(self, *names: str, **settings: Any) -> Any: ...


class Exit(IntEnum):
    """Exit codes: done; the service, the network or the disk failed; the command line, an input or the
    configuration cannot work; the user interrupted."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130


class UsageError(Exception):
    """The command line cannot work; the message says why."""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help with a wide text column and a translated heading."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, say("cli.usage") if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UsageError. ``places`` and ``options`` are its two groups of arguments."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": Formatter, **settings, "add_help": False})
        self.places = self.add_argument_group(say("cli.arguments"))
        self.options = self.add_argument_group(say("cli.options"))
        self.options.add_argument("-h", "--help", action="help", help=say("cli.help"))

    def error(self, message: str) -> NoReturn:
        raise UsageError(say("cli.usage_error", message=translated(message), prog=self.prog))

    def read(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """The arguments (default: the process's own); UsageError for what they cannot mean."""
        known, unknown = self.parse_known_args(arguments)
        if unknown:
            message = say("cli.unknown_arguments", arguments=" ".join(unknown))
            prog = " ".join(filter(None, (self.prog, getattr(known, "command", None))))
            raise UsageError(say("cli.usage_error", message=message, prog=prog))
        return known


def translated(message: str) -> str:
    """A message of argparse in the user's language; any other text unchanged."""
    for pattern, key in COMPLAINTS:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            values = match.groupdict()
            if "problem" in values:
                values["problem"] = translated(values["problem"])
            return say(key, **{name: unquoted(name, value) for name, value in values.items()})
    return message


def unquoted(name: str, value: str) -> str:
    """The value without the quotes of ``repr``; the messages have their own."""
    if name == "text" and value[:1] in ("'", '"'):
        return value[1:-1]
    return value.replace("'", "") if name == "allowed" else value


def slug(label: str) -> str:
    """A choice's label as it is typed: ``Top Left Light`` -> ``top-left-light``."""
    return "-".join(label.lower().replace("_", " ").replace("-", " ").split())


def choice(labels: Iterable[str]) -> Callable[[str], str]:
    """An argument type that takes any of the labels, however spelled, and returns the label itself."""
    by_slug = {slug(label): label for label in labels}

    def read(text: str) -> str:
        try:
            return by_slug[slug(text)]
        except KeyError:
            raise argparse.ArgumentTypeError(say("cli.not_a_choice", text=text, allowed=", ".join(by_slug))) from None

    return read


def number(kind: type[int] | type[float], low: float | None = None) -> Callable[[str], float]:
    """An argument type for numbers, at least ``low``."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(say(f"cli.not_a_number.{kind.__name__}", text=text)) from None
        if low is not None and not value >= low:
            raise argparse.ArgumentTypeError(say("cli.too_low", text=text, low=low))
        return value

    return read
