"""``docs/models.md``, the table of every model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from volcv_client.catalog import Model, all_models
from volcv_client.catalog.inputs import UNBOUNDED
from volcv_client.catalog.spec import Input, Price
from volcv_client.money import money

from .files import ROOT, Files
from .snapshot import Snapshot

FILE = ROOT / "docs" / "models.md"
HEAD = """# Models

Made from the declarations in `volcv_client/catalog` by `python -m tests.generate`. {models} nodes call {keys}
req_keys, and Any model calls every other.

Mode: **call** answers at once; **task** is submitted and asked for, and is taken up again after an interruption.
Where: **gateway** is documented at `/volcv/v1`, **native** only at Volcengine's own service (access key and secret);
a gateway may or may not have it. Fields: `*` must be given, `=` default, `[..]` limits that are enforced,
`~[..]` a range known from third parties, outside of which a note is shown. The letter is who states the default and
the limits: S seed page, O official, G gateway page, T third party.

List price: of Volcengine's own service, with the date of its source: the price page as digests (D) or a third party (T)
quote it. Empty: not known. A gateway has its own prices; the setting `prices` takes them.
"""


def must(input_: Any) -> str:
    return "*" if input_.required else ""


def choices(combo: Any) -> str:
    labels = list(combo.options)
    shown = ", ".join(labels) if len(labels) <= 6 else f"{len(labels)} choices"
    return f" {{{shown}}}={combo.default}"


def numeric(number: Any) -> str:
    hard = f" {span(number.low, number.high)}" if number.high not in UNBOUNDED else ""
    advice = f" ~{span(number.advice.low, number.advice.high)}" if number.advice else ""
    return f"={plain(number.default)}{hard}{advice}"


FACTS: Mapping[str, Callable[[Any], str]] = {
    "text": must,
    "json": must,
    "integer": numeric,
    "seed": numeric,
    "number": numeric,
    "switch": lambda switch: f"={'on' if switch.default else 'off'}",
    "choice": choices,
    "branch": choices,
    "picture": lambda picture: f"{must(picture)} image",
    "mask": lambda mask: f"{must(mask)} mask",
    "video": lambda video: f"{must(video)} video",
    "audio": lambda audio: f"{must(audio)} sound",
    "watermark": lambda _: " socket",
    "controls": lambda _: " socket",
}
"""By kind of input: what follows its name."""


def fact(input_: Input) -> str:
    """A field in a few characters."""
    return f"`{input_.name}`{FACTS[input_.kind](input_)}"


def span(low: float, high: float) -> str:
    return f"[{plain(low)}, {plain(high)}]"


def plain(value: float) -> str:
    """A whole number with all of its digits, of which ``:g`` keeps six, another without needless ones."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def fields(model: Model) -> str:
    return "; ".join(f"{fact(input_)} {input_.origin.name[0]}" for input_ in model.all_inputs())


def keys(model: Model) -> str:
    """One req_key, or a family folded together."""
    first, *rest = (f"`{key}`" for key in model.req_keys)
    if model.name == "any":
        return "any"
    return first if not rest else f"{first}<details><summary>and {len(rest)} more</summary>{', '.join(rest)}</details>"


def prices(model: Model) -> str:
    """The list price with its date and source; a family's prices by req_key, if they differ."""
    found = {price: [key for key in model.prices if model.prices[key] == price] for price in model.prices.values()}
    return "<br>".join(price_fact(price, names if len(found) > 1 else []) for price, names in found.items())


def price_fact(price: Price, names: list[str]) -> str:
    shown = f"{money(price.amount, price.currency)} / {price.per}<br>[{price.date or 'undated'}]({price.source})"
    of = ", ".join(f"`{name}`" for name in names)
    return f"{of} {shown} {price.confidence.name[0]}".strip()


def row(model: Model) -> str:
    modes = " or ".join("task" if mode.result_action else "call" for mode in model.modes.values())
    made = ", ".join(one.value for one in model.outputs)
    where = "native" if model.native_only else "gateway"
    retired = f"<br>being retired, use `{model.successor}`" if model.successor else ""
    node = f"**{model.title}**<br>`{model.node_id}`{retired}"
    return f"| {node} | {keys(model)} | {modes} | {where} | {made} | {prices(model)} | {fields(model)} |"


def lines() -> Iterator[str]:
    known = all_models()
    named = [model for model in known if model.name != "any"]
    yield HEAD.format(models=len(named), keys=sum(len(model.req_keys) for model in named))
    for group, members in groupby(known, key=lambda model: model.group):
        yield f"## {group}\n"
        yield "| Node | req_key | Mode | Where | Makes | List price | Fields |"
        yield "| --- | --- | --- | --- | --- | --- | --- |"
        yield from map(row, members)
        yield ""


def text() -> str:
    return "\n".join(lines())


def files(_: Snapshot) -> Files:
    return {FILE: text()}
