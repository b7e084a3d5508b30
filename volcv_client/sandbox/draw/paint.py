"""Outpainting and inpainting: pixels that are kept are exactly the source's, the new area grows out of them."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageFilter

from ..job import Job
from .base import Box, Drawn, Mask, Size, to_array, to_picture, to_rgb
from .marks import caption, mark_tile, put_mark
from .palette import choose
from .scene import backdrop

#: No output side is drawn longer than this, whatever max_width and max_height say.
LONGEST = 4096
#: Prompts that erase: none at all, or the Chinese word for "delete" (current models, Jimeng inpainting).
ERASING = ("", "\u5220\u9664")


def draw_painted(job: Job) -> list[Drawn]:
    """One lossless picture: grown by the sides of the request, or painted anew where the mask is white."""
    source = to_rgb(job.pictures[0])
    image, new = _grown(job, source) if len(job.pictures) == 1 else _masked(job, source)
    if not new.any():
        return [Drawn(image, "PNG")]
    random = job.random()
    colors = choose(job.prompt, random)
    # Erasing has no scene: the surroundings fill the hole.
    erased = job.prompt in ERASING and len(job.pictures) > 1
    image = _painted(image, new, image if erased else backdrop(image.size, random, colors))
    # The mark and a caption inside the new area, where there is room.
    tiles = [mark_tile(image.size, share) for share in (1.0, 0.8, 0.62, 0.48, 0.36, 0.2)]
    both = [turned for tile in tiles for turned in (tile, tile.transpose(Image.Transpose.ROTATE_90))]
    number, box = _room(new, [(tile.width + 2, tile.height + 2) for tile in both])
    if box is not None:
        image.paste(both[number], (box[0] + 1, box[1] + 1))
        shapes = ((0.6, 3.6), (0.42, 3.0), (0.3, 2.2), (0.22, 1.3), (0.16, 0.8))
        sizes = [(image.width * share, min(image.width * share / ratio, image.height * 0.3)) for share, ratio in shapes]
        _, box = _room(new, [(round(width), round(height)) for width, height in sizes])
        if box is not None:
            pad = max(2, round(min(box[2] - box[0], box[3] - box[1]) * 0.08))
            caption(image, (box[0] + pad, box[1] + pad, box[2] - pad, box[3] - pad), job, colors)
    elif len(job.pictures) == 1:
        # A picture that grew by less than the mark carries it all the same; masked pictures stay the source's.
        put_mark(image)
    return [Drawn(image, "PNG")]


def _fitting(job: Job, source: Image.Image, width: float, height: float) -> tuple[Image.Image, Size]:
    """The source, scaled as a result of width x height px must be for max_width x max_height, and the largest size."""
    most = [min(int(job.values.get(name, LONGEST)), LONGEST) for name in ("max_width", "max_height")]
    scale = min(1.0, most[0] / width, most[1] / height)
    small = max(1, round(source.width * scale)), max(1, round(source.height * scale))
    return (source if scale == 1.0 else source.resize(small, Image.Resampling.LANCZOS)), (most[0], most[1])


def _grown(job: Job, source: Image.Image) -> tuple[Image.Image, Mask]:
    """The source in its place on a larger canvas, mirrored outwards, and where it is new."""
    left, right, top, bottom = (float(job.values.get(name) or 0.0) for name in ("left", "right", "top", "bottom"))
    source, most = _fitting(job, source, source.width * (1 + left + right), source.height * (1 + top + bottom))
    x, y = round(source.width * left), round(source.height * top)
    after = round(source.height * bottom), round(source.width * right)
    # Mirroring gives the new area the picture's own colours and keeps the seam invisible.
    pixels = np.pad(np.asarray(source), ((y, after[0]), (x, after[1]), (0, 0)), mode="symmetric")[: most[1], : most[0]]
    new = np.ones(pixels.shape[:2], dtype=np.bool_)
    new[y : y + source.height, x : x + source.width] = False
    return Image.fromarray(pixels), new


def _masked(job: Job, source: Image.Image) -> tuple[Image.Image, Mask]:
    """The source with the colours around its holes in them, and where the holes are."""
    source, _ = _fitting(job, source, *source.size)
    gray = job.pictures[1].convert("L")
    new = np.asarray(gray if gray.size == source.size else gray.resize(source.size)) >= 128
    if not new.any() or new.all():
        return source, new
    pixels = to_array(source)
    result = np.where(new[..., None], pixels[~new].mean(axis=0), pixels)
    kept, weight = to_picture(np.where(new[..., None], 0, pixels)), to_picture(~new * 255.0)
    # Blurs of the kept pixels alone, coarsest first: each one reaches less far in and knows the place better.
    for radius in (2.0**step for step in range(int(math.log2(max(source.size))), 0, -1)):
        share = to_array(weight.filter(ImageFilter.BoxBlur(radius))) / 255
        near = new & (share > 0.06)
        result[near] = (to_array(kept.filter(ImageFilter.BoxBlur(radius))) / np.maximum(share, 1e-3)[..., None])[near]
    return to_picture(result), new


def _painted(image: Image.Image, new: Mask, scene: Image.Image) -> Image.Image:
    """The new area, softer the further it is from kept pixels, with a scene coming through."""
    base, short, area = to_array(image), min(image.size), to_picture(new * 255.0)
    result, (near, far) = base, (image.filter(ImageFilter.GaussianBlur(max(1.5, short * r))) for r in (0.008, 0.03))
    for layer, reach, share in ((near, 0.02, 1.0), (far, 0.1, 1.0), (scene, 0.1, 0.6)):
        inside = to_array(area.filter(ImageFilter.BoxBlur(max(1.0, short * reach)))) / 127.5 - 1
        result = result + (to_array(layer) - result) * np.clip(inside, 0, 1)[..., None] * share
    return to_picture(np.where(new[..., None], result, base))


def _room(free: Mask, sizes: list[Size]) -> tuple[int, Box | None]:
    """Number and place of the first of ``sizes`` with room in the free area, nearest to the top centre; it is taken."""
    rows, columns = free.shape
    sums = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    sums[1:, 1:] = np.cumsum(np.cumsum(free, axis=0, dtype=np.int64), axis=1)
    for number, (width, height) in enumerate(sizes):
        if 0 < width <= columns and 0 < height <= rows:
            inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
            found_y, found_x = np.nonzero(inside == width * height)
            if found_x.size:
                best = int(np.argmin(np.abs(found_x + width / 2 - columns / 2) + found_y))
                x, y = int(found_x[best]), int(found_y[best])
                free[y : y + height, x : x + width] = False
                return number, (x, y, x + width, y + height)
    return 0, None
