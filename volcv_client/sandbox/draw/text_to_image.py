"""high_aes_general_v14: the prompt and its parameters over a landscape grown from the seed."""

from __future__ import annotations

from .base import Drawn, Order
from .marks import caption, logo_room, put_mark
from .palette import choose
from .scene import landscape


def draw_text_to_image(order: Order) -> list[Drawn]:
    """One picture of exactly width x height px."""
    values, random = order.values, order.random()
    colors = choose(order.prompt, random)
    size = int(values["width"]), int(values["height"])
    image = landscape(size, random, colors)
    details = [
        f"{size[0]}\u00d7{size[1]}",
        order.seed_text,
        f"scale {values['scale']:g}",
        f"{values['ddim_steps']} steps",
        "rephraser on" if values["use_rephraser"] else "rephraser off",
    ]
    margin = round(min(size) * 0.05)
    tall = round(size[1] * 0.3)
    foot = size[1] - margin - logo_room(size, values["logo_info"])
    box = (margin, foot - tall, size[0] - margin, foot)
    caption(image, box, order.prompt, details, colors.near, colors.accent)
    return [Drawn(put_mark(image))]
