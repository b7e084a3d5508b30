"""What saved graphs rely on: ids, order, defaults and outputs of every node, as a ComfyUI shows them.

The snapshot is taken from ``/object_info`` and kept in the repository, so that everything derived from it
(translations, help pages, the node list) can be made and checked without a ComfyUI.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .files import ROOT

FILE = ROOT / "tests" / "snapshots" / "nodes.json"

Entry: TypeAlias = "dict[str, Any]"
Snapshot: TypeAlias = "dict[str, Entry]"

PREFIX = "Volcv_"
KEPT = ("default", "min", "max", "step", "control_after_generate", "advanced", "tooltip")
"""Settings of an input that belong into the snapshot; its options are kept as well."""
FIXED = ("type", "default", "control_after_generate")
"""Settings that must never change: saved values would be lost, shifted or rounded."""


def take(object_info: Mapping[str, Any]) -> Snapshot:
    """The pack's nodes out of the answer of ``/object_info``, ordered by id."""
    return {name: node(info) for name, info in sorted(object_info.items()) if name.startswith(PREFIX)}


def node(info: Mapping[str, Any]) -> Entry:
    tooltips = info.get("output_tooltips") or [None] * len(info["output"])
    outputs = zip(info["output_name"], info["output"], tooltips, strict=True)
    return {
        "display_name": info["display_name"],
        "category": info["category"],
        "description": info["description"],
        "inputs": list(inputs(info["input"], info.get("input_order"))),
        "outputs": [{"name": name, "type": kind, "tooltip": tooltip or ""} for name, kind, tooltip in outputs],
    }


def inputs(groups: Mapping[str, Any], order: Mapping[str, Sequence[str]] | None = None) -> Iterator[Entry]:
    """The inputs in the order of their widgets: required ones, then optional ones."""
    for group in ("required", "optional"):
        specs = groups.get(group, {})
        for name in order.get(group, []) if order else specs:
            yield one_input(name, specs[name], group == "required")


def one_input(name: str, spec: Sequence[Any], required: bool) -> Entry:
    settings = spec[1] if len(spec) > 1 else {}
    entry = {"id": name, "type": spec[0], "required": required}
    entry |= {key: settings[key] for key in KEPT if settings.get(key) is not None}
    if spec[0] == "COMFY_DYNAMICCOMBO_V3":
        entry["options"] = [{"key": arm["key"], "inputs": list(inputs(arm["inputs"]))} for arm in settings["options"]]
    elif "options" in settings:
        entry["options"] = settings["options"]
    return entry


def load() -> Snapshot:
    """The snapshot of the repository; empty if there is none yet."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def breaks(old: Snapshot, new: Snapshot) -> list[str]:
    """What a graph saved with ``old`` would lose with ``new``, one sentence each."""
    found = [f"{name} is gone" for name in old if name not in new]
    for name in old.keys() & new.keys():
        found += [f"{name}: {what}" for what in input_breaks(old[name]["inputs"], new[name]["inputs"])]
        found += [f"{name}: {what}" for what in output_breaks(old[name]["outputs"], new[name]["outputs"])]
    return sorted(found)


def input_breaks(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    """Saved widget values are read by position, so new inputs may only follow the old ones."""
    ids = [one["id"] for one in new]
    if ids[: len(old)] != [one["id"] for one in old]:
        yield f"inputs were {[one['id'] for one in old]}, are {ids}"
        return
    for before, after in zip(old, new, strict=False):
        yield from (f"{before['id']}: {what}" for what in setting_breaks(before, after))
    for one in new[len(old) :]:
        if one["required"]:
            yield f"{one['id']}: is new and required, so saved prompts lack it"


def setting_breaks(old: Entry, new: Entry) -> Iterator[str]:
    for key in FIXED:
        if old.get(key) != new.get(key):
            yield f"{key} was {old.get(key)!r}, is {new.get(key)!r}"
    if new.get("step", 0) > old.get("step", 0):  # a finer one takes every value that the old one took
        yield f"step was {old.get('step')}, is {new['step']}"
    if new["required"] and not old["required"]:
        yield "was optional, is required"
    if new.get("min", float("-inf")) > old.get("min", float("-inf")):
        yield f"min was {old.get('min')}, is {new['min']}"
    if new.get("max", float("inf")) < old.get("max", float("inf")):
        yield f"max was {old.get('max')}, is {new['max']}"
    yield from option_breaks(old.get("options", []), new.get("options", []))


def option_breaks(old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
    """Plain options are labels; those of a dynamic combo hold inputs of their own."""
    arms = {arm["key"]: arm["inputs"] for arm in new if isinstance(arm, dict)}
    for option in old:
        if not isinstance(option, dict):
            if option not in new:
                yield f"option {option!r} is gone"
        elif option["key"] not in arms:
            yield f"option {option['key']!r} is gone"
        else:
            yield from (f"{option['key']}: {what}" for what in input_breaks(option["inputs"], arms[option["key"]]))


def output_breaks(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    """Links leave an output by its position and must find the same type there."""
    before, after = ([(one["name"], one["type"]) for one in each] for each in (old, new))
    if after[: len(before)] != before:
        yield f"outputs were {before}, are {after}"
