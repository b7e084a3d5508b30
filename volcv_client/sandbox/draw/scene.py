"""Seed-dependent backgrounds: a landscape, a studio and an abstract flow."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .base import FloatArray, to_array, to_picture
from .palette import Palette, mix, ramp

LAYERS = 6


def _axes(size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Column vector of y and row vector of x, both 0..1."""
    rows = ((np.arange(size[1], dtype=np.float32) + 0.5) / size[1])[:, None]
    columns = ((np.arange(size[0], dtype=np.float32) + 0.5) / size[0])[None, :]
    return rows, columns


def _grain(random: np.random.Generator, size: tuple[int, int]) -> FloatArray:
    # A little noise keeps JPEG gradients from showing bands.
    return random.normal(0.0, 1.4, size=(size[1], size[0], 1)).astype(np.float32)


def _profile(random: np.random.Generator, width: int, aspect: float, detail: float) -> FloatArray:
    """A skyline over ``width`` columns, roughly -1..1: noise of several octaves."""
    x = np.linspace(0.0, aspect, width, dtype=np.float32)
    line = np.zeros(width, dtype=np.float32)
    amplitude, knots = 1.0, 2.2
    for _ in range(6):
        count = int(knots * aspect) + 4
        points = random.uniform(-1.0, 1.0, size=count)
        position = x * (count - 3) / max(aspect, 1e-6)
        cell = np.floor(position).astype(int)
        part = position - cell
        smooth = part * part * (3 - 2 * part)
        line += (amplitude * (points[cell] * (1 - smooth) + points[cell + 1] * smooth)).astype(np.float32)
        amplitude, knots = amplitude * detail, knots * 2.1
    return line


def landscape(size: tuple[int, int], random: np.random.Generator, colors: Palette) -> Image.Image:
    """Sky, a low sun and mountain ridges fading into mist."""
    width, height = size
    y, x = _axes(size)
    aspect = width / height
    sky = ramp(np.clip(y / 0.72, 0, 1) ** 0.85, [colors.top, mix(colors.top, colors.horizon, 0.55), colors.horizon])
    canvas = np.broadcast_to(sky, (height, width, 3)).copy()
    sun_x, sun_y = random.uniform(0.2, 0.8), random.uniform(0.2, 0.42)
    distance = np.sqrt(((x - sun_x) * aspect) ** 2 + (y - sun_y) ** 2)
    radius = random.uniform(0.05, 0.085)
    accent = np.asarray(colors.accent, dtype=np.float32)
    glow = 0.55 * np.exp(-((distance / 0.26) ** 1.3)) + 0.18 * np.exp(-((y - 0.62) ** 2) / 0.012)
    disc = np.clip((radius - distance) * height / 1.6 + 0.5, 0, 1) * 0.92
    for cover in (np.clip(glow, 0, 1), disc):
        canvas += (accent - canvas) * cover[..., None]
    rows = np.arange(height, dtype=np.float32)[:, None]
    for layer in range(LAYERS):
        near = layer / (LAYERS - 1)
        line = _profile(random, width, max(aspect, 0.25), 0.42 + 0.08 * near)
        level = (0.5 + 0.42 * near**1.15 + line * (0.1 - 0.045 * near)) * height
        inside = np.clip(rows - level[None, :] + 0.5, 0, 1)
        color = np.asarray(mix(colors.far, colors.near, near**0.8), dtype=np.float32)
        haze = np.asarray(mix(colors.horizon, colors.accent, 0.25), dtype=np.float32)
        mist = 0.42 * (1 - near) * np.clip((rows - level[None, :]) / (0.24 * height), 0, 1) + 0.16 * (1 - near)
        shade = color + (haze - color) * mist[..., None]
        canvas += (shade - canvas) * inside[..., None]
    return to_picture(canvas + _grain(random, size))


def studio(size: tuple[int, int], random: np.random.Generator, colors: Palette, horizon: float) -> Image.Image:
    """A softly lit wall above a table; ``horizon`` is the table's far edge, 0..1 from the top."""
    width, height = size
    y, x = _axes(size)
    light = np.asarray(mix(colors.horizon, (255, 255, 255), 0.25), dtype=np.float32)
    spot_x = random.uniform(0.3, 0.7)
    spread = np.exp(-(((x - spot_x) * 1.25) ** 2 + ((y - 0.38) * 1.1) ** 2) / 0.2)
    wall = ramp(np.clip(1 - spread, 0, 1), [colors.horizon, mix(colors.far, colors.horizon, 0.45), colors.far])
    wall += (light - wall) * (0.55 * spread)[..., None]
    wall = _with_bokeh(wall, random, colors, horizon)
    depth = np.clip((y - horizon) / max(1e-3, 1 - horizon), 0, 1)
    near = mix(colors.near, colors.far, 0.42)
    table = ramp(depth + 0 * x, [mix(near, colors.horizon, 0.5), mix(near, colors.horizon, 0.2), near])
    table += (light - table) * (0.3 * np.exp(-(((x - spot_x) / 0.3) ** 2)) * (1 - depth))[..., None]
    edge = np.clip((y - horizon) * height / max(2.0, height * 0.012) + 0.5, 0, 1)
    canvas = wall + (table - wall) * np.broadcast_to(edge, (height, width))[..., None]
    vignette = 1 - 0.26 * np.clip(((x - 0.5) ** 2 + (y - 0.5) ** 2) / 0.5, 0, 1) ** 1.4
    return to_picture(canvas * vignette[..., None] + _grain(random, size))


def _with_bokeh(wall: FloatArray, random: np.random.Generator, colors: Palette, horizon: float) -> FloatArray:
    height, width = wall.shape[:2]
    y, x = _axes((width, height))
    aspect = width / height
    accent = np.asarray(colors.accent, dtype=np.float32)
    for _ in range(9):
        center_x, center_y = random.uniform(0, 1), random.uniform(0.02, max(0.1, horizon - 0.08))
        radius, strength = random.uniform(0.02, 0.075), random.uniform(0.06, 0.2)
        distance = np.sqrt(((x - center_x) * aspect) ** 2 + (y - center_y) ** 2)
        circle = np.clip((radius - distance) / 0.012 + 0.5, 0, 1) * strength
        wall = wall + (accent - wall) * circle[..., None]
    return wall


def flow(size: tuple[int, int], random: np.random.Generator, colors: Palette, dark: float = 0.0) -> Image.Image:
    """Bands of colour drifting through each other; ``dark`` 0..1 pulls them towards the near colour."""
    longest = max(size)
    factor = min(1.0, 420 / longest)
    small = max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
    y, x = _axes(small)
    x = x * (small[0] / small[1])
    warp_x = warp_y = np.zeros((small[1], small[0]), dtype=np.float32)
    for step in range(4):
        a, b, c = random.uniform(0.8, 2.2, size=3) * (1 + 0.35 * step)
        phase = random.uniform(0, 6.283, size=2)
        warp_x = warp_x + np.sin(a * 2.1 * (y + warp_y) + c * x + phase[0]).astype(np.float32) * 0.34 / (step + 1)
        warp_y = warp_y + np.cos(b * 1.9 * (x + warp_x) - a * y + phase[1]).astype(np.float32) * 0.34 / (step + 1)
    field = np.clip(0.5 + 0.5 * np.sin(2.4 * (warp_x + warp_y) + 2.2 * y + x), 0, 1).astype(np.float32)
    stops = [colors.near, colors.top, colors.far, colors.horizon]
    shades = ramp(field, [mix(color, colors.near, dark) for color in stops])
    picture = to_picture(shades).resize(size, Image.Resampling.BICUBIC)
    return to_picture(to_array(picture) + _grain(random, size))
