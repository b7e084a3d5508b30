"""Further req_keys, which have no declaration: what Any model suggests beside the declared ones.

From the API catalog (2026-11): the models of the three kinds of calls that Any model makes. Defaults are the
catalog's; a required field without one is empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .wire_path import Json

FILE = Path(__file__).with_name("further.json")


@dataclass(frozen=True)
class FurtherModel:
    """``title`` by language; ``mode``: the label of Any model's input ``mode``; ``page``: empty if none is known;
    ``body``: the fields that have a default or are required, without pictures and the seed."""

    req_key: str
    title: Mapping[str, str]
    mode: str
    page: str
    body: Mapping[str, Json]


@lru_cache(maxsize=1)
def further_models() -> tuple[FurtherModel, ...]:
    """All of them, by req_key."""
    return tuple(FurtherModel(**entry) for entry in json.loads(FILE.read_text(encoding="utf-8")))
