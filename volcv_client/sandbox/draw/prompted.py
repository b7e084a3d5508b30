"""Text to image: the prompt and its parameters over a landscape grown from the seed."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .base import Drawn, Order
from .marks import caption, logo_room, put_mark
from .palette import Palette, choose
from .scene import landscape

#: Larger landscapes are drawn at this long side and scaled up.
LONG_SIDE = 1024


def draw_prompted(order: Order) -> list[Drawn]:
    """One picture of width x height px, twice that with use_sr (catalog section 5)."""
    values, random = order.values, order.random()
    factor = 2 if values.get("use_sr") else 1
    size = int(values["width"]) * factor, int(values["height"]) * factor
    colors = choose(order.prompt, random)
    image = backdrop(size, random, colors)
    describe(image, order, colors)
    return [Drawn(put_mark(image))]


def backdrop(size: tuple[int, int], random: np.random.Generator, colors: Palette) -> Image.Image:
    """A landscape of any size, also one that would take long to draw pixel by pixel."""
    scale = min(1.0, LONG_SIDE / max(size))
    small = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    image = landscape(small, random, colors)
    return image if small == size else image.resize(size, Image.Resampling.BICUBIC)


def describe(image: Image.Image, order: Order, colors: Palette, *more: str) -> None:
    """A caption along the bottom with the prompt, size, seed and the parameters there are; in place."""
    values = order.values
    details = [*more, f"{image.width}\u00d7{image.height}", order.seed_text]
    for name, words in (("scale", "scale {:g}"), ("ddim_steps", "{} steps"), ("strength", "strength {:g}")):
        if values.get(name) is not None:
            details.append(words.format(values[name]))
    margin = round(min(image.size) * 0.05)
    foot = image.height - margin - logo_room(image.size, values.get("logo_info"))
    box = (margin, foot - round(image.height * 0.22), image.width - margin, foot)
    caption(image, box, order.prompt, details, colors.near, colors.accent)
