"""The SANDBOX mark, caption panels and the watermark of ``logo_info``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageFilter

from ..job import Job
from .base import BLACK, WHITE, Box, Size, rounded
from .palette import Palette, mix
from .text import fit, length

AMBER, INK = (255, 190, 40), (32, 24, 8)
# The service's built-in watermark text in Chinese ("AI generated") and English (logo_info.language 0 and 1)
LOGO_TEXTS = ("AI\u751f\u6210", "AI generated")


def mark_tile(size: Size, share: float = 1.0) -> Image.Image:
    """The SANDBOX label as an RGB picture, dark letters on amber, for a picture of ``size``: readable at 256 px."""
    letters = max(9, round(0.052 * max(min(size), 0.6 * max(size)) * share))
    text, pad = fit("SANDBOX", 10_000, letters * 2, letters, letters), max(2, round(letters * 0.55))
    tile = Image.new("RGB", (text.width + 2 * pad, round(letters * 1.5)), AMBER)
    # The bold look comes from drawing twice; Pillow's own font has one weight.
    for shift in (0, 1 if letters >= 14 else 0):
        tile.paste(INK, (pad + shift, round(letters * 0.12)), text)
    return tile


def put_mark(image: Image.Image) -> Image.Image:
    """The mark as a tab at the middle of the top edge, smaller when there is little room; in place."""
    tile = mark_tile(image.size)
    tile.thumbnail((max(1, int(image.width * 0.9)), max(1, int(image.height * 0.5))))
    # Taller than the tile, so that the upper corners are cut off.
    mask = rounded((tile.width, tile.height + 40), max(1, tile.height // 3)).crop((0, 40, tile.width, tile.height + 40))
    image.paste(tile, ((image.width - tile.width) // 2, 0), mask)
    return image


def describe(image: Image.Image, job: Job, colors: Palette, title: str = "", share: float = 0.2) -> None:
    """A caption along the bottom, ``share`` of the height, above the room for a watermark; in place."""
    side = round(min(image.size) * 0.05)
    foot = image.height - max(side, round(min(image.size) * 0.085))
    caption(image, (side, foot - round(image.height * share), image.width - side, foot), job, colors, title)


def caption(image: Image.Image, box: Box, job: Job, colors: Palette, title: str = "") -> None:
    """A frosted panel with the prompt over one line of parameters, as large as the box allows; in place."""
    width, height = box[2] - box[0], box[3] - box[1]
    if width < 48 or height < 18:
        return
    short = min(image.size)
    under = image.crop(box).filter(ImageFilter.GaussianBlur(max(2.0, short * 0.022)))
    under = Image.blend(under, Image.new("RGB", under.size, mix(colors.near, BLACK, 0.55)), 0.62)
    image.paste(under, box[:2], rounded(under.size, max(3, round(min(width, height) * 0.12))))
    pad_x, pad_y = max(4, round(min(width * 0.05, short * 0.035))), max(3, round(height * 0.13))
    inner, room = width - 2 * pad_x, height - 2 * pad_y
    size = max(8, min(round(room * 0.24), round(short * 0.03)))
    words = _details(job, image.size, inner, size) if room >= 3.5 * size else ""
    below = round(size * 1.7) if words else 0
    heading = fit(title or job.prompt or job.model.title, inner, max(10, room - below), max(11, round(short * 0.07)))
    top = box[1] + pad_y + max(0, (room - below - heading.height) // 2)
    image.paste(WHITE, (box[0] + pad_x, top), heading)
    line = fit(words, 10_000, 10_000, size, size)
    image.paste(mix(colors.accent, WHITE, 0.4), (box[0] + pad_x, box[3] - pad_y - line.height), line)


def _details(job: Job, size: Size, width: int, letters: int) -> str:
    """As many of the request's parameters as fit on one line."""
    words = list(job.details(size))
    lines = ("   |   ".join(words[:count]) for count in range(len(words), -1, -1))
    return next(line for line in lines if length(line, letters) <= width)


def draw_logo(image: Image.Image, logo: Mapping[str, Any]) -> Image.Image:
    """The visible watermark (catalog section 3): 0 bottom-right, 1 bottom-left, 2 top-left, 3 top-right."""
    text = str(logo.get("logo_text_content") or "").strip() or LOGO_TEXTS[logo.get("language", 0)]
    size, margin = max(9, round(min(image.size) * 0.036)), max(2, round(min(image.size) * 0.022))
    position = logo.get("position", 0)
    # The corners at the top share their edge with the mark in its middle.
    tab = mark_tile(image.size).width if position in (2, 3) else 0
    width = (image.width - tab) // 2 - 2 * margin if tab else round(image.width * 0.46)
    mask = fit(text, max(24, width), max(12, round(image.height * 0.2)), size, 8)
    x = image.width - margin - mask.width if position in (0, 3) else margin
    y = image.height - margin - mask.height if position in (0, 1) else margin
    over = image.copy()
    for shift, color in ((max(1, size // 16), (64, 64, 64)), (0, WHITE)):
        over.paste(color, (x + shift, y + shift), mask)
    return Image.blend(image, over, float(logo.get("opacity", 1.0)))
