"""Facts of the known models for the browser, and the inputs that make a stored request again. Imports no ComfyUI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...volcv_client.catalog import all_models, model
from ...volcv_client.catalog.further import further_models
from ...volcv_client.catalog.labels import locale_file
from ...volcv_client.catalog.shared import WATERMARK_LANGUAGES, WATERMARK_POSITIONS
from ...volcv_client.messages import LANGUAGES, language
from ...volcv_client.request.body import draft
from ...volcv_client.request.recorded import read_back
from ...volcv_client.store.entry import Entry
from .settings import Reply

ANY = "any"
"""The declared req_key of the node that calls any model."""


@lru_cache(maxsize=256)
def names(req_key: str) -> str:
    """req_key and titles of a model in every language, case folded, for searching."""
    one = model(req_key)
    titles = (titles.get(one.node_id, "") for titles in all_titles())
    return "\n".join((req_key, one.title, named(req_key)["choice"], *titles)).casefold()


@lru_cache(maxsize=1)
def all_titles() -> list[dict[str, str]]:
    """Node id -> display name, one dictionary per language."""
    return [
        {node: str(texts.get("display_name", "")) for node, texts in locale_file(one, "nodeDefs").items()}
        for one in LANGUAGES
    ]


@lru_cache(maxsize=1)
def known() -> dict[str, dict[str, Any]]:
    """req_key -> facts of its model in replies. ``choice``: the member of a family.

    ``seeded``: it has a seed, so a result without one got a seed that the service chose.
    """
    return {
        key: {
            "model": key,
            "node": one.node_id,
            "title": one.title,
            "choice": ", ".join(one.choices_of_req_key().get(key, {}).values()),
            "seeded": any(each.name == "seed" for each in one.all_inputs()),
        }
        for one in all_models()
        for key in one.req_keys
    }


def named(req_key: str) -> dict[str, Any]:
    """A model that this version does not know has no node, and a seed only where one was recorded."""
    unknown = {"model": req_key, "node": "", "title": req_key, "choice": "", "seeded": False}
    return known().get(req_key, unknown)


def recreation(entry: Entry) -> dict[str, Any]:
    """``{"node", "inputs"}`` of a node that makes this request: inputs as in the record, or read back from the request.

    A watermark's block has the inputs of the Watermark node; None: a socket that was connected.
    """
    result = entry.result
    declared = model(result.req_key) if result.req_key in known() else model(ANY)
    body = dict(result.request) | (json.loads(entry.req_json) if entry.req_json else {})
    inputs = dict(result.inputs) or read_back(declared, body, result.seed, bool(entry.result_action))
    if not result.inputs and declared.any_req_key:
        inputs["req_key"] = result.req_key
    if block := inputs.get("logo_info"):
        inputs["logo_info"] = {
            **block,
            "position": label_of(WATERMARK_POSITIONS, block.get("position")),
            "language": label_of(WATERMARK_LANGUAGES, block.get("language")),
        }
    return {"node": result.node or declared.node_id, "inputs": inputs}


def label_of(labels: Mapping[str, int], value: object) -> str:
    return next((label for label, one in labels.items() if one == value), next(iter(labels)))


@lru_cache(maxsize=1)
def declared() -> list[dict[str, Any]]:
    """Every declared req_key: ``named`` facts, ``page`` of the API, ``mode`` and ``body`` for the Any model node.

    ``body``: the fields of a request of defaults, without pictures and the seed, which that node has itself.
    """
    return [
        {
            **named(key),
            "page": one.page,
            "mode": "task" if one.mode(given).result_action else "synchronous",
            "body": {name: value for name, value in draft(one, given).body.items() if name not in ("req_key", "seed")},
        }
        for one in all_models()
        for key in one.req_keys
        for given in [one.defaults() | one.choices_of_req_key().get(key, {})]
    ]


def further() -> list[dict[str, Any]]:
    """The same of the req_keys that no node declares, with titles in the user's language."""
    return [
        {**named(one.req_key), "title": one.title[language()], "page": one.page, "mode": one.mode, "body": one.body}
        for one in further_models()
    ]


def known_models() -> Reply:
    """``{"models": [...]}``: the declared req_keys, then the others of the API catalog."""
    return 200, {"models": declared() + further()}
