"""Inpainting: only pixels that are white in the mask change (catalog section 5)."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from .base import Drawn, Order, to_rgb
from .outpaint import Mask, filled, label, paint
from .palette import choose


def draw_repainted(order: Order) -> list[Drawn]:
    """The source with its white-masked region painted anew after the prompt; lossless."""
    source, painted = _parts(order)
    random = order.random()
    colors = choose(order.prompt, random)
    image = paint(filled(source, painted), painted, random, colors)
    label(image, painted, order, colors, order.prompt)
    return [Drawn(image, "PNG")]


def draw_erased(order: Order) -> list[Drawn]:
    """The source with its white-masked region filled with the colours around it; lossless.

    ``dilate_size`` is not drawn: it would change pixels that the mask protects."""
    source, painted = _parts(order)
    random = order.random()
    image = filled(source, painted)
    soft = image.filter(ImageFilter.GaussianBlur(max(2.0, min(image.size) * 0.02)))
    image.paste(soft, (0, 0), Image.fromarray(painted))
    label(image, painted, order, choose("", random), "erased")
    return [Drawn(image, "PNG")]


def _parts(order: Order) -> tuple[Image.Image, Mask]:
    painted: Mask = np.asarray(order.pictures[1]) >= 128
    return to_rgb(order.pictures[0]), painted
