"""jimeng_t2i_v40: landscapes with the sent pictures set into them (catalog section 6)."""

from __future__ import annotations

import math
from dataclasses import replace

from .base import Drawn, Order, clamp, to_rgb
from .character import inset
from .marks import put_mark
from .palette import choose
from .prompted import backdrop, describe

#: Word of the prompt that makes the model draw more than one picture, unless force_single is set.
SEVERAL = "series"


def draw_gallery(order: Order) -> list[Drawn]:
    """One picture, or two when the prompt asks for a series."""
    several = SEVERAL in order.prompt.lower() and not order.values["force_single"]
    return [_draw(replace(order, seed=order.seed + place)) for place in range(2 if several else 1)]


def _size(order: Order) -> tuple[int, int]:
    """width x height when given, else ``size`` as an area in the shape of the first picture, or square."""
    values = order.values
    if values["width"] is not None:
        return int(values["width"]), int(values["height"])
    first = order.pictures[0] if order.pictures else None
    shape = first.width / first.height if first is not None else 1.0
    shape = clamp(shape, float(values["min_ratio"]), max(float(values["min_ratio"]), float(values["max_ratio"])))
    area = int(values["size"] or 2048 * 2048)
    return max(1, round(math.sqrt(area * shape))), max(1, round(math.sqrt(area / shape)))


def _draw(order: Order) -> Drawn:
    random = order.random()
    colors = choose(order.prompt, random)
    size = _size(order)
    image = backdrop(size, random, colors)
    count = len(order.pictures)
    gap = round(min(size) * 0.03)
    columns = max(1, min(count, math.ceil(math.sqrt(count * size[0] / size[1]))))
    rows = max(1, math.ceil(count / columns))
    left, top = gap, round(size[1] * 0.08) + gap
    wide, tall = (size[0] - 2 * gap) / columns, (size[1] * 0.64 - gap) / rows
    for place, picture in enumerate(order.pictures):
        x, y = left + round(place % columns * wide), top + round(place // columns * tall)
        inset(image, to_rgb(picture), (x + gap // 2, y + gap // 2, x + round(wide) - gap // 2, y + round(tall) - gap))
    describe(image, order, colors, *([f"{count} pictures"] if count else []))
    return Drawn(put_mark(image))
