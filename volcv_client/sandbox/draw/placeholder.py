"""Pictures that stand for addresses the sandbox does not fetch."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from .palette import choose
from .scene import flow
from .text import fit, write

SIDE = 768


def placeholder(host: str) -> Image.Image:
    """An RGBA card on a transparent ground that names the host; the same host gives the same picture."""
    random = np.random.default_rng(sum(ord(char) * 31**place for place, char in enumerate(host[:40])) % 2**63)
    colors = choose("", random)
    card = flow((SIDE, SIDE), random, colors, 0.2)
    width, margin = round(SIDE * 0.66), round(SIDE * 0.07)
    left = (SIDE - width) // 2
    note = fit("not fetched by the sandbox", width - 48, 40, 26, 10)
    name = fit(host, width - 48, 200, 64, 14)
    top = (SIDE - name.height - note.height) // 2
    write(card, name, (left + 24, top), (255, 255, 255))
    write(card, note, (left + 24, top + name.height + 8), colors.accent)
    mask = Image.new("L", (SIDE * 2, SIDE * 2), 0)
    box = (left * 2, margin * 2, (SIDE - left) * 2, (SIDE - margin) * 2)
    ImageDraw.Draw(mask).rounded_rectangle(box, 72, fill=255)
    card.putalpha(mask.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    return card


def placeholder_mask(size: tuple[int, int]) -> Image.Image:
    """A mode L mask for a picture of ``size``: white border, black middle."""
    mask = Image.new("L", size, 255)
    inset = size[0] // 5, size[1] // 5
    right, bottom = (max(edge + 1, side - edge) for edge, side in zip(inset, size, strict=True))
    mask.paste(0, (*inset, right, bottom))
    return mask
