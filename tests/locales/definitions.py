"""``locales/<language>/nodeDefs.json``: English is derived from the snapshot, Chinese is written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .snapshot import ROOT, Entry, Snapshot

LANGUAGES = ("en", "zh")


def key_of(name: str) -> str:
    """A name as ComfyUI's frontend looks it up: the child ``model.size`` of a dynamic combo is ``model_size``."""
    return name.replace(".", "_")


def english(snapshot: Snapshot) -> dict[str, Entry]:
    """The English definitions: the nodes' own texts, and inputs under their field names."""
    return {
        name: {
            "display_name": node["display_name"],
            "description": node["description"],
            "inputs": {
                key_of(path): {"name": one["id"], "tooltip": one.get("tooltip", "")}
                for path, one in every_input(node["inputs"])
            },
            "outputs": {
                str(place): {"name": one["name"], "tooltip": one["tooltip"]}
                for place, one in enumerate(node["outputs"])
            },
        }
        for name, node in snapshot.items()
    }


def every_input(inputs: Sequence[Entry], prefix: str = "") -> Iterator[tuple[str, Entry]]:
    """Every input with its path; the arms of a dynamic combo may share one, which is then met more than once."""
    for one in inputs:
        path = prefix + one["id"]
        yield path, one
        for option in one.get("options", []):
            if isinstance(option, dict):
                yield from every_input(option["inputs"], f"{path}.")


def load(language: str, name: str) -> dict[str, Any]:
    """A file of ``locales/<language>``; empty if it is not there."""
    file = ROOT / "locales" / language / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def texts(snapshot: Snapshot, language: str) -> dict[str, Entry]:
    """The definitions of a language; English ones are always current."""
    return english(snapshot) if language == "en" else load(language, "nodeDefs")


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Every text under its path, ``Volcv_recall.inputs.newest.tooltip``."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return found


def arranged(written: Mapping[str, Any], model: Mapping[str, Any], memory: Mapping[str, str]) -> dict[str, Any]:
    """A translation in the order of the English texts, without left-overs.

    A text that is not translated yet is taken from ``memory`` (English -> translation) if it has the same text
    elsewhere; else it stays missing, for the tests to name.
    """
    result: dict[str, Any] = {}
    for key, text in model.items():
        if isinstance(text, Mapping):
            result[key] = arranged(written.get(key, {}), text, memory)
        elif (translation := written.get(key) or memory.get(text)) is not None:
            result[key] = translation
    return result


def memory_of(english: Mapping[str, Any], translated: Mapping[str, Any]) -> dict[str, str]:
    """What is translated already: English text -> translation."""
    known = flat(translated)
    return {text: known[path] for path, text in flat(english).items() if path in known}
