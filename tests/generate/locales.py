"""``locales/<language>/nodeDefs.json``, as ComfyUI's frontend reads it, and the captions of the examples.

English is what the nodes say. Another language is put together from what is written by hand: ``nodes/<node id>.json``
has the texts of one node, ``shared.json`` (English text -> translation) those that several nodes have in common. What
ComfyUI needs beside them, such as req_keys, known ranges and field names, is added here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from volcv_client import messages
from volcv_client.catalog import Model, all_models
from volcv_client.catalog.shared import RUN_OPTIONS
from volcv_client.catalog.spec import Input

from .files import ROOT, Files, as_text
from .snapshot import Entry, Snapshot

LANGUAGES = ("en", "zh")
TRANSLATED = LANGUAGES[1:]
FOLDER = ROOT / "locales"
KEYS = "\n\nreq_key: "
"""What separates the summary of a model's node from its req_keys."""


def key_of(name: str) -> str:
    """A name as ComfyUI's frontend looks it up: the child ``model.size`` of a dynamic combo is ``model_size``."""
    return name.replace(".", "_")


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
    file = FOLDER / language / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Every text under its path, ``Volcv_recall.inputs.newest.tooltip``."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return found


@cache
def words(language: str) -> Mapping[str, str]:
    """The fixed texts of generated parts."""
    return load(language, "help/words")


@cache
def catalog() -> Mapping[str, Model]:
    """The models by node id."""
    return {one.node_id: one for one in all_models()}


@cache
def declared(node_id: str) -> dict[str, Input]:
    """The catalog's inputs of a node by name; empty for helper nodes, which are no models."""
    model = catalog().get(node_id)
    return {one.name: one for one in (*model.all_inputs(), *RUN_OPTIONS)} if model else {}


@dataclass
class Translation:
    """The hand-written texts of a language, and which of them are used. English has none and stays as it is."""

    language: str
    shared: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def text(self, node_id: str, path: str, english: str) -> str:
        """The translation of a node's text; English where it is missing."""
        if self.language not in TRANSLATED:
            return english
        if (found := self.own.get(node_id, {}).get(path)) is not None:
            self.used.add(f"{node_id}.{path}")
            return found
        if english in self.shared:
            self.used.add(english)
            return self.shared[english]
        self.missing.append(f"{node_id}.{path}")
        return english

    def unused(self) -> list[str]:
        known = {f"{node_id}.{path}" for node_id, texts in self.own.items() for path in texts} | {*self.shared}
        return sorted(known - self.used)

    def fixed(self, key: str) -> str:
        return messages.texts(self.language)[key]


@cache
def written(language: str) -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
    """The texts that nodes share, and those of each node."""
    names = sorted(path.stem for path in (FOLDER / language / "nodes").iterdir())
    return load(language, "shared"), {name: flat(load(language, f"nodes/{name}")) for name in names}


def translation(language: str) -> Translation:
    return Translation(language, *(written(language) if language in TRANSLATED else ()))


def tooltip(texts: Translation, node_id: str, path: str, one: Entry) -> str:
    """A tooltip; in translations with the known range and the field, because there the node shows another name."""
    input_ = declared(node_id).get(one["id"])
    if texts.language not in TRANSLATED:
        return str(one.get("tooltip", ""))
    written = texts.text(node_id, f"inputs.{key_of(path)}.tooltip", input_.tooltip if input_ else one["tooltip"])
    if advice := getattr(input_, "advice", None):
        written += words(texts.language)["advice"].format(low=f"{advice.low:g}", high=f"{advice.high:g}")
    return written + texts.fixed("label.field").format(name=one["id"])


def display_name(texts: Translation, node_id: str, node: Entry) -> str:
    title = node["display_name"].removesuffix(messages.texts("en")["label.vendor"])
    return texts.text(node_id, "title", title) + texts.fixed("label.vendor")


def node_texts(texts: Translation, node_id: str, node: Entry) -> Entry:
    """The definition of a node in a language."""
    summary, mark, keys = node["description"].partition(KEYS)
    return {
        "display_name": display_name(texts, node_id, node),
        "description": texts.text(node_id, "summary", summary) + mark + keys,
        "inputs": {
            (key := key_of(path)): {
                "name": texts.text(node_id, f"inputs.{key}.name", one["id"]),
                "tooltip": tooltip(texts, node_id, path, one),
            }
            for path, one in dict(every_input(node["inputs"])).items()
        },
        "outputs": {
            str(place): {
                "name": texts.text(node_id, f"outputs.{place}.name", one["name"]),
                "tooltip": texts.text(node_id, f"outputs.{place}.tooltip", one["tooltip"]),
            }
            for place, one in enumerate(node["outputs"])
        },
    }


def definitions(snapshot: Snapshot, language: str, texts: Translation | None = None) -> dict[str, Entry]:
    """``nodeDefs.json`` of a language."""
    texts = texts or translation(language)
    return {node_id: node_texts(texts, node_id, node) for node_id, node in snapshot.items()}


def definition(snapshot: Snapshot, node_id: str, language: str) -> Entry:
    """The entry of one node in :func:`definitions`."""
    return node_texts(translation(language), node_id, snapshot[node_id])


def titles(snapshot: Snapshot, language: str) -> dict[str, str]:
    """Display names by node id."""
    texts = translation(language)
    return {node_id: display_name(texts, node_id, node) for node_id, node in snapshot.items()}


def captions(texts: Translation) -> dict[str, Entry]:
    """``examples.json``: title and caption of the models' examples, by node id."""
    return {
        model.node_id: {
            "title": texts.text(model.node_id, "example.title", model.example.title),
            "caption": texts.text(model.node_id, "example.caption", model.example.caption),
        }
        for model in sorted(all_models(), key=lambda one: one.node_id)
        if model.example
    }


def problems(snapshot: Snapshot) -> list[str]:
    """Texts that are not translated yet, and translations of texts that no longer exist."""
    found = []
    for language in TRANSLATED:
        texts = translation(language)
        definitions(snapshot, language, texts)
        captions(texts)
        found += [f"locales/{language}: {path} is missing" for path in texts.missing]
        found += [f"locales/{language}: {path} is not used" for path in texts.unused()]
    return found


def files(snapshot: Snapshot) -> Files:
    found: dict[Path, str] = {}
    for language in LANGUAGES:
        found[FOLDER / language / "nodeDefs.json"] = as_text(definitions(snapshot, language))
        if language in TRANSLATED:
            found[FOLDER / language / "examples.json"] = as_text(captions(translation(language)))
    return found
