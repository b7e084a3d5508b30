"""saliency_seg: the subject cut out of its picture, in five forms (catalog section 6).

The results carry no SANDBOX mark: their pixels are exactly the source's, and a mark would become part of masks.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from .base import Drawn, Order, has_alpha, to_rgb
from .cutout import product_box, segment

Color = tuple[int, int, int]


def draw_cut_out(order: Order) -> list[Drawn]:
    """Lossless pictures in the form that ``only_mask`` names; ``rgb`` is the ground, all -1 for none."""
    subject = cut_out(order.pictures[0])
    red, green, blue = (int(part) for part in order.values["rgb"])
    color = None if min(red, green, blue) < 0 else (red, green, blue)
    return [Drawn(image, "PNG") for image in _FORMS[order.values["only_mask"]](subject, color)]


def cut_out(picture: Image.Image) -> Image.Image:
    """The picture as RGBA, alpha 255 on its subject: by its own alpha, else by distance from the border colour."""
    if has_alpha(picture):
        rgba = picture.convert("RGBA")
        if rgba.getchannel("A").getextrema() != (255, 255):
            return rgba
    subject = to_rgb(picture)
    subject.putalpha(segment(subject))
    return subject


def _laid(subject: Image.Image, color: Color | None) -> Image.Image:
    if color is None:
        return subject
    ground = Image.new("RGBA", subject.size, (*color, 255))
    ground.alpha_composite(subject)
    return ground


def _cropped(subject: Image.Image, color: Color | None) -> list[Image.Image]:
    return [_laid(subject.crop(product_box(subject)), color)]


def _mask(subject: Image.Image, color: Color | None) -> list[Image.Image]:
    return [subject.getchannel("A")]


def _flat(subject: Image.Image, color: Color | None) -> list[Image.Image]:
    return [_laid(subject.crop(product_box(subject)), color or (255, 255, 255)).convert("RGB")]


def _whole(subject: Image.Image, color: Color | None) -> list[Image.Image]:
    return [_laid(subject, color)]


def _both(subject: Image.Image, color: Color | None) -> list[Image.Image]:
    return [_laid(subject, color), subject.getchannel("A")]


_FORMS: dict[int, Callable[[Image.Image, Color | None], list[Image.Image]]] = {
    0: _cropped,
    1: _mask,
    2: _flat,
    3: _whole,
    4: _both,
}
