"""What a declaration says, as plain data for ``volcv show``, its JSON and the help texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..catalog.shared import RUN_OPTIONS
from ..catalog.spec import (
    INT_MAX,
    Branch,
    Choice,
    Controls,
    Input,
    Integer,
    MaskPicture,
    Model,
    Number,
    Picture,
    Switch,
    Text,
    Watermark,
    WireInput,
)
from ..messages import say

KIND_NAMES: Mapping[type[Input], str] = {
    Text: "text",
    Integer: "integer",
    Number: "number",
    Switch: "switch",
    Choice: "choice",
    Branch: "branch",
    MaskPicture: "mask",
    Picture: "picture",
    Watermark: "watermark",
    Controls: "controls",
}
PICTURE_FACTS = ("alpha", "uri_path", "index_path", "url_input", "present", "absent", "inline", "fit_to")
UNBOUNDED = (INT_MAX, -INT_MAX, Number(name="", tooltip="", default=0).high)
"""Technical bounds, which say nothing about the service."""


def kind_name(one: Input) -> str:
    return next(KIND_NAMES[kind] for kind in type(one).__mro__ if kind in KIND_NAMES)


def input_facts(one: Input) -> dict[str, Any]:
    """Everything that the declaration of one input says. ``origin`` is None for what steers only the pack: no page
    knows it."""
    facts: dict[str, Any] = {"name": one.name, "kind": kind_name(one)}
    for name in ("default", "required"):
        if (value := getattr(one, name, None)) is not None:
            facts[name] = value
    facts |= limits(one)
    if isinstance(one, Choice):
        facts["choices"] = {label: dict(wire) for label, wire in one.options.items()}
    if isinstance(one, Branch):
        facts["choices"] = {
            label: {"inputs": [inner.name for inner in option.inputs], "wire": dict(option.wire)}
            for label, option in one.options.items()
        }
    facts |= wire_facts(one)
    if one.only_if:
        facts["only_if"] = dict(one.only_if)
    origin = None if one in RUN_OPTIONS else one.origin.value
    return facts | {"advanced": one.advanced, "origin": origin, "tooltip": one.tooltip}


def limits(one: Input) -> dict[str, Any]:
    """Hard limits (refused when crossed) and advice (only mentioned), without technical bounds."""
    if not isinstance(one, (Integer, Number)):
        return {}
    facts: dict[str, Any] = {name: value for name in ("low", "high") if (value := getattr(one, name)) not in UNBOUNDED}
    if one.advice:
        facts["advice"] = [one.advice.low, one.advice.high]
    if isinstance(one, Number) and one.omit is not None:
        facts["omitted_when"] = one.omit
    return facts


def wire_facts(one: Input) -> dict[str, Any]:
    """Where the input lands in the body."""
    if isinstance(one, WireInput):
        return {"wire": list(one.paths), "on_page": one.on_page}
    if isinstance(one, Picture):
        facts = {name: getattr(one, name, None) for name in PICTURE_FACTS}
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in facts.items() if value}
    if isinstance(one, Controls):
        return {"wire": [one.path]}
    if isinstance(one, Watermark):
        return {"wire": [one.name], "off": dict(one.off)}
    return {}


def model_facts(model: Model) -> dict[str, Any]:
    """Everything that the declaration of a model says."""
    return {
        "req_key": model.req_key,
        "name": model.name,
        "req_keys": list(model.req_keys),
        "outputs": [one.value for one in model.outputs],
        "node_id": model.node_id,
        "title": model.title,
        "group": model.group,
        "summary": model.summary,
        "page": model.page,
        "modes": {label: asdict(mode) for label, mode in model.modes.items()},
        "repeatable": model.repeatable,
        "links_only": model.links_only,
        "native_only": model.native_only,
        "aliases": list(model.aliases),
        "service_seconds": model.service_seconds,
        "fixed": dict(model.fixed),
        "texts": list(model.texts),
        "requires": [asdict(one) for one in model.requires],
        "areas": [asdict(one) for one in model.areas],
        "picture_limits": asdict(model.limits) | {"origin": model.limits.origin.value},
        "inputs": [input_facts(one) for one in (*model.all_inputs(), *RUN_OPTIONS)],
    }


def condition_text(condition: Mapping[str, Any]) -> str:
    """A condition such as ``{"use_sr": "on", "mask": False}`` for people."""
    words = {True: "cli.fact.given", False: "cli.fact.not_given"}
    return ", ".join(
        say(words[wanted], name=name) if isinstance(wanted, bool) else f"{name} = {wanted}"
        for name, wanted in condition.items()
    )


def arms_of(model: Model, one: Input) -> list[str]:
    """The Branch choices that show the input, as ``composition = automatic``; empty if it is always there."""
    if one in model.inputs:
        return []
    return [
        f"{outer.name} = {label}"
        for outer in model.inputs
        if isinstance(outer, Branch)
        for label, option in outer.options.items()
        if one.name in {inner.name for inner in option.inputs}
    ]


def short_facts(model: Model, one: Input) -> str:
    """Kind, default, allowed and advised range and conditions of an input, in one line."""
    facts = input_facts(one)
    parts = [say(f"cli.kind.{facts['kind']}")]
    if facts.get("required"):
        parts.append(say("cli.fact.required"))
    elif facts.get("default", "") != "":
        parts.append(say("cli.fact.default", value=shown(facts["default"])))
    parts += range_facts(facts)
    conditions = [condition_text(one.only_if)] if one.only_if else []
    if arms := arms_of(model, one):
        conditions.append(say("cli.fact.or").join(arms))
    if conditions:
        parts.append(say("cli.fact.only_if", condition=", ".join(conditions)))
    return ", ".join(parts)


def range_facts(facts: Mapping[str, Any]) -> list[str]:
    parts = []
    low, high = facts.get("low"), facts.get("high")
    if low is not None and high is not None:
        parts.append(say("cli.fact.range", low=shown(low), high=shown(high)))
    elif low is not None:
        parts.append(say("cli.fact.low", low=shown(low)))
    elif high is not None:
        parts.append(say("cli.fact.high", high=shown(high)))
    if "advice" in facts:
        parts.append(say("cli.fact.advice", low=shown(facts["advice"][0]), high=shown(facts["advice"][1])))
    if "omitted_when" in facts:
        parts.append(say("cli.fact.omitted", value=shown(facts["omitted_when"])))
    return parts


def shown(value: object) -> str:
    """A value for people: ``on``/``off``, numbers without needless digits."""
    if isinstance(value, bool):
        return say("cli.on" if value else "cli.off")
    return f"{value:g}" if isinstance(value, float) else str(value)
