"""Text to image and to video: a landscape grown from the seed, with the sent pictures set into it."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from ..job import Job, allowed
from .base import WHITE, Drawn, FloatArray, Size, axes, clamp, cover, rounded, shrunk, to_picture, to_rgb
from .marks import describe, put_mark
from .palette import Palette, choose, mix

#: Larger landscapes are drawn at this long side and scaled up; ridges of mountains.
LONG_SIDE, LAYERS = 1024, 6
#: Different frames of a film of any length, and their area in px: small, because they are stored uncompressed.
FRAMES, FRAME_AREA, ZOOM = 16, 320 * 184, 0.2


def draw_scene(job: Job) -> list[Drawn]:
    """One picture, or two when the prompt asks for a series and ``force_single`` is off."""
    several = job.values.get("force_single") is False and "series" in job.prompt.lower()
    drawn = []
    for number in range(2 if several else 1):
        random = job.random(number)
        colors = choose(job.prompt, random)
        image = backdrop(size_of(job), random, colors)
        _inset(image, [to_rgb(picture) for picture in job.pictures])
        describe(image, job, colors)
        drawn.append(Drawn(put_mark(image)))
    return drawn


def draw_film(job: Job) -> list[Drawn]:
    """The frames, all of one size, in the shape of ``aspect_ratio`` or of the first picture, fading into the last."""
    random = job.random()
    colors = choose(job.prompt, random)
    pictures = [picture for picture in job.pictures if picture.mode != "L"]  # without masks
    if pictures:
        shape = clamp(pictures[0].width / pictures[0].height, 1 / 3, 3)
    else:
        wide, _, tall = str(job.values.get("aspect_ratio", "16:9")).partition(":")
        shape = float(wide) / float(tall)
    size = round(math.sqrt(FRAME_AREA * shape) / 8) * 8, round(math.sqrt(FRAME_AREA / shape) / 8) * 8
    larger = round(size[0] * (1 + ZOOM)), round(size[1] * (1 + ZOOM))
    ends = [cover(to_rgb(pictures[place]), larger) for place in (0, -1)] if pictures else []
    first, last = ends or [backdrop(larger, random, colors)] * 2
    aim = random.uniform(0.2, 0.8, size=2)
    frames = []
    for place in range(FRAMES):
        done = place / (FRAMES - 1)
        width, height = (larger[axis] + (size[axis] - larger[axis]) * done for axis in (0, 1))
        left, top = (larger[0] - width) * aim[0], (larger[1] - height) * aim[1]
        scene = Image.blend(first, last, done)
        frame = scene.resize(size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))
        describe(frame, job, colors)
        ImageDraw.Draw(frame).rectangle((0, size[1] - 3, round(size[0] * done), size[1]), fill=colors.accent)
        frames.append(Drawn(put_mark(frame)))
    return frames


def size_of(job: Job) -> Size:
    """width x height when given, else ``size`` as an area in the shape of the first picture; ``use_sr`` doubles."""
    values = job.values
    factor = 2 if values.get("use_sr") else 1
    if values.get("width") is not None and values.get("height") is not None:
        return allowed(int(values["width"]) * factor, int(values["height"]) * factor)
    wide, tall = job.pictures[0].size if job.pictures else (1, 1)
    low = float(values.get("min_ratio", 1 / 16))
    shape = clamp(wide / tall, low, max(low, float(values.get("max_ratio", 16))))
    area = int(values.get("size") or 2048 * 2048)
    return allowed(max(1, round(math.sqrt(area * shape))), max(1, round(math.sqrt(area / shape))))


def _inset(image: Image.Image, pictures: list[Image.Image]) -> None:
    """The pictures in rows above the caption, white-rimmed and rounded, at most 2 to 1; in place."""
    width, height = image.size
    gap = max(1, round(min(image.size) * 0.03))
    columns = max(1, min(len(pictures), math.ceil(math.sqrt(len(pictures) * width / height))))
    wide, tall = (width - 2 * gap) / columns, height * 0.62 / max(1, math.ceil(len(pictures) / columns))
    for place, picture in enumerate(pictures):
        room = max(4.0, wide - gap), max(4.0, tall - gap)
        shape = clamp(picture.width / picture.height, 0.5, 2.0)
        size = round(min(room[0], room[1] * shape)), round(min(room[1], room[0] / shape))
        left = round(gap + (place % columns + 0.5) * wide - size[0] / 2)
        top = round(height * 0.09 + (place // columns + 0.5) * tall - size[1] / 2)
        rim, radius = max(1, round(min(size) * 0.018)), max(3, round(min(size) * 0.06))
        inner = max(1, size[0] - 2 * rim), max(1, size[1] - 2 * rim)
        image.paste(WHITE, (left, top), rounded(size, radius))
        image.paste(cover(picture, inner), (left + rim, top + rim), rounded(inner, radius))


def backdrop(size: Size, random: np.random.Generator, colors: Palette) -> Image.Image:
    """A landscape of any size, also one that would take long to draw pixel by pixel."""
    small = shrunk(size, LONG_SIDE)
    image = landscape(small, random, colors)
    return image if small == size else image.resize(size, Image.Resampling.BICUBIC)


def _skyline(random: np.random.Generator, width: int, aspect: float, detail: float) -> FloatArray:
    """A ridge over ``width`` columns, roughly -1..1: noise of several octaves, smooth between its knots."""
    line = np.zeros(width)
    for octave in range(6):
        points = random.uniform(-1.0, 1.0, size=int(2.2 * 2.1**octave * aspect) + 4)
        cell, part = np.divmod(np.linspace(0.0, len(points) - 1.001, width), 1)
        share = part * part * (3 - 2 * part)
        before, after = points[cell.astype(int)], points[cell.astype(int) + 1]
        line += detail**octave * (before + (after - before) * share)
    return line.astype(np.float32)


def landscape(size: Size, random: np.random.Generator, colors: Palette) -> Image.Image:
    """Sky, a low sun and mountain ridges fading into mist."""
    width, height = size
    y, x = axes(size)
    ends = np.asarray([colors.top, colors.horizon], dtype=np.float32)
    sky = ends[0] + (ends[1] - ends[0]) * (np.clip(y / 0.72, 0, 1) ** 0.8)[..., None]
    canvas = np.broadcast_to(sky, (height, width, 3)).copy()
    sun_x, sun_y = random.uniform(0.2, 0.8), random.uniform(0.2, 0.42)
    distance = np.sqrt(((x - sun_x) * width / height) ** 2 + (y - sun_y) ** 2)
    radius = random.uniform(0.05, 0.085)
    glow = 0.55 * np.exp(-((distance / 0.26) ** 1.3)) + 0.18 * np.exp(-((y - 0.62) ** 2) / 0.012)
    disc = np.clip((radius - distance) * height / 1.6 + 0.5, 0, 1) * 0.92
    for share in (np.clip(glow, 0, 1), disc):
        canvas += (np.asarray(colors.accent, dtype=np.float32) - canvas) * share[..., None]
    haze = np.asarray(mix(colors.horizon, colors.accent, 0.25), dtype=np.float32)
    for layer in range(LAYERS):
        near = layer / (LAYERS - 1)
        line = _skyline(random, width, max(width / height, 0.25), 0.42 + 0.08 * near)
        below = (y - (0.5 + 0.42 * near**1.15 + line * (0.1 - 0.045 * near))[None, :]) * height
        color = np.asarray(mix(colors.far, colors.near, near**0.8), dtype=np.float32)
        mist = 0.42 * (1 - near) * np.clip(below / (0.24 * height), 0, 1) + 0.16 * (1 - near)
        shade = color + (haze - color) * mist[..., None]
        canvas += (shade - canvas) * np.clip(below + 0.5, 0, 1)[..., None]
    # A little noise keeps the gradients of a JPEG from showing bands.
    return to_picture(canvas + random.normal(0.0, 1.4, size=(height, width, 1)))
