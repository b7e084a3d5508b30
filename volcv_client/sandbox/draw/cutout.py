"""The subject cut out of its picture: by its own alpha, else by the colour of the border.

Cut-outs carry no SANDBOX mark: their pixels are exactly the source's, and a mark would become part of masks.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from ..job import Job
from .base import Box, Drawn, rounded, shrunk, to_array, to_picture, to_rgb

WORK_SIDE = 320
#: Largest typical difference (sum over channels) between border pixels that still counts as a plain border.
PLAIN = 16.0
#: Entities are looked for in a picture of this long side and as many colours; those below this share are left out.
ENTITY_SIDE, COLORS, SMALLEST = 160, 6, 0.004


def draw_cut_out(job: Job) -> list[Drawn]:
    """Lossless pictures in the form that ``only_mask`` names (catalog section 6): 0 cropped, 1 mask, 2 cropped on a
    colour, 3 full size, 4 full size and mask; a model without it makes masks. ``rgb``: the colour of the ground, -1
    for none."""
    form, subject = job.values.get("only_mask", 1), cut_out(job.pictures[0])
    mask = subject.getchannel("A")
    if form in (0, 2):
        subject = subject.crop(subject_box(subject))
    color = tuple(job.values.get("rgb") or ())
    plain = len(color) != 3 or min(color) < 0
    if form == 2 or not plain:
        ground = Image.new("RGBA", subject.size, (255, 255, 255) if plain else color)
        ground.alpha_composite(subject)
        subject = ground.convert("RGB") if form == 2 else ground
    return [Drawn(picture, "PNG") for picture in {1: [mask], 4: [subject, mask]}.get(form, [subject])]


def draw_entities(job: Job) -> list[Drawn]:
    """Lossless masks as large as the picture, mode L, of at most ``max_entity`` regions of one colour, the largest
    first; with soft edges if ``refine_mask`` is on."""
    source = to_rgb(job.pictures[0])
    small = source.resize(shrunk(source.size, ENTITY_SIDE)).filter(ImageFilter.GaussianBlur(1))
    # Light and shade split a thing less than its colour does.
    seen = to_picture((to_array(small.convert("YCbCr")) - 128) * (0.8, 2.0, 2.0) + 128)
    colors = Image.fromarray(np.asarray(seen.quantize(COLORS, kmeans=4))).filter(ImageFilter.ModeFilter(5))
    regions = []
    while (left := np.asarray(colors) < COLORS).any():
        y, x = divmod(int(left.argmax()), colors.width)
        ImageDraw.floodfill(colors, (x, y), 255)
        region = Image.fromarray(np.where(np.asarray(colors) == 255, 255, 0).astype(np.uint8))
        colors.paste(COLORS, (0, 0), region)
        regions.append((region.histogram()[255], region))
    regions.sort(key=lambda one: -one[0])
    large = [region for area, region in regions if area > SMALLEST * colors.width * colors.height] or [regions[0][1]]
    smooth = Image.Resampling.BICUBIC if job.values.get("refine_mask") else Image.Resampling.NEAREST
    return [Drawn(one.resize(source.size, smooth), "PNG") for one in large[: int(job.values.get("max_entity", 20))]]


def cut_out(picture: Image.Image) -> Image.Image:
    """The picture as RGBA, alpha 255 on its subject."""
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        if rgba.getchannel("A").getextrema() != (255, 255):
            return rgba
    subject = to_rgb(picture)
    subject.putalpha(segment(subject))
    return subject


def subject_box(subject: Image.Image) -> Box:
    """Bounding box of the visible subject; the whole picture when nothing is visible."""
    visible = subject.getchannel("A").point(lambda value: 255 if value > 24 else 0)
    return visible.getbbox() or (0, 0, subject.width, subject.height)


def segment(picture: Image.Image) -> Image.Image:
    """Mask, mode L, of what is not connected to the border through border-like colours; a rounded box in the middle
    when the border is not plain."""
    small = picture.resize(shrunk(picture.size, WORK_SIDE)).filter(ImageFilter.GaussianBlur(0.8))
    pixels = to_array(small)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    middle = np.median(border, axis=0)
    spread = float(np.median(np.abs(border - middle).sum(axis=1)))
    # A frame in the border's colour connects all sides, so that one filling from a corner reaches every ground.
    alike = np.where(np.abs(pixels - middle).sum(axis=2) < max(22.0, 4 * spread), 0, 255).astype(np.uint8)
    flat = ImageOps.expand(Image.fromarray(alike), 1, 0)
    ImageDraw.floodfill(flat, (0, 0), 128)
    mask = ImageOps.crop(flat.point(lambda value: 0 if value == 128 else 255), 1)
    share = float((np.asarray(mask) == 0).mean())
    if spread > PLAIN or not 0.03 <= share <= 0.985:
        margin = min(picture.size) // 10
        inner = rounded((picture.width - 2 * margin, picture.height - 2 * margin), max(1, margin * 2))
        return ImageOps.expand(inner, margin)
    # One pixel less all around, where border and subject colours mix; then a soft outline.
    mask = (
        mask.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(0.9))
    )
    return mask.resize(picture.size, Image.Resampling.BICUBIC)
