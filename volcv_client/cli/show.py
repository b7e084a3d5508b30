"""``volcv show KEY``: a model's declaration in full."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from textwrap import wrap

from ..catalog.labels import group, summary, title, tooltip
from ..catalog.shared import RUN_OPTIONS
from ..catalog.spec import Area, Input, Mode, Model, Origin, Price
from ..messages import say
from ..money import money
from .describe import condition_text, input_facts, model_json, short_facts, shown
from .models import find_model
from .parser import Exit, Parser
from .terminal import show

LINE = 100
PICTURE_ROLES = ("alpha", "uri_path", "index_path", "link_path", "url_input", "fit_to")
IMPLIED = ("present", "absent", "inline", "off")
TRAITS = ("repeatable", "takes_links", "native_only")
FURTHER_LIMITS = ("min_side", "max_ratio", "max_inline_base64", "inline_side")


def add(parser: Parser) -> None:
    parser.places.add_argument("key", metavar="KEY", help=say("cli.key"))
    parser.options.add_argument("--json", action="store_true", help=say("cli.json"))


def run(arguments: Namespace) -> int:
    model = find_model(arguments.key)
    if arguments.json:
        show(model_json(model))
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
        ("action", ", ".join(map(action_text, model.modes.values()))),
        ("outputs", ", ".join(output.value for output in model.outputs)),
        ("seconds", f"{model.service_seconds:g} s"),
        ("aliases", ", ".join(model.aliases)),
    ):
        yield f"{say(f'cli.show.{name}')}: {value}"
    yield from map(price_text, dict.fromkeys(model.prices.values()))
    for trait in TRAITS:
        if getattr(model, trait):
            yield say(f"cli.show.{trait}")
    if model.successor:
        yield say("note.retiring", successor=model.successor)
    for key, choices in model.variants.items():
        yield say("cli.show.variant", choices=condition_text(choices), req_key=key)


def price_text(price: Price) -> str:
    """A list price with its unit, date and source."""
    return say(
        "cli.show.price",
        amount=money(price.amount, price.currency),
        per=say(f"money.per.{price.per}"),
        date=price.date or say("cli.show.undated"),
        confidence=say(f"cli.confidence.{price.confidence.name.lower()}"),
        source=price.source,
    )


def action_text(mode: Mode) -> str:
    """The action of a mode, and that of the request for its result."""
    if not mode.result_action:
        return mode.action
    return say("cli.show.result_action", action=mode.action, result_action=mode.result_action)


def inputs(model: Model) -> Iterator[str]:
    yield say("cli.show.inputs")
    for input_ in (*model.all_inputs(), *RUN_OPTIONS):
        yield f"  {input_.name}  ({short_facts(model, input_)})"
        yield from wrap(tooltip(model, input_), LINE, initial_indent="      ", subsequent_indent="      ")
        for text in details(input_):
            yield from wrap(text, LINE, initial_indent="      - ", subsequent_indent="        ")


def details(input_: Input) -> Iterator[str]:
    """Choices, place in the body, picture roles and origin of an input."""
    facts = input_facts(input_)
    for label, option in facts.get("choices", {}).items():
        if facts["kind"] == "branch":
            yield f"{label}: {', '.join(option['inputs'])}; {as_json(option['wire'])}"
        else:
            yield f"{label}: {as_json(option) if option else say('cli.show.nothing')}"
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
    if facts["origin"]:
        yield say("cli.show.origin", origin=origin_text(input_.origin))
    if input_.advanced:
        yield say("cli.show.advanced")


def origin_text(origin: Origin) -> str:
    return say(f"cli.origin.{origin.name.lower()}")


def tail(model: Model) -> Iterator[str]:
    if model.requires:
        yield from ("", say("cli.show.requires"))
    for require in model.requires:
        yield "  " + conditional(say("cli.fact.or").join(require.any_of), require.only_if)
    yield ""
    for area in model.areas:
        yield conditional(area_text(area), area.only_if)
    limits = model.limits
    yield say(
        "cli.show.limits",
        side=limits.max_side,
        each=limits.max_base64,
        total=limits.max_total_base64,
        origin=origin_text(limits.origin),
    )
    for name in FURTHER_LIMITS:
        if value := getattr(limits, name):
            yield say(f"cli.show.{name}", value=shown(value))
    yield say("cli.show.fixed", value=as_json({"req_key": model.req_key, **model.fixed}))
    yield say("cli.show.texts", value=", ".join(model.texts) or say("cli.show.nothing"))


def area_text(area: Area) -> str:
    text = say("cli.show.area", width=area.width, height=area.height, low=area.low, high=area.high)
    if area.sides == Area.sides:
        return text
    low, high = area.sides
    return text + say("cli.show.area_sides", low=low, high=high)


def conditional(text: str, condition: Mapping[str, str | bool]) -> str:
    if not condition:
        return text
    return f"{text}  {say('cli.fact.only_if', condition=condition_text(condition))}"


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
