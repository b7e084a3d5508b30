"""The SANDBOX mark, caption panels and the watermark of ``logo_info``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from .base import Box, Color
from .palette import mix
from .text import Layout, fit, write

MARK = "SANDBOX"
AMBER: Color = (255, 190, 40)
INK: Color = (32, 24, 8)
WHITE: Color = (255, 255, 255)

# The service's built-in watermark text in Chinese ("AI generated") and English (logo_info.language 0 and 1)
LOGO_TEXTS = ("AI\u751f\u6210", "AI generated")


def mark_tile(font_size: int) -> Image.Image:
    """The SANDBOX label as an RGB picture, dark letters on amber."""
    layout = fit(MARK, 10_000, font_size * 2, font_size, font_size)
    pad = max(2, round(font_size * 0.55))
    tile = Image.new("RGB", (layout.width + 2 * pad, round(font_size * 1.5)), AMBER)
    # The bold look comes from drawing twice; Pillow's own font has one weight.
    for shift in (0, 1 if font_size >= 14 else 0):
        write(tile, layout, (pad + shift, round(font_size * 0.12)), INK)
    return tile


def mark_font_size(size: tuple[int, int]) -> int:
    """Letters tall enough to read when the picture is shown 256 px wide."""
    return max(9, round(0.052 * max(min(size), 0.75 * max(size) * 0.8)))


def put_mark(image: Image.Image) -> Image.Image:
    """The mark as a tab at the middle of the top edge, smaller when there is little room; in place."""
    size = mark_font_size(image.size)
    tile = mark_tile(size)
    scale = min(1.0, image.width * 0.9 / tile.width, image.height * 0.5 / tile.height)
    if scale < 1.0:
        tile = tile.resize((max(1, int(tile.width * scale)), max(1, int(tile.height * scale))))
    mask = Image.new("L", (tile.width * 2, tile.height * 2), 0)
    radius = max(1, tile.height // 2)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, mask.width - 1, mask.height - 1), radius, fill=255, corners=(False, False, True, True)
    )
    image.paste(tile, ((image.width - tile.width) // 2, 0), mask.resize(tile.size, Image.Resampling.LANCZOS))
    return image


def panel(image: Image.Image, box: Box, tint: Color, strength: float = 0.62) -> None:
    """A frosted, rounded panel in place: blurred and darkened picture under coming text."""
    width, height = box[2] - box[0], box[3] - box[1]
    if width < 8 or height < 8:
        return
    radius = max(3, round(min(width, height) * 0.12))
    under = image.crop(box).filter(ImageFilter.GaussianBlur(max(2.0, min(image.size) * 0.022)))
    under = Image.blend(under, Image.new("RGB", under.size, tint), strength)
    mask = Image.new("L", (width * 2, height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width * 2 - 1, height * 2 - 1), radius * 2, fill=255)
    image.paste(under, box[:2], mask.resize((width, height), Image.Resampling.LANCZOS))


def caption(image: Image.Image, box: Box, title: str, details: Sequence[str], tint: Color, accent: Color) -> None:
    """A panel with a title over one line of details, as large as the box allows; in place."""
    width, height = box[2] - box[0], box[3] - box[1]
    if width < 48 or height < 18:
        return
    panel(image, box, mix(tint, (0, 0, 0), 0.55))
    short = min(image.size)
    pad_x, pad_y = max(4, round(min(width * 0.05, short * 0.035))), max(3, round(height * 0.13))
    inner, room = width - 2 * pad_x, height - 2 * pad_y
    small = _one_line(details, inner, min(round(room * 0.25), round(short * 0.032)))
    below = round(small.leading * 1.5) if small else 0
    heading = fit(title or "(no prompt)", inner, max(10, room - below), max(11, round(short * 0.075)))
    top = box[1] + pad_y + max(0, (room - below - heading.height) // 2)
    write(image, heading, (box[0] + pad_x, top), WHITE)
    if small is not None:
        foot = box[3] - pad_y - small.leading
        rule = foot - max(2, round(small.leading * 0.3))
        thick = max(1, round(short * 0.003))
        stroke = box[0] + pad_x, rule, box[0] + pad_x + round(inner * 0.12), rule + thick - 1
        ImageDraw.Draw(image).rectangle(stroke, fill=accent)
        write(image, small, (box[0] + pad_x, foot), mix(accent, WHITE, 0.55))


def _one_line(details: Sequence[str], width: int, size: int) -> Layout | None:
    """As many details as fit on one line; None when the letters would be too small to read."""
    for count in range(len(details), 0, -1):
        line = "  \u00b7  ".join(details[:count])
        # A slightly smaller line is better than one without its last detail.
        for smaller in (size, round(size * 0.9), round(size * 0.8)):
            if smaller < 8:
                break
            layout = fit(line, 10_000, 10_000, smaller, smaller)
            if layout.width <= width:
                return layout
    return None


def logo_room(size: tuple[int, int], logo: Mapping[str, Any] | None) -> int:
    """Height in px to leave free at the bottom for a watermark asked for there."""
    wanted = logo is not None and logo.get("add_logo") and logo.get("position", 0) in (0, 1)
    return round(min(size) * 0.05) if wanted else 0


def draw_logo(image: Image.Image, logo: Mapping[str, Any]) -> Image.Image:
    """The visible watermark (catalog section 3): 0 bottom-right, 1 bottom-left, 2 top-left, 3 top-right."""
    text = logo["logo_text_content"].strip() or LOGO_TEXTS[logo["language"]]
    size = max(9, round(min(image.size) * 0.036))
    margin = max(2, round(min(image.size) * 0.022))
    position = logo["position"]
    # The corners at the top share their edge with the mark in its middle.
    tab = mark_tile(mark_font_size(image.size)).width if position in (2, 3) else 0
    width = (image.width - tab) // 2 - 2 * margin if tab else round(image.width * 0.46)
    layout = fit(text, max(24, width), max(12, round(image.height * 0.2)), size, 8)
    x = image.width - margin - layout.width if position in (0, 3) else margin
    y = image.height - margin - layout.height if position in (0, 1) else margin
    over = image.copy()
    shadow = max(1, size // 16)
    write(over, layout, (x + shadow, y + shadow), (0, 0, 0), opacity=0.55)
    write(over, layout, (x, y), WHITE)
    return Image.blend(image, over, float(logo["opacity"]))
