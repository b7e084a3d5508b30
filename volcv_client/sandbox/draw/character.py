"""high_aes_ip_v20: the reference picture as a framed subject in a scene grown from the seed."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter

from .base import Box, Drawn, Order, cover, to_rgb
from .marks import WHITE, caption, logo_room, put_mark
from .palette import choose
from .scene import landscape


def draw_character(order: Order) -> list[Drawn]:
    """One picture of width x height px, twice that with use_sr (catalog section 4.2)."""
    values, random = order.values, order.random()
    colors = choose(order.prompt, random)
    factor = 2 if values["use_sr"] else 1
    size = int(values["width"]) * factor, int(values["height"]) * factor
    image = landscape(size, random, colors)
    details = [
        f"{size[0]}\u00d7{size[1]}" + (" after SR" if factor == 2 else ""),
        order.seed_text,
        f"look {values['ref_ip_weight']:g}",
        f"face {values['ref_id_weight']:g}",
        f"{values['ddim_steps']} steps",
    ]
    margin = round(min(size) * 0.05)
    foot = size[1] - margin - logo_room(size, values["logo_info"])
    caption_top = foot - round(size[1] * 0.21)
    inset(
        image,
        to_rgb(order.pictures[0]),
        (margin, round(size[1] * 0.1), size[0] - margin, caption_top - margin),
    )
    box = (margin, caption_top, size[0] - margin, foot)
    caption(image, box, order.prompt, details, colors.near, colors.accent)
    return [Drawn(put_mark(image))]


def inset(image: Image.Image, subject: Image.Image, room: Box) -> None:
    """The subject in a white-rimmed rounded frame with a soft shadow, aspect kept, centred in ``room``."""
    width, height = room[2] - room[0], room[3] - room[1]
    if width < 8 or height < 8:
        return
    scale = min(width / subject.width, height / subject.height)
    size = max(4, round(subject.width * scale)), max(4, round(subject.height * scale))
    # A very long reference would become a thin line: crop it to at most 2:1.
    size = max(size[0], min(width, size[1] // 2)), max(size[1], min(height, size[0] // 2))
    subject = cover(subject, size)
    left, top = room[0] + (width - size[0]) // 2, room[1] + (height - size[1]) // 2
    rim = max(2, round(min(size) * 0.018))
    radius = max(3, round(min(size) * 0.06))
    mask = Image.new("L", (size[0] * 2, size[1] * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * 2, fill=255)
    outer = mask.resize(size, Image.Resampling.LANCZOS)
    inner = mask.resize((max(1, size[0] - 2 * rim), max(1, size[1] - 2 * rim)), Image.Resampling.LANCZOS)
    shadow = Image.new("L", image.size, 0)
    shadow.paste(outer.point(lambda value: value * 0.6), (left, top + rim * 3))
    image.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.GaussianBlur(rim * 3)))
    image.paste(WHITE, (left, top), outer)
    image.paste(subject.resize(inner.size, Image.Resampling.LANCZOS), (left + rim, top + rim), inner)
