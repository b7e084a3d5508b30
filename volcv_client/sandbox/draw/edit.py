"""Instruction edits: the picture in the colours of the instruction, which is written below."""

from __future__ import annotations

from .base import Drawn, Order, clamp, to_rgb
from .marks import put_mark
from .palette import choose
from .prompted import describe
from .recipes import Recipe, cook


def draw_edit(order: Order) -> list[Drawn]:
    """One picture of the source's size; a larger scale follows the instruction more (catalog section 5)."""
    random = order.random()
    colors = choose(order.prompt, random)
    recipe = Recipe((colors.near, colors.far, colors.horizon, colors.accent), tint=0.75, smooth=3, contrast=1.1)
    amount = 0.35 + 0.6 * clamp(float(order.values["scale"]), 0.0, 1.0)
    image = cook(to_rgb(order.pictures[0]), recipe, amount)
    describe(image, order, colors)
    return [Drawn(put_mark(image))]
