"""``volcv config``: the profiles in ``config.json``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from os import environ
from typing import TYPE_CHECKING

from .. import config
from ..errors import SetupError
from ..messages import say
from .describe import shown
from .parser import Exit, Parser, UsageError
from .terminal import columns, report, show

if TYPE_CHECKING:
    from ..config.profiles import FieldState


def add(parser: Parser) -> None:
    actions = parser.add_subparsers(title=say("cli.actions"), dest="action", metavar=say("cli.action"), required=True)
    parsers = {}
    for name, action in ACTIONS.items():
        text = say(f"cli.config.{name}")
        parsers[name] = actions.add_parser(name, help=text, description=text)
        parsers[name].set_defaults(act=action)
    for name in ("show", "set", "unset"):
        parsers[name].options.add_argument("--profile", metavar="NAME", help=say("cli.profile"))
    parsers["show"].options.add_argument("--json", action="store_true", help=say("cli.json"))
    for name in ("set", "unset"):
        fields = ", ".join(config.FIELD_KINDS)
        parsers[name].places.add_argument("field", metavar="FIELD", help=say("cli.config.field", fields=fields))
    parsers["set"].places.add_argument("value", metavar="VALUE", nargs="?", help=say("cli.config.value"))
    parsers["use"].places.add_argument("name", metavar="PROFILE", help=say("cli.config.name"))


def run(arguments: Namespace) -> int:
    action: Callable[[Namespace], None] = arguments.act
    action(arguments)
    return Exit.OK


def show_profile(arguments: Namespace) -> None:
    from ..config import profiles

    content = config.load_file()
    name, known = arguments.profile or config.active_name(content), profiles.names(content)
    if name not in known:
        raise SetupError("unknown_profile", name=name, known=", ".join(known))
    states = profiles.field_states(name, content)
    if arguments.json:
        fields = {field: asdict(state) for field, state in states.items()}
        show(json.dumps({"profile": name, "file": str(config.config_file()), "fields": fields}, indent=1))
        return
    show(say("cli.config.active", name=name, known=", ".join(known)))
    show(say("cli.config.file", path=config.config_file()))
    for line in columns([["", field, value_text(field, state), origin_text(state)] for field, state in states.items()]):
        show(line)


def value_text(field: str, state: FieldState) -> str:
    """A field's value for people; of a secret its end."""
    if field in config.SECRETS:
        return f"***{state.last_four}" if state.given else "-"
    return "-" if state.value in (None, "") else shown(state.value)


def origin_text(state: FieldState) -> str:
    """Where the value comes from, or what is wrong with it."""
    return state.problem or state.variable or say(f"cli.config.from.{state.source}")


def set_field(arguments: Namespace) -> None:
    from ..config import profiles

    profile, field = target(arguments), arguments.field
    profiles.check_field(field, profile)
    if field in config.SECRETS:
        if arguments.value is not None:
            raise UsageError(say("cli.config.secret", field=field))
        value = read_secret(field)
    elif arguments.value is None:
        raise UsageError(say("cli.config.no_value", field=field))
    else:
        value = arguments.value
    profiles.set_value(profile, field, value)
    report(say("cli.config.stored", field=field, profile=profile))
    tell_overruled(field)


def read_secret(field: str) -> str:
    """A secret from a hidden prompt, or from stdin if that is no terminal: arguments end up in shell histories."""
    from getpass import getpass

    asked = sys.stdin.isatty()
    secret = getpass(say("cli.config.prompt", field=field)) if asked else sys.stdin.readline()
    if not secret.strip():
        raise UsageError(say("cli.config.no_value", field=field))
    return secret.strip()


def tell_overruled(field: str) -> None:
    """Say so if an environment variable wins over what was just stored."""
    for variable in config.ENVIRONMENT.get(field, ()):
        if environ.get(variable):
            report(say("cli.config.overruled", variable=variable))
            return


def unset_field(arguments: Namespace) -> None:
    from ..config import profiles

    profile = target(arguments)
    removed = profiles.unset_value(profile, arguments.field)
    report(say("cli.config.removed" if removed else "cli.config.not_set", field=arguments.field, profile=profile))


def use_profile(arguments: Namespace) -> None:
    from ..config import profiles

    profiles.use(arguments.name)
    report(say("cli.config.used", profile=arguments.name))
    if environ.get("VOLCV_PROFILE"):
        report(say("cli.config.overruled", variable="VOLCV_PROFILE"))


def show_path(_: Namespace) -> None:
    show(str(config.config_file()))


def target(arguments: Namespace) -> str:
    """The profile to change."""
    return str(arguments.profile or config.active_name())


ACTIONS: Mapping[str, Callable[[Namespace], None]] = {
    "show": show_profile,
    "set": set_field,
    "unset": unset_field,
    "use": use_profile,
    "path": show_path,
}
