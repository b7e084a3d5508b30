"""i2i_xl_sft: controls as in the controlnet model, and a style reference (catalog section 5)."""

from __future__ import annotations

from .base import Drawn, Order, to_rgb
from .control import draw_controls, edge_maps
from .marks import put_mark
from .palette import choose
from .product import tinted
from .prompted import describe
from .recipes import Recipe, cook


def draw_xl(order: Order) -> list[Drawn]:
    """One picture of the first picture's size; with a canny control also its edge map, lossless."""
    values = order.values
    controls = values["controlnet_args"] or []
    if controls:
        image, colors = draw_controls(order)
    else:
        colors = choose(order.prompt, order.random())
        recipe = Recipe((colors.near, colors.far, colors.horizon), tint=0.5, levels=12, smooth=3)
        image = cook(to_rgb(order.pictures[0]), recipe, 0.8)
    style = values["style_reference_args"]
    if style is not None:
        reference = to_rgb(order.pictures[style.get("binary_data_index", 0)])
        image = tinted(image, reference, 0.2 + 0.8 * float(style.get("style_weight", 0.0)))
    describe(image, order, colors, *(f"{control['type']} {control['strength']:g}" for control in controls[:4]))
    return [Drawn(put_mark(image)), *(edge_maps(order) if controls else [])]
