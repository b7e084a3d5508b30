"""The value of an input in a line of a jobs file, as the options of the command line would have it.

A reader gets the input, the JSON value and the folder that relative paths start from. It returns what
:func:`options.collect` takes, files as ``Path``, or raises :class:`WrongValue`.
"""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from ..catalog.shared import CONTROL_STRENGTH, CONTROL_TYPES, WATERMARK_LANGUAGES, WATERMARK_POSITIONS
from ..catalog.spec import Branch, Choice, Input, JsonBody
from ..messages import say
from .describe import input_facts, range_facts
from .parser import choice

Read = Callable[[Input, Any, Path], Mapping[str, Any]]
CONTROL_FIELDS = ("image", "type", "strength")


class WrongValue(Exception):
    """The value does not fit; the text says what does."""


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def kind_and_range(one: Input) -> str:
    facts = input_facts(one)
    return ", ".join((say(f"cli.kind.{facts['kind']}"), *range_facts(facts)))


def read_text(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    if isinstance(one, JsonBody) and isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        raise WrongValue(kind_and_range(one))
    return {one.name: value}


def read_integer(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(kind_and_range(one))
    return {one.name: value}


def read_number(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    if not is_number(value):
        raise WrongValue(kind_and_range(one))
    return {one.name: as_float(value, kind_and_range(one))}


def as_float(value: Any, allowed: str) -> float:
    """JSON knows integers that no float can hold."""
    try:
        return float(value)
    except OverflowError:
        raise WrongValue(allowed) from None


def read_switch(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    if not isinstance(value, bool):
        raise WrongValue("true, false")
    return {one.name: value}


def read_choice(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    return {one.name: label_of(value, cast("Choice | Branch", one).options)}


def label_of(value: Any, labels: Mapping[str, Any] | tuple[str, ...]) -> str:
    """The label that was meant, however spelled."""
    allowed = ", ".join(labels)
    if not isinstance(value, str):
        raise WrongValue(allowed)
    try:
        return choice(labels)(value)
    except ArgumentTypeError:
        raise WrongValue(allowed) from None


def read_pictures(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) and path for path in paths):
        raise WrongValue(say("cli.jobs.takes.pictures"))
    return {one.name: [base / path for path in paths]}


def read_watermark(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    allowed = say(
        "cli.jobs.takes.watermark",
        positions=", ".join(WATERMARK_POSITIONS),
        languages=", ".join(WATERMARK_LANGUAGES),
    )
    if not isinstance(value, dict) or not value:
        raise WrongValue(allowed)
    found: dict[str, Any] = {}
    for part, given in value.items():
        if part == "logo_text_content" and isinstance(given, str):
            found[one.name] = given
        elif part == "position":
            found[f"{one.name}.position"] = label_of(given, WATERMARK_POSITIONS)
        elif part == "language":
            found[f"{one.name}.language"] = label_of(given, WATERMARK_LANGUAGES)
        elif part == "opacity" and is_number(given) and given >= 0:
            found[f"{one.name}.opacity"] = as_float(given, allowed)
        else:
            raise WrongValue(allowed)
    return found


def read_controls(one: Input, value: Any, base: Path) -> Mapping[str, Any]:
    if not isinstance(value, list):
        raise WrongValue(say("cli.jobs.takes.controls", types=", ".join(CONTROL_TYPES)))
    return {one.name: [read_control(given, base) for given in value]}


def read_control(given: Any, base: Path) -> tuple[Path, str, float]:
    allowed = say("cli.jobs.takes.controls", types=", ".join(CONTROL_TYPES))
    if not isinstance(given, dict) or set(given) - set(CONTROL_FIELDS):
        raise WrongValue(allowed)
    path, strength = given.get("image"), given.get("strength", CONTROL_STRENGTH.default)
    if not isinstance(path, str) or not path or not is_number(strength):
        raise WrongValue(allowed)
    return base / path, label_of(given.get("type"), CONTROL_TYPES), as_float(strength, allowed)
