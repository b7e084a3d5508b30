"""Titles, summaries and tooltips of models in the user's language.

English stands in the declarations. Other languages are the texts of the nodes, in the folder ``locales`` that ComfyUI
reads and that an installed package contains. English is the fallback where the folder is missing, because this package
was copied without the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..messages import LANGUAGES, language, say
from .examples import example_of
from .spec import Branch, Input, Model

PACKAGE = Path(__file__).parents[1]
INSTALLED = PACKAGE / "locales"
LOCALES = INSTALLED if INSTALLED.is_dir() else PACKAGE.parent / "locales"


@lru_cache(maxsize=3 * len(LANGUAGES))
def locale_file(of: str, name: str) -> Mapping[str, Any]:
    """A file of a language, empty if there is none: ``nodeDefs`` and ``examples`` (texts by node id), ``main``."""
    try:
        texts: dict[str, Any] = json.loads((LOCALES / of / f"{name}.json").read_text(encoding="utf-8"))
    except OSError:
        return {}
    return texts


def translated(name: str, key: str) -> Mapping[str, Any]:
    """An entry of a locale file in the language in force; empty in English."""
    entry: Mapping[str, Any] = {} if language() == "en" else locale_file(language(), name).get(key, {})
    return entry


def node_texts(model: Model) -> Mapping[str, Any]:
    """The texts of the model's node; empty in English."""
    return translated("nodeDefs", model.node_id)


def title(model: Model) -> str:
    return str(node_texts(model).get("display_name", model.title)).removesuffix(say("label.vendor"))


def summary(model: Model) -> str:
    return str(node_texts(model).get("description", model.summary)).split("\n\n")[0]


def group(model: Model) -> str:
    """The heading that the node stands under in ComfyUI's menu."""
    return str(translated("main", "nodeCategories").get(model.group, model.group))


def tooltip(model: Model, input_: Input) -> str:
    """The tooltip of an input, without the field's name at the end, which the command shows anyway."""
    ids = [input_.name, *(f"{outer.name}_{input_.name}" for outer in model.inputs if isinstance(outer, Branch))]
    texts = node_texts(model).get("inputs", {})
    text = next((texts[name]["tooltip"] for name in ids if name in texts), input_.tooltip)
    return str(text).removesuffix(say("label.field", name=input_.name))


def example_texts(model: Model, of: str) -> tuple[str, str]:
    """Title and caption of the model's example in a language."""
    example = example_of(model)
    texts = {} if of == "en" else locale_file(of, "examples").get(model.node_id, {})
    return texts.get("title", example.title), texts.get("caption", example.caption)
