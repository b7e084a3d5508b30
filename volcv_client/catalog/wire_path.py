"""Wire paths: places in the JSON body of a request, such as ``"seed"`` or ``"controlnet_args[0].type"``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
INLINE_URI = "uri://binary_data?index="
"""Stands for an image of the array where a model wants a URL (scheme of the e-commerce page's own answer)."""

UPLOAD_URI = "uri://upload?index="
"""Stands for the link of a file that is uploaded when its call is sent; it never leaves this process."""

STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]+)\]")


def put(body: dict[str, Any], path: str, value: object) -> None:
    """Set the value at a wire path; objects and lists on the way are created, lists grow by one element at most."""
    steps: list[str | int] = [int(m[2]) if m[2] else m[1] for m in STEP.finditer(path)]
    target: Any = body
    for step, following in pairwise(steps):
        new: Callable[[], Any] = list if isinstance(following, int) else dict
        if isinstance(target, list):
            if step == len(target):
                target.append(new())
            target = target[int(step)]
        else:
            target = target.setdefault(step, new())
    last = steps[-1]
    if isinstance(target, list) and last == len(target):
        target.append(value)
    else:
        target[last] = value


def get(body: Mapping[str, Any], path: str, missing: object = None) -> Any:
    """The value at a wire path; ``missing`` if there is none."""
    value: Any = body
    for name, index in STEP.findall(path):
        try:
            value = value[int(index) if index else name]
        except (KeyError, IndexError, TypeError):
            return missing
    return value


def place(body: Mapping[str, Any], path: str) -> str:
    """The wire path, with the index of the next element if it ends with ``[]``."""
    listed = path.removesuffix("[]")
    return path if listed == path else f"{listed}[{len(get(body, listed, ()))}]"


def put_all(body: dict[str, Any], values: Mapping[str, Json]) -> None:
    """Set every value at its wire path."""
    for path, value in values.items():
        put(body, path, value)
