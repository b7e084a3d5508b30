"""A model's inputs as command line options, and the options given as inputs of a run.

A row of :data:`KINDS` per kind of input says how it becomes an option and how its value is read; no model is known by
name here.
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentTypeError, BooleanOptionalAction
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..catalog.labels import title, tooltip
from ..catalog.shared import CONTROL_TYPES, RUN_OPTIONS, WATERMARK_LANGUAGES, WATERMARK_POSITIONS
from ..catalog.spec import Control, Input, Model
from ..messages import say
from ..request.inputs import active_inputs
from .describe import short_facts
from .parser import ArgumentGroup, Parser, choice, number, slug

Values = Mapping[str, Any]
"""What argparse has read, by ``dest``: the name of the input, or ``<name>.<part>``."""

WATERMARK_PARTS = {"position": WATERMARK_POSITIONS, "language": WATERMARK_LANGUAGES, "opacity": None}
"""Parts of the watermark beside its text -> the wire values of their labels; opacity is a number."""


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def spelled(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``--ddim_steps`` written as ``--ddim-steps``; values are left alone."""

    def hyphenated(text: str) -> str:
        name, equals, value = text.partition("=")
        return name.replace("_", "-") + equals + value if name.startswith("--") else text

    return [hyphenated(text) for text in arguments]


def option(**settings: Any) -> Callable[[ArgumentGroup, Any, str], None]:
    """An option called after the input, with these settings of argparse."""

    def add(group: ArgumentGroup, input_: Input, text: str) -> None:
        group.add_argument(flag(input_.name), dest=input_.name, default=SUPPRESS, help=text, **settings)

    return add


def labels(names: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an option that takes any of the labels."""
    return {"type": choice(names), "metavar": "{" + ",".join(map(slug, names)) + "}"}


def add_combo(group: ArgumentGroup, combo: Any, text: str) -> None:
    option(**labels(combo.options))(group, combo, text)


def add_watermark(group: ArgumentGroup, watermark: Input, text: str) -> None:
    option(metavar="TEXT")(group, watermark, say("cli.logo.text"))
    for part, names in WATERMARK_PARTS.items():
        settings = labels(names) if names else {"type": number(float, 0), "metavar": "NUMBER"}
        part_flag, dest = flag(f"{watermark.name.removesuffix('_info')}_{part}"), f"{watermark.name}.{part}"
        group.add_argument(part_flag, dest=dest, default=SUPPRESS, help=say(f"cli.logo.{part}"), **settings)


def control(text: str) -> tuple[str, str, float]:
    """``FILE:TYPE:STRENGTH``, split from the right because a Windows path holds a colon."""
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not parts[0]:
        raise ArgumentTypeError(say("cli.not_a_control", text=text))
    return parts[0], choice(CONTROL_TYPES)(parts[1]), number(float, 0)(parts[2])


def value_of(input_: Input, values: Values) -> Any:
    return values.get(input_.name)


def images_of(input_: Input, values: Values) -> Any:
    from ..images.image import FileImage, read_mask  # lazy import: --help must not load Pillow

    read = read_mask if input_.kind == "mask" else FileImage
    return [read(Path(path)) for path in values[input_.name]] if input_.name in values else None


def media_of(input_: Input, values: Values) -> Any:
    from ..request.media import MediaFile

    return MediaFile(Path(values[input_.name])) if input_.name in values else None


def watermark_of(watermark: Any, values: Values) -> Any:
    """Any of the watermark's options switches it on; the rest is as the model's page prints it."""
    name = watermark.name
    parts = {"logo_text_content": values[name]} if name in values else {}
    for part, names in WATERMARK_PARTS.items():
        if (value := values.get(f"{name}.{part}")) is not None:
            parts[part] = names[value] if names else value
    return {**watermark.off, "add_logo": True, **parts} if parts else None


def controls_of(input_: Input, values: Values) -> Any:
    from ..images.image import FileImage

    given = values.get(input_.name, ())
    return [Control([FileImage(Path(path))], kind, strength) for path, kind, strength in given] or None


class Kind(NamedTuple):
    """How a kind of input becomes an option, how its value is read (None: not given), and the message key of what
    the help adds for the command line."""

    add: Callable[[ArgumentGroup, Any, str], None]
    read: Callable[[Any, Values], Any] = value_of
    hint: str = ""


KINDS: Mapping[str, Kind] = {
    "text": Kind(option(metavar="TEXT")),
    "json": Kind(option(metavar="TEXT")),
    "integer": Kind(option(metavar="INTEGER", type=number(int))),
    "seed": Kind(option(metavar="INTEGER", type=number(int))),
    "number": Kind(option(metavar="NUMBER", type=number(float))),
    "switch": Kind(option(action=BooleanOptionalAction)),
    "choice": Kind(add_combo),
    "branch": Kind(add_combo),
    "picture": Kind(option(metavar="FILE", action="append"), images_of, "picture_file"),
    "mask": Kind(option(metavar="FILE", action="append"), images_of, "mask_file"),
    "video": Kind(option(metavar="FILE"), media_of, "media_file"),
    "audio": Kind(option(metavar="FILE"), media_of, "media_file"),
    "watermark": Kind(add_watermark, watermark_of),
    "controls": Kind(option(metavar="FILE:TYPE:STRENGTH", action="append", type=control), controls_of, "control_file"),
}


def inputs_of(model: Model) -> Iterator[Input]:
    """Every input of a run, those that steer the pack last."""
    yield from model.all_inputs()
    yield from RUN_OPTIONS


def add_inputs(parser: Parser, model: Model) -> None:
    """An option for every input, rarely used ones in a group of their own."""
    usual = parser.add_argument_group(say("cli.run.inputs", title=title(model)))
    rare = parser.add_argument_group(say("cli.run.advanced"))
    for input_ in inputs_of(model):
        kind = KINDS[input_.kind]
        hint = " " + say(f"cli.run.{kind.hint}") if kind.hint else ""
        text = f"{tooltip(model, input_)} [{short_facts(model, input_)}]{hint}"
        kind.add(rare if input_.advanced else usual, input_, text.replace("%", "%%"))


def collect(model: Model, values: Values) -> dict[str, Any]:
    """The inputs given as options, by name, as :func:`request.plan.plan` takes them.

    Raises InputError for files that are no pictures.
    """
    given = {input_.name: KINDS[input_.kind].read(input_, values) for input_ in inputs_of(model)}
    return {name: value for name, value in given.items() if value is not None}


def unused(model: Model, given: Mapping[str, Any]) -> list[str]:
    """Names of values given although the chosen settings do not use them; pictures have a note of their own."""
    active = active_inputs(model, {**model.defaults(), **given})
    used = {input_.name for input_ in (*active, *RUN_OPTIONS, *model.sockets())}
    return [name for name in given if name not in used]
