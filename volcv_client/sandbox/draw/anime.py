"""high_aes: a landscape, or a picture repainted in flat colours."""

from __future__ import annotations

from .base import Drawn, Order, clamp, cover, to_rgb
from .marks import put_mark
from .palette import choose
from .prompted import backdrop, describe
from .recipes import Recipe, cook

#: Default side in px, by version (catalog section 5).
_SIDES = {"anime_v1.3": 1024, "general_v1.3": 512}


def draw_anime(order: Order) -> list[Drawn]:
    """One picture of width x height px; general_v1.3 doubles it with use_sr. A sent picture fills it."""
    values, random = order.values, order.random()
    version = values["model_version"]
    factor = 2 if version == "general_v1.3" and values["use_sr"] else 1
    side = _SIDES[version]
    size = int(values["width"] or side) * factor, int(values["height"] or side) * factor
    colors = choose(order.prompt, random)
    if order.pictures:
        strength = clamp(float(values["strength"]), 0.1, 1.0)
        recipe = Recipe((colors.near, colors.far, colors.horizon), tint=0.3, levels=6, smooth=5, outline=0.8)
        image = cook(cover(to_rgb(order.pictures[0]), size), recipe, strength)
    else:
        image = backdrop(size, random, colors)
    describe(image, order, colors, version)
    return [Drawn(put_mark(image))]
