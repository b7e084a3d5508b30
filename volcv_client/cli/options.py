"""A model's inputs as command line options, and the options given as inputs of a run.

One table row per kind of input says how it becomes an option and how its value is taken; no model is known by
name here.
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentTypeError, BooleanOptionalAction, _ArgumentGroup
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..catalog.labels import title, tooltip
from ..catalog.shared import CONTROL_TYPES, RUN_OPTIONS, WATERMARK_LANGUAGES, WATERMARK_POSITIONS
from ..catalog.spec import (
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
)
from ..messages import say
from .describe import short_facts
from .job_values import (
    Read,
    read_choice,
    read_controls,
    read_integer,
    read_number,
    read_pictures,
    read_switch,
    read_text,
    read_watermark,
)
from .parser import Parser, choice, number, slug

if TYPE_CHECKING:
    from ..calls.run import BatchInputs
    from ..request.payload import PictureSource

Values = Mapping[str, Any]


@dataclass
class Given:
    """What the user asked for, while it is collected. ``values`` are those given, without defaults."""

    values: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, Sequence[PictureSource]] = field(default_factory=dict)
    controls: list[tuple[Sequence[PictureSource], str, float]] = field(default_factory=list)
    watermark: dict[str, Any] | None = None

    def batch(self, model: Model) -> BatchInputs:
        """The inputs of a run: what was given over the model's defaults."""
        from ..calls.run import BatchInputs
        from ..request.payload import defaults

        return BatchInputs(defaults(model) | self.values, self.pictures, self.controls, self.watermark)


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def spelled(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``--ddim_steps`` written as ``--ddim-steps``; values are left alone."""

    def one(text: str) -> str:
        name, equals, value = text.partition("=")
        return name.replace("_", "-") + equals + value if name.startswith("--") else text

    return [one(text) for text in arguments]


def plain(**settings: Any) -> Callable[[_ArgumentGroup, Input, str], None]:
    """An option that holds the value as it goes into the run."""

    def add(group: _ArgumentGroup, one: Input, text: str) -> None:
        group.add_argument(flag(one.name), dest=one.name, default=SUPPRESS, help=text, **settings)

    return add


def add_switch(group: _ArgumentGroup, one: Input, text: str) -> None:
    group.add_argument(flag(one.name), dest=one.name, default=SUPPRESS, help=text, action=BooleanOptionalAction)


def add_choice(group: _ArgumentGroup, one: Input, text: str) -> None:
    add_labels(group, flag(one.name), one.name, cast("Choice | Branch", one).options, text)


def add_labels(group: _ArgumentGroup, option: str, dest: str, labels: Mapping[str, Any], text: str) -> None:
    metavar = "{" + ",".join(map(slug, labels)) + "}"
    group.add_argument(option, dest=dest, default=SUPPRESS, help=text, type=choice(labels), metavar=metavar)


def logo_flag(one: Input, part: str) -> str:
    return flag(f"{one.name.removesuffix('_info')}_{part}")


def add_watermark(group: _ArgumentGroup, one: Input, text: str) -> None:
    plain(metavar="TEXT")(group, one, say("cli.logo.text"))
    for part, labels in (("position", WATERMARK_POSITIONS), ("language", WATERMARK_LANGUAGES)):
        add_labels(group, logo_flag(one, part), f"{one.name}.{part}", labels, say(f"cli.logo.{part}"))
    group.add_argument(
        logo_flag(one, "opacity"),
        dest=f"{one.name}.opacity",
        default=SUPPRESS,
        type=number(float, 0),
        metavar="NUMBER",
        help=say("cli.logo.opacity"),
    )


def control(text: str) -> tuple[str, str, float]:
    """``FILE:TYPE:STRENGTH``, split from the right because a Windows path holds a colon."""
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not parts[0]:
        raise ArgumentTypeError(say("cli.not_a_control", text=text))
    return parts[0], choice(CONTROL_TYPES)(parts[1]), number(float, 0)(parts[2])


def take_value(one: Input, values: Values, given: Given) -> None:
    if one.name in values:
        given.values[one.name] = values[one.name]


def take_picture(one: Input, values: Values, given: Given) -> None:
    from .files import FilePicture

    if one.name in values:
        given.pictures[one.name] = [FilePicture(Path(path)) for path in values[one.name]]


def take_mask(one: Input, values: Values, given: Given) -> None:
    from .files import read_mask

    if one.name in values:
        given.pictures[one.name] = [read_mask(Path(path)) for path in values[one.name]]


def take_watermark(one: Input, values: Values, given: Given) -> None:
    """Any of the watermark's options switches it on; the rest is as the model's page prints it."""
    parts: dict[str, Any] = {}
    if one.name in values:
        parts["logo_text_content"] = values[one.name]
    for part, labels in (("position", WATERMARK_POSITIONS), ("language", WATERMARK_LANGUAGES)):
        if (label := values.get(f"{one.name}.{part}")) is not None:
            parts[part] = labels[label]
    if (opacity := values.get(f"{one.name}.opacity")) is not None:
        parts["opacity"] = opacity
    if parts:
        given.watermark = {**cast(Watermark, one).off, "add_logo": True, **parts}


def take_controls(one: Input, values: Values, given: Given) -> None:
    from .files import FilePicture

    for path, kind, strength in values.get(one.name, ()):
        given.controls.append(([FilePicture(Path(path))], kind, strength))


@dataclass(frozen=True)
class Kind:
    """How one kind of input becomes an option, is read from a jobs file, and how its value gets into a run."""

    add: Callable[[_ArgumentGroup, Input, str], None]
    read: Read
    take: Callable[[Input, Values, Given], None] = take_value


KINDS: Mapping[type[Input], Kind] = {
    Text: Kind(plain(metavar="TEXT"), read_text),
    Integer: Kind(plain(metavar="INTEGER", type=number(int)), read_integer),
    Number: Kind(plain(metavar="NUMBER", type=number(float)), read_number),
    Switch: Kind(add_switch, read_switch),
    Choice: Kind(add_choice, read_choice),
    Branch: Kind(add_choice, read_choice),
    MaskPicture: Kind(plain(metavar="FILE", action="append"), read_pictures, take_mask),
    Picture: Kind(plain(metavar="FILE", action="append"), read_pictures, take_picture),
    Watermark: Kind(add_watermark, read_watermark, take_watermark),
    Controls: Kind(plain(metavar="FILE:TYPE:STRENGTH", action="append", type=control), read_controls, take_controls),
}


def kind_of(one: Input) -> Kind:
    return next(KINDS[kind] for kind in type(one).__mro__ if kind in KINDS)


def inputs_of(model: Model) -> Iterator[Input]:
    """Every input of a run, those that steer the pack last."""
    yield from model.all_inputs()
    yield from RUN_OPTIONS


def add_inputs(parser: Parser, model: Model) -> None:
    """An option for every input, rarely used ones in a group of their own."""
    usual = parser.add_argument_group(say("cli.run.inputs", title=title(model)))
    rare = parser.add_argument_group(say("cli.run.advanced"))
    for one in inputs_of(model):
        text = f"{tooltip(model, one)} [{short_facts(model, one)}]{extra(one)}"
        kind_of(one).add(rare if one.advanced else usual, one, text.replace("%", "%%"))


def extra(one: Input) -> str:
    """What only the command line has to say about an input."""
    return next((" " + say(f"cli.run.{name}") for kind, name in EXTRAS.items() if isinstance(one, kind)), "")


EXTRAS: Mapping[type[Input], str] = {MaskPicture: "mask_file", Picture: "picture_file", Controls: "control_file"}


def collect(model: Model, values: Values) -> Given:
    """The options given (by input name) as inputs. Raises InputError for files that are no pictures."""
    given = Given()
    for one in inputs_of(model):
        kind_of(one).take(one, values, given)
    return given


def unused(model: Model, given: Given) -> list[str]:
    """Names of inputs given although the chosen settings do not use them. Choices must be valid."""
    from ..request.payload import Inputs, active_inputs

    batch = given.batch(model)
    first = {name: sources[0] for name, sources in batch.pictures.items()}
    used = {one.name for one in active_inputs(model, Inputs(batch.values, first))}
    used |= {one.name for one in RUN_OPTIONS}
    return [name for name in given.values if name not in used]
