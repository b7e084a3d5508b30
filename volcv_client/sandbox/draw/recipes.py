"""Simple picture filters put together from data: flat colours, outlines, tints, paper, relief."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from .base import Color, to_array, to_picture
from .palette import ramp

#: Larger pictures are filtered at this long side and scaled up.
LONG_SIDE = 1280


@dataclass(frozen=True)
class Recipe:
    """One look. ``tones``: colours from dark to light, mixed in by ``tint`` 0..1.

    ``levels``: grey levels left per channel, 0 for all. ``smooth``: size in px of the median filter, 0 or odd.
    ``outline``: darkness of drawn edges, 0..1; ``color``: factor of saturation; ``contrast``: factor of it.
    ``grain``: paper noise in grey levels. ``relief``: how much the picture is lit like a surface, 0..1.
    ``glow``: how much a blurred copy lights it up, 0..1.
    """

    tones: tuple[Color, ...]
    tint: float = 0.0
    levels: int = 0
    smooth: int = 0
    outline: float = 0.0
    color: float = 1.0
    contrast: float = 1.0
    grain: float = 0.0
    relief: float = 0.0
    glow: float = 0.0


def cook(picture: Image.Image, recipe: Recipe, strength: float = 1.0) -> Image.Image:
    """An RGB picture in the look of ``recipe``, same size; ``strength`` 0..1 mixes it with the original."""
    scale = min(1.0, LONG_SIDE / max(picture.size))
    small = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    source = picture.resize(small, Image.Resampling.BILINEAR)
    image = source.filter(ImageFilter.MedianFilter(recipe.smooth)) if recipe.smooth else source
    if recipe.levels:
        step = 255 / (recipe.levels - 1)
        image = image.point(lambda value: round(round(value / step) * step))
    image = ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(recipe.color)).enhance(recipe.contrast)
    if recipe.tint:
        gray = np.asarray(ImageOps.autocontrast(image.convert("L")), dtype=np.float32) / 255
        image = Image.blend(image, to_picture(ramp(gray, list(recipe.tones))), recipe.tint)
    if recipe.glow:
        soft = image.filter(ImageFilter.GaussianBlur(max(2.0, max(small) * 0.015)))
        image = Image.blend(image, ImageChops.screen(image, soft), recipe.glow)
    if recipe.relief:
        relief = source.convert("L").filter(ImageFilter.GaussianBlur(1.5)).filter(ImageFilter.EMBOSS).convert("RGB")
        image = Image.blend(image, ImageChops.overlay(image, relief), recipe.relief)
    if recipe.outline:
        lines = source.convert("L").filter(ImageFilter.GaussianBlur(1.2)).filter(ImageFilter.FIND_EDGES)
        ink = lines.point(lambda value: 255 - round(min(255, max(0, value - 14) * 5) * recipe.outline))
        image = ImageChops.multiply(image, ink.convert("RGB"))
    if recipe.grain:
        # Always the same paper: it belongs to the look, not to the picture.
        noise = np.random.default_rng(7).normal(0, recipe.grain, (small[1], small[0], 1))
        image = to_picture(to_array(image) + noise)
    return Image.blend(picture, image.resize(picture.size, Image.Resampling.BICUBIC), strength)
