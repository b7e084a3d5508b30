"""``volcv show KEY``: everything that a model's declaration says."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from textwrap import wrap

from ..catalog.shared import RUN_OPTIONS
from ..catalog.spec import Branch, Choice, Input, Model
from ..labels import group, summary, title, tooltip
from ..messages import say
from .describe import condition_text, input_facts, model_facts, short_facts
from .models import find_model
from .parser import Exit, Parser
from .terminal import show

LINE = 100
PICTURE_ROLES = ("alpha", "uri_path", "url_input", "fit_to")
IMPLIED = ("present", "absent", "inline", "off")


def add(parser: Parser) -> None:
    parser.places.add_argument("key", metavar="KEY", help=say("cli.key"))
    parser.options.add_argument("--json", action="store_true", help=say("cli.json"))


def run(arguments: Namespace) -> int:
    model = find_model(arguments.key)
    if arguments.json:
        show(json.dumps(model_facts(model), ensure_ascii=False, indent=1))
        return Exit.OK
    for line in (*head(model), "", *inputs(model), *tail(model)):
        show(line)
    return Exit.OK


def head(model: Model) -> Iterator[str]:
    yield f"{model.req_key}  {title(model)}"
    yield summary(model)
    yield ""
    for name, value in (
        ("group", group(model)),
        ("node", model.node_id),
        ("page", model.page),
        ("action", ", ".join(mode.action for mode in model.modes.values())),
        ("seconds", f"{model.service_seconds:g} s"),
        ("aliases", ", ".join(model.aliases)),
    ):
        yield f"{say(f'cli.show.{name}')}: {value}"


def inputs(model: Model) -> Iterator[str]:
    yield say("cli.show.inputs")
    for one in (*model.all_inputs(), *RUN_OPTIONS):
        yield f"  {one.name}  ({short_facts(model, one)})"
        yield from wrap(tooltip(model, one), LINE, initial_indent="      ", subsequent_indent="      ")
        for text in details(one):
            yield from wrap(text, LINE, initial_indent="      - ", subsequent_indent="        ")


def details(one: Input) -> Iterator[str]:
    """Choices, place in the body, picture roles and origin of one input."""
    facts = input_facts(one)
    if isinstance(one, Choice):
        for label, wire in facts["choices"].items():
            yield f"{label}: {as_json(wire) if wire else say('cli.show.nothing')}"
    if isinstance(one, Branch):
        for label, option in facts["choices"].items():
            yield f"{label}: {', '.join(option['inputs'])}; {as_json(option['wire'])}"
    if "wire" in facts:
        yield say("cli.show.wire", paths=", ".join(facts["wire"]) or say("cli.show.nothing"))
    if facts.get("on_page") is False:
        yield say("cli.show.off_page")
    for role in PICTURE_ROLES:
        if role in facts:
            yield say(f"cli.show.{role}", value=facts[role])
    for role in IMPLIED:
        if role in facts:
            yield say(f"cli.show.{role}", value=as_json(facts[role]))
    yield say("cli.show.origin", origin=facts["origin"]) + (say("cli.show.advanced") if one.advanced else "")


def tail(model: Model) -> Iterator[str]:
    if model.requires:
        yield from ("", say("cli.show.requires"))
    for one in model.requires:
        condition = say("cli.fact.only_if", condition=condition_text(one.only_if)) if one.only_if else ""
        yield "  " + "  ".join(filter(None, (say("cli.fact.or").join(one.any_of), condition)))
    yield ""
    limits = model.limits
    yield say(
        "cli.show.limits",
        side=limits.max_side,
        each=limits.max_base64,
        total=limits.max_total_base64,
        origin=limits.origin.value,
    )
    yield say("cli.show.fixed", value=as_json({"req_key": model.req_key, **model.fixed}))
    yield say("cli.show.texts", value=", ".join(model.texts) or say("cli.show.nothing"))


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
