"""A declaration as plain data for ``volcv show``, its JSON and the help texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, astuple
from typing import Any

from ..catalog.inputs import UNBOUNDED
from ..catalog.shared import RUN_OPTIONS
from ..catalog.spec import Branch, BranchOption, Input, Model
from ..messages import say

PLAIN_KINDS = {"seed": "integer", "json": "text"}
"""Kinds that are told by what the user writes."""

PICTURE_FACTS = ("alpha", "uri_path", "index_path", "link_path", "url_input", "present", "absent", "inline", "fit_to")
MODEL_FACTS = (
    *("req_key", "name", "req_keys", "outputs", "node_id", "title", "group", "summary", "page", "modes", "repeatable"),
    *("takes_links", "native_only", "aliases", "service_seconds", "fixed", "texts", "requires", "areas", "prices"),
    *("single_field", "video_length", "links_at", "variants", "successor", "example"),
)


def input_facts(input_: Input) -> dict[str, Any]:
    """Everything that the declaration of an input says. ``origin`` is None for what steers only the pack: no page
    knows it. Technical bounds, which say nothing about the service, are left out."""

    def said(name: str) -> Any:
        return getattr(input_, name, None)

    facts = {
        "default": said("default"),
        "required": said("required"),
        **{name: said(name) for name in ("low", "high") if said(name) not in UNBOUNDED},
        "advice": astuple(said("advice")) if said("advice") else None,
        "omitted_when": said("omit"),
        "choices": {label: option_facts(option) for label, option in (said("options") or {}).items()} or None,
        "wire": said("paths"),
        "on_page": said("on_page"),
        **{name: said(name) or None for name in (*PICTURE_FACTS, "off", "only_if")},
    }
    return {
        "name": input_.name,
        "kind": PLAIN_KINDS.get(input_.kind, input_.kind),
        **{name: value for name, value in facts.items() if value is not None},
        "advanced": input_.advanced,
        "origin": None if input_ in RUN_OPTIONS else input_.origin.value,
        "tooltip": input_.tooltip,
    }


def option_facts(option: Mapping[str, Any] | BranchOption) -> Mapping[str, Any]:
    """The wire values of a label, with the inputs of a Branch's arm."""
    if isinstance(option, BranchOption):
        return {"inputs": [inner.name for inner in option.inputs], "wire": option.wire}
    return option


def model_json(model: Model) -> str:
    """Everything that the declaration of a model says, as JSON."""
    facts = {name: getattr(model, name) for name in MODEL_FACTS}
    inputs = [input_facts(input_) for input_ in (*model.all_inputs(), *RUN_OPTIONS)]
    facts |= {"picture_limits": model.limits, "inputs": inputs}
    return json.dumps(facts, ensure_ascii=False, indent=1, default=asdict)


def condition_text(condition: Mapping[str, Any]) -> str:
    """A condition such as ``{"use_sr": "on", "mask": False}`` for people."""
    words = {True: "cli.fact.given", False: "cli.fact.not_given"}
    return ", ".join(
        say(words[wanted], name=name) if isinstance(wanted, bool) else f"{name} = {wanted}"
        for name, wanted in condition.items()
    )


def arms_of(model: Model, input_: Input) -> list[str]:
    """The Branch choices that show the input, as ``composition = automatic``; empty if it is always there."""
    if input_ in model.inputs:
        return []
    return [
        f"{outer.name} = {label}"
        for outer in model.inputs
        if isinstance(outer, Branch)
        for label, option in outer.options.items()
        if input_.name in {inner.name for inner in option.inputs}
    ]


def short_facts(model: Model, input_: Input) -> str:
    """Kind, default, allowed and advised range and conditions of an input, in one line."""
    facts = input_facts(input_)
    parts = [say(f"cli.kind.{facts['kind']}")]
    if facts.get("required"):
        parts.append(say("cli.fact.required"))
    elif facts.get("default", "") != "":
        parts.append(say("cli.fact.default", value=shown(facts["default"])))
    parts += range_facts(facts)
    conditions = [condition_text(input_.only_if)] if input_.only_if else []
    if arms := arms_of(model, input_):
        conditions.append(say("cli.fact.or").join(arms))
    if conditions:
        parts.append(say("cli.fact.only_if", condition=", ".join(conditions)))
    return ", ".join(parts)


def range_facts(facts: Mapping[str, Any]) -> list[str]:
    """The allowed and the advised range, in words."""
    parts = []
    bounds = {name: shown(facts[name]) for name in ("low", "high") if name in facts}
    if bounds:
        parts.append(say("cli.fact.range" if len(bounds) == 2 else f"cli.fact.{next(iter(bounds))}", **bounds))
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
