"""Writes ``docs/models.md``, the table of every model: ``python -m tests.docs.models``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from volcv_client.catalog import Model, all_models
from volcv_client.catalog.spec import (
    Branch,
    Choice,
    Controls,
    Input,
    Integer,
    MaskPicture,
    Number,
    Picture,
    Switch,
    Text,
    Watermark,
)

FILE = Path(__file__).resolve().parents[2] / "docs" / "models.md"
LARGEST_WIDGET = 2**31 - 1
HEAD = """# Models

Made from the declarations in `volcv_client/catalog` by `python -m tests.docs.models`. {models} nodes call {keys}
req_keys, and Any model calls every other.

Mode: **call** answers at once; **task** is submitted and asked for, and is taken up again after an interruption.
Where: **gateway** is documented at `/volcv/v1`, **native** only at Volcengine's own service (access key and secret);
a gateway may or may not have it. Fields: `*` must be given, `=` default, `[..]` limits that are enforced,
`~[..]` a range known from third parties, outside of which a note is shown. The letter is who states the default and
the limits: S seed page, O official, G gateway page, T third party.
"""


def fact(one: Input) -> str:
    """A field in a few characters."""
    name = f"`{one.name}`"
    if isinstance(one, Picture):
        kind = "mask" if isinstance(one, MaskPicture) else "image"
        return f"{name}{'*' if one.required else ''} {kind}"
    if isinstance(one, (Choice, Branch)):
        labels = list(one.options)
        shown = ", ".join(labels) if len(labels) <= 6 else f"{len(labels)} choices"
        return f"{name} {{{shown}}}={one.default}"
    if isinstance(one, Switch):
        return f"{name}={'on' if one.default else 'off'}"
    if isinstance(one, (Integer, Number)):
        return f"{name}={plain(one.default)} {limits(one)}".strip()
    if isinstance(one, Text):
        return f"{name}{'*' if one.required else ''}"
    if isinstance(one, (Watermark, Controls)):
        return f"{name} socket"
    raise TypeError(f"{one.name}: no words for {type(one).__name__}")


def limits(one: Integer | Number) -> str:
    hard = span(one.low, one.high) if one.high not in (LARGEST_WIDGET, 1000.0) else ""
    return " ".join(filter(None, (hard, f"~{span(one.advice.low, one.advice.high)}" if one.advice else "")))


def span(low: float, high: float) -> str:
    return f"[{plain(low)}, {plain(high)}]"


def plain(value: float) -> str:
    """A whole number with all of its digits, of which ``:g`` keeps six, another without needless ones."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def fields(model: Model) -> str:
    return "; ".join(f"{fact(one)} {one.origin.name[0]}" for one in model.all_inputs())


def keys(model: Model) -> str:
    """One req_key, or a family folded together."""
    first, *rest = (f"`{key}`" for key in model.req_keys)
    if model.name == "any":
        return "any"
    return first if not rest else f"{first}<details><summary>and {len(rest)} more</summary>{', '.join(rest)}</details>"


def row(model: Model) -> str:
    modes = " or ".join("task" if mode.result_action else "call" for mode in model.modes.values())
    made = ", ".join(one.value for one in model.outputs)
    where = "native" if model.native_only else "gateway"
    node = f"**{model.title}**<br>`{model.node_id}`"
    return f"| {node} | {keys(model)} | {modes} | {where} | {made} | {fields(model)} |"


def lines() -> Iterator[str]:
    known = all_models()
    named = [model for model in known if model.name != "any"]
    yield HEAD.format(models=len(named), keys=sum(len(model.req_keys) for model in named))
    for group, members in groupby(known, key=lambda model: model.group):
        yield f"## {group}\n"
        yield "| Node | req_key | Mode | Where | Makes | Fields |"
        yield "| --- | --- | --- | --- | --- | --- |"
        yield from map(row, members)
        yield ""


def text() -> str:
    return "\n".join(lines())


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
