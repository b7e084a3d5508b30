"""i2i_outpainting: grow a frame around a picture, or repaint where a mask is white (catalog section 4.3)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from .base import Drawn, FloatArray, Order, to_array, to_picture, to_rgb
from .marks import caption, mark_font_size, mark_tile, put_mark
from .palette import Palette, choose, ramp

#: No output side is drawn longer than this, whatever max_width and max_height say.
LONGEST = 4096

Mask = npt.NDArray[np.bool_]


def draw_outpainting(order: Order) -> list[Drawn]:
    """One lossless picture; kept pixels are exactly the source's unless it had to be scaled down to fit."""
    source = to_rgb(order.pictures[0])
    if len(order.pictures) == 1:
        grown, painted = _grow(order, source)
    else:
        grown, painted = _canvas(order, source, order.pictures[1])
    random = order.random()
    colors = choose(order.prompt, random)
    image = paint(grown, painted, random, colors)
    if not label(image, painted, order, colors, order.prompt or "outpainting"):
        put_mark(image)
    return [Drawn(image, "PNG")]


def half_up(value: float) -> int:
    """Rounded to the nearest whole pixel, halves upwards."""
    return math.floor(value + 0.5)


def _scale(order: Order, width: int, height: int) -> float:
    """How much the result shrinks to fit max_width x max_height; never more than 1."""
    widest = min(int(order.values["max_width"]), LONGEST)
    tallest = min(int(order.values["max_height"]), LONGEST)
    return min(1.0, widest / width, tallest / height)


def _grow(order: Order, source: Image.Image) -> tuple[Image.Image, Mask]:
    share = {name: float(order.values[name] or 0.0) for name in ("left", "right", "top", "bottom")}
    left, right = half_up(source.width * share["left"]), half_up(source.width * share["right"])
    top, bottom = half_up(source.height * share["top"]), half_up(source.height * share["bottom"])
    width, height = source.width + left + right, source.height + top + bottom
    scale = _scale(order, width, height)
    if scale < 1.0:
        width, height = max(1, half_up(width * scale)), max(1, half_up(height * scale))
        left, top = min(half_up(left * scale), width - 1), min(half_up(top * scale), height - 1)
        kept = max(1, half_up(source.width * scale)), max(1, half_up(source.height * scale))
        kept = min(kept[0], width - left), min(kept[1], height - top)
        source = source.resize(kept, Image.Resampling.LANCZOS)
    after = height - top - source.height, width - left - source.width
    # Mirroring gives the grown area the picture's own colours and keeps the seam invisible.
    pixels = np.pad(np.asarray(source), ((top, after[0]), (left, after[1]), (0, 0)), mode="symmetric")
    painted = np.ones((height, width), dtype=np.bool_)
    painted[top : top + source.height, left : left + source.width] = False
    return Image.fromarray(pixels), painted


def _canvas(order: Order, source: Image.Image, mask: Image.Image) -> tuple[Image.Image, Mask]:
    scale = _scale(order, source.width, source.height)
    if scale < 1.0:
        size = max(1, half_up(source.width * scale)), max(1, half_up(source.height * scale))
        source, mask = (
            source.resize(size, Image.Resampling.LANCZOS),
            mask.resize(size, Image.Resampling.BILINEAR),
        )
    painted = np.asarray(mask) >= 128
    return filled(source, painted), painted


def filled(source: Image.Image, painted: Mask) -> Image.Image:
    """Holes filled with the colours around them: blurs of the kept pixels, finest first."""
    pixels, keep = to_array(source), (~painted).astype(np.float32)
    if not painted.any() or painted.all():
        return source
    result, missing = pixels.copy(), painted.copy()
    kept = Image.fromarray(np.where(painted[..., None], 0, np.asarray(source)).astype(np.uint8))
    weight = to_picture(keep * 255)
    radius = 3.0
    while missing.any() and radius < 2 * max(source.size):
        share = np.asarray(weight.filter(ImageFilter.BoxBlur(radius)), dtype=np.float32) / 255
        blurred = to_array(kept.filter(ImageFilter.BoxBlur(radius)))
        reached = missing & (share > 0.06)
        result[reached] = (blurred / np.maximum(share, 1e-3)[..., None])[reached]
        missing &= ~reached
        radius *= 2
    result[missing] = pixels[~painted].mean(axis=0)
    return to_picture(result)


def paint(image: Image.Image, painted: Mask, random: np.random.Generator, colors: Palette) -> Image.Image:
    """Blur the new area more the further it is from kept pixels, and tint it with slow waves of colour."""
    if not painted.any():
        return image
    base = to_array(image)
    near_radius = max(2.0, min(image.size) * 0.012)
    near = to_array(image.filter(ImageFilter.GaussianBlur(near_radius)))
    far = to_array(image.filter(ImageFilter.GaussianBlur(near_radius * 4)))
    depth = _distance(painted)
    soft = np.clip(depth / (min(image.size) * 0.03 + 1), 0, 1)[..., None]
    deep = np.clip(depth / (min(image.size) * 0.18 + 1), 0, 1)[..., None]
    blended = base + (near - base) * soft
    blended = blended + (far - blended) * deep
    tint = _waves(image.size, random, colors)
    blended = blended + (tint - blended) * (0.18 + 0.34 * deep) * soft
    return to_picture(np.where(painted[..., None], blended, base))


def _distance(painted: Mask) -> FloatArray:
    """Roughly how many pixels each painted pixel is away from a kept one."""
    height, width = painted.shape
    factor = max(1, max(width, height) // 320)
    small = painted[::factor, ::factor]
    if small.all():
        return np.full((height, width), 1e6, dtype=np.float32)
    distance = np.where(small, np.float32(1e6), np.float32(0))
    steps = np.arange(max(small.shape), dtype=np.float32)
    # City-block distance: running minima along rows, then along columns, in both directions.
    for axis in (0, 1):
        for flip in (False, True):
            view = np.flip(distance, axis) if flip else distance
            line = steps[: view.shape[axis]].reshape((-1, 1) if axis == 0 else (1, -1))
            view = np.minimum.accumulate(view - line, axis=axis) + line
            distance = np.flip(view, axis) if flip else view
    large = Image.fromarray(np.ascontiguousarray(distance, dtype=np.float32) * factor)
    return np.asarray(large.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)


def _waves(size: tuple[int, int], random: np.random.Generator, colors: Palette) -> FloatArray:
    y = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    x = np.linspace(0, size[0] / size[1], size[0], dtype=np.float32)[None, :]
    a, b, phase = random.uniform(2, 5), random.uniform(2, 5), random.uniform(0, 6.283)
    field = 0.5 + 0.5 * np.sin(a * x + 1.4 * np.sin(b * y + phase) + 3 * y + phase)
    return ramp(field.astype(np.float32), [colors.near, colors.far, colors.horizon])


def label(image: Image.Image, painted: Mask, order: Order, colors: Palette, title: str) -> bool:
    """The mark and a caption inside the new area, in place; False when there is no room for the mark."""
    free = painted.copy()
    size = mark_font_size(image.size)
    shares = (1.0, 0.8, 0.62, 0.48, 0.36, 0.2)
    for font_size in sorted({max(9, round(size * share)) for share in shares}, reverse=True):
        tile = mark_tile(font_size)
        for candidate in (tile, tile.transpose(Image.Transpose.ROTATE_90)):
            spot = find_room(free, candidate.width + 2, candidate.height + 2)
            if spot is not None:
                x, y = spot
                image.paste(candidate, (x + 1, y + 1))
                free[y : y + candidate.height + 2, x : x + candidate.width + 2] = False
                _describe(image, free, order, colors, title)
                return True
    return False


def _describe(image: Image.Image, free: Mask, order: Order, colors: Palette, title: str) -> None:
    details = [f"{image.width}\u00d7{image.height}", order.seed_text, f"{order.values['steps']} steps"]
    for share, ratio in ((0.6, 3.6), (0.42, 3.0), (0.3, 2.2), (0.22, 1.3), (0.16, 0.8)):
        width = round(image.width * share)
        height = min(round(width / ratio), round(image.height * 0.3))
        spot = find_room(free, width, height)
        if spot is not None:
            pad = max(2, round(min(width, height) * 0.08))
            box = (spot[0] + pad, spot[1] + pad, spot[0] + width - pad, spot[1] + height - pad)
            caption(image, box, title, details, colors.near, colors.accent)
            return


def find_room(free: Mask, width: int, height: int) -> tuple[int, int] | None:
    """Top-left corner of the wholly free rectangle nearest to the top centre; None when there is none."""
    rows, columns = free.shape
    if width > columns or height > rows or width < 1 or height < 1:
        return None
    sums = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    sums[1:, 1:] = np.cumsum(np.cumsum(free, axis=0, dtype=np.int64), axis=1)
    inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    found_y, found_x = np.nonzero(inside == width * height)
    if found_x.size == 0:
        return None
    cost = np.abs(found_x + width / 2 - columns / 2) + found_y
    best = int(np.argmin(cost))
    return int(found_x[best]), int(found_y[best])
