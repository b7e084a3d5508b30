"""A request that passed the checks: what a drawing is made from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from ..catalog import Model
from .envelope import Refusal

#: Most pixels of a drawing, and of one side: the largest picture that a model makes (catalog section 6).
MOST_PIXELS, LONGEST = 4096 * 4096, 16384
#: Fields that a caption leaves out: they are said otherwise, or nobody set them.
UNSHOWN = re.compile("(sub_)?req_key|model_version|width|height|seed|return_url|binary_data_index|add_logo")


@dataclass(frozen=True)
class Job:
    """``sent``: the request's body; ``values``: with the declaration's defaults; ``seed`` is never -1.

    ``pictures`` come from the array, ``named`` from fields that name a picture.
    """

    model: Model
    values: Mapping[str, Any]
    sent: Mapping[str, Any]
    seed: int
    pictures: list[Image.Image] = field(default_factory=list)
    named: Mapping[str, Image.Image] = field(default_factory=dict)

    @property
    def req_key(self) -> str:
        return str(self.values["req_key"])

    @property
    def prompt(self) -> str:
        """The text that steers the picture: what stands in the model's first long text."""
        long = [one for one in self.model.all_inputs() if getattr(one, "multiline", False)]
        texts = (str(self.values.get(path) or "").strip() for one in long[:1] for path in getattr(one, "paths", ()))
        return next(filter(None, texts), "")

    @property
    def style(self) -> str:
        """What chooses a look within a family of models; empty where there is nothing to choose."""
        return str(self.values.get("sub_req_key") or (self.req_key if len(self.model.req_keys) > 1 else ""))

    def picture(self, index: int) -> Image.Image:
        """The picture at a place of the array. Refusal 50200 when none was sent for it."""
        if not 0 <= index < len(self.pictures):
            raise Refusal(50200, f"'binary_data_index' is {index}, but {len(self.pictures)} picture(s) were sent")
        return self.pictures[index]

    def random(self, number: int = 0) -> np.random.Generator:
        """Deterministic: depends on model, seed, prompt and the picture's number within the answer only."""
        return seeded(f"{self.req_key}\n{self.seed + number}\n{self.prompt}")

    def details(self, size: tuple[int, int]) -> Iterator[str]:
        """The caption's words: size, seed and the parameters of the request."""
        yield f"{size[0]} x {size[1]}"
        if "seed" in self.sent:
            yield f"seed {self.seed}" + (" (random)" if self.sent["seed"] == -1 else "")
        yield from (f"{name} {value}" for name, value in _leaves(self.sent) if not UNSHOWN.fullmatch(name))


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Numbers, short texts and switches that are on, by the last name of their path."""
    if isinstance(value, Mapping | list):
        for inner_name, inner in value.items() if isinstance(value, Mapping) else ((name, one) for one in value):
            yield from _leaves(inner, inner_name)
    elif isinstance(value, int | float) and value is not False:
        yield name, "on" if value is True else f"{value:g}"
    elif isinstance(value, str) and 0 < len(value) <= 20 and "prompt" not in name:
        yield name, value


def seeded(text: str) -> np.random.Generator:
    """Randomness that depends on ``text`` only."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def allowed(width: int, height: int) -> tuple[int, int]:
    """The size in px. Refusal 50205 for one that no model's pictures have."""
    if not (min(width, height) >= 1 and max(width, height) <= LONGEST and width * height <= MOST_PIXELS):
        raise Refusal(50205, f"'width' and 'height' give {width} x {height} px, at most {MOST_PIXELS} px are drawn")
    return width, height
