"""``volcv config``: shows and changes the profiles in ``config.json``."""

from __future__ import annotations

import getpass
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from os import environ

from .. import config
from ..config import SETTINGS, edit
from ..messages import say
from .describe import shown
from .parser import Exit, Parser, UsageError
from .terminal import columns, report, show


def add(parser: Parser) -> None:
    actions = parser.add_subparsers(title=say("cli.actions"), dest="action", metavar=say("cli.action"), required=True)
    for name, action in ACTIONS.items():
        text = say(f"cli.config.{name}")
        child = actions.add_parser(name, help=text, description=text)
        child.set_defaults(act=action)
        if name in ("show", "set", "unset"):
            child.options.add_argument("--profile", metavar="NAME", help=say("cli.profile"))
        if name == "show":
            child.options.add_argument("--json", action="store_true", help=say("cli.json"))
        if name in ("set", "unset"):
            text = say("cli.config.field", fields=", ".join(SETTINGS))
            child.places.add_argument("field", metavar="FIELD", help=text)
        if name == "set":
            child.places.add_argument("value", metavar="VALUE", nargs="?", help=say("cli.config.value"))
        if name == "use":
            child.places.add_argument("name", metavar="PROFILE", help=say("cli.config.name"))


def run(arguments: Namespace) -> int:
    action: Callable[[Namespace], None] = arguments.act
    action(arguments)
    return Exit.OK


def show_profile(arguments: Namespace) -> None:
    content = config.load_file()
    name = arguments.profile or config.active_name(content)
    config.stored_values(name, content)
    states = edit.field_states(name, content)
    if arguments.json:
        fields = {field: asdict(state) for field, state in states.items()}
        show(json.dumps({"profile": name, "file": str(config.config_file()), "fields": fields}, indent=1))
        return
    show(say("cli.config.active", name=name, known=", ".join(config.profile_names(content))))
    show(say("cli.config.file", path=config.config_file()))
    for line in columns([["", field, *texts(field, state)] for field, state in states.items()]):
        show(line)


def texts(field: str, state: edit.FieldState) -> tuple[str, str]:
    """A field's value, masked if it is a secret, and its source or what is wrong with it."""
    value = "-" if state.value in (None, "") else shown(state.value)
    if SETTINGS[field].secret and state.source != "default":
        value = f"***{state.last_four}"
    return value, state.problem or state.variable or say(f"cli.config.from.{state.source}")


def set_field(arguments: Namespace) -> None:
    profile, field, value = target(arguments), arguments.field, arguments.value
    edit.check_field(field, profile)
    if SETTINGS[field].secret:
        if value is not None:
            raise UsageError(say("cli.config.secret", field=field))
        # A hidden prompt or stdin: arguments end up in shell histories.
        prompt = say("cli.config.prompt", field=field)
        value = (getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()).rstrip("\r\n")
        value = value if value.strip() else None
    if value is None:
        raise UsageError(say("cli.config.no_value", field=field))
    for cleaned in edit.set_values(profile, {field: value}):
        report(say("note.secret_cleaned", field=cleaned))
    report(say("cli.config.stored", field=field, profile=profile))
    report_override(SETTINGS[field].variable)


def report_override(variable: str) -> None:
    """Tell that a set environment variable takes precedence over what was just stored."""
    if environ.get(variable):
        report(say("cli.config.overruled", variable=variable))


def unset_field(arguments: Namespace) -> None:
    profile = target(arguments)
    removed = edit.unset_value(profile, arguments.field)
    report(say("cli.config.removed" if removed else "cli.config.not_set", field=arguments.field, profile=profile))


def use_profile(arguments: Namespace) -> None:
    edit.activate(arguments.name)
    report(say("cli.config.used", profile=arguments.name))
    report_override("VOLCV_PROFILE")


def show_path(_: Namespace) -> None:
    show(str(config.config_file()))


def target(arguments: Namespace) -> str:
    """Name of the profile to change."""
    return str(arguments.profile or config.active_name())


ACTIONS: Mapping[str, Callable[[Namespace], None]] = {
    "show": show_profile,
    "set": set_field,
    "unset": unset_field,
    "use": use_profile,
    "path": show_path,
}
