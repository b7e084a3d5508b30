"""The parameter and output tables of the help pages, from the catalog, the snapshot and the translations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from volcv_client import messages
from volcv_client.catalog.inputs import UNBOUNDED
from volcv_client.catalog.shared import RUN_OPTIONS
from volcv_client.catalog.spec import Input

from .locales import catalog, declared, definition, every_input, key_of, titles, words
from .snapshot import Entry, Snapshot

FILES = {"IMAGE": "picture", "MASK": "mask", "VIDEO": "video", "AUDIO": "audio"}
"""Type of a socket -> key of the words for what is connected."""
WIDGETS = ("INT", "FLOAT", "BOOLEAN", "STRING", "COMBO", "COMFY_DYNAMICCOMBO_V3")
SOCKETS = {"VOLCV_WATERMARK": "Volcv_watermark", "VOLCV_CONTROL": "Volcv_control"}


@dataclass(frozen=True)
class Row:
    """One input of a node.

    ``one``: its snapshot. ``path``: its id, after that of the dynamic combo that shows it, if any, with ``arms``.
    ``text``: its name and tooltip. ``titles``: node id -> title.
    """

    node_id: str
    one: Entry
    path: str
    arms: tuple[str, ...]
    language: str
    text: Mapping[str, str]
    titles: Mapping[str, str]

    @property
    def declared(self) -> Input | None:
        return declared(self.node_id).get(self.one["id"])

    def say(self, key: str, **values: object) -> str:
        return words(self.language)[key].format(**values)

    def name(self) -> str:
        field = f"`{self.one['id']}`"
        label = self.text["name"]
        return field if label == self.one["id"] else f"**{label}** {field}"

    def value(self) -> Any:
        """The default value; None if the input has to be given or may be left unconnected."""
        arms = [arm["key"] for arm in self.one.get("options", []) if isinstance(arm, dict)]
        given = getattr(self.declared, "required", False)
        return arms[0] if arms else None if given else self.one.get("default")

    def default(self) -> str:
        value = self.value()
        if value is None:
            return self.say("required" if self.one["required"] else "optional")
        if isinstance(value, bool):
            return self.say("on" if value else "off")
        return shown(value) if value != "" else self.say("empty")

    def values(self) -> str:
        """What may be given, and who says so."""
        kind = self.one["type"]
        if "options" in self.one:
            return self.stated(" / ".join(str(o["key"] if isinstance(o, dict) else o) for o in self.one["options"]))
        if kind in ("INT", "FLOAT"):
            return self.numbers()
        if kind == "BOOLEAN":
            return f"{self.say('on')} / {self.say('off')}"
        if kind in SOCKETS:
            return self.say("socket", kind=self.titles[SOCKETS[kind]])
        return self.say(FILES.get(kind, "any_text"))

    def numbers(self) -> str:
        low, high = (self.one[key] if self.one[key] not in UNBOUNDED else None for key in ("min", "max"))
        allowed = self.say("any_whole" if self.one["type"] == "INT" else "any_number")
        if low is not None and high is not None:
            allowed = self.stated(self.say("between", low=shown(low), high=shown(high)))
        elif low is not None:
            allowed = self.say("at_least", low=shown(low))
        elif high is not None:
            allowed = self.stated(self.say("at_most", high=shown(high)))
        advice = getattr(self.declared, "advice", None)
        if not advice:
            return allowed
        return self.say(
            "then", first=allowed, second=self.say("advised", low=shown(advice.low), high=shown(advice.high))
        )

    def stated(self, values: str) -> str:
        """The values with who states them; what steers only the pack is stated by nobody."""
        if self.declared is None or self.declared in RUN_OPTIONS:
            return values
        return self.say("stated", range=values, origin=self.say(self.declared.origin.value))

    def field(self) -> str:
        """How the tooltip ends in a language in which the node shows another name."""
        return messages.texts(self.language)["label.field"].format(name=self.one["id"])

    def meaning(self) -> str:
        text = self.text["tooltip"].removesuffix(self.field())
        advice = getattr(self.declared, "advice", None)
        if advice:
            text = text.removesuffix(self.say("advice", low=shown(advice.low), high=shown(advice.high)))
        if self.arms:
            outer = f"`{self.path.split('.')[0]}`"
            choices = self.say("is", name=outer, choices=self.say("or").join(self.arms))
            text += self.say("only_with", condition=choices)
        return text


def shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def rows(snapshot: Snapshot, node_id: str, language: str) -> Iterator[Row]:
    """The inputs of a node in the order of the node; one row for what several arms of a combo share."""
    top = snapshot[node_id]["inputs"]
    arms: dict[str, list[str]] = {}
    for outer in top:
        for option in outer.get("options", []):
            for inner in option["inputs"] if isinstance(option, dict) else ():
                arms.setdefault(f"{outer['id']}.{inner['id']}", []).append(option["key"])
    known, named = definition(snapshot, node_id, language)["inputs"], titles(snapshot, language)
    for path, one in dict(every_input(top)).items():
        yield Row(node_id, one, path, tuple(arms.get(path, ())), language, known[key_of(path)], named)


def markdown(head: str, cells: list[str]) -> str:
    """A GitHub table of one column."""
    return "\n".join(f"| {cell.replace('|', chr(92) + '|')} |" for cell in (head, "---", *cells))


def described(row: Row) -> str:
    """Name, meaning, default and values below each other: help panels are too narrow for columns."""
    facts = row.say("needed" if row.value() is None else "facts", default=row.default(), values=row.values())
    return f"{row.name()}<br>{row.meaning()}<br>*{facts}*"


def parameters(snapshot: Snapshot, node_id: str, language: str) -> str:
    """The parameter table, sockets first as on the node; what is advanced in a table of its own."""
    say = words(language)
    found = sorted(rows(snapshot, node_id, language), key=lambda row: row.one["type"] in WIDGETS)
    parts = []
    for advanced in (False, True):
        group = [row for row in found if bool(row.one.get("advanced")) is advanced]
        if group:
            parts.append(markdown(say["advanced" if advanced else "name"], [described(row) for row in group]))
    parts.append(say["legend" if node_id in catalog() else "legend_short"])
    return "\n\n".join(parts)


def outputs(snapshot: Snapshot, node_id: str, language: str) -> str:
    """The table of what a node returns."""
    say, known = words(language), definition(snapshot, node_id, language)["outputs"]
    lines: list[str] = []
    for place, one in enumerate(snapshot[node_id]["outputs"]):
        text: dict[str, Any] = known[str(place)]
        label = "" if text["name"] == one["name"] else f"**{text['name']}** "
        lines.append(f"{label}`{one['name']}` {one['type']}<br>{text['tooltip']}")
    return markdown(say["output"], lines)
