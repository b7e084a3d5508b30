"""Mountain lake at golden hour: ray-cast height field, conifer slopes, haze, sky and water.

Lengths are metres; the camera stands at the shore of a lake whose surface is y = 0
and looks along +z. Arrays named per column have shape (depths, columns).
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from .film import blur, filmic, quantize, shrink, srgb
from .noise import cells, eroded, fbm, value
from .sdf import Array, Vec, dot, mix, normalize, smoothstep, vec
from .trace import chunked

WIDTH, HEIGHT, SCALE = 1024, 768, 2
EYE = 9.0  # camera height above the lake
HORIZON = 0.565  # fraction of the picture height above the horizon
FOCAL = 1.18  # focal length in picture widths
SUN_AZIMUTH, SUN_ELEVATION = -7.5, 9.0  # degrees, azimuth from the viewing axis
SUN: Vec = (1.0, 0.56, 0.24)
_A, _E = math.radians(SUN_AZIMUTH), math.radians(SUN_ELEVATION)
SUN_DIR: Vec = (math.sin(_A) * math.cos(_E), math.sin(_E), math.cos(_A) * math.cos(_E))


def ground(x: Array, z: Array, octaves: int) -> Array:
    """Height of the bare terrain."""
    # A valley along the view: mountains rise away from its winding axis and with distance.
    axis = 900.0 * value(z / 5200.0 + 3.0, z * 0.0 + 1.5) - 0.12 * z
    off = np.abs(x - axis)
    rise = smoothstep(250.0, 4200.0, off + 0.20 * np.maximum(z - 3000.0, 0.0))
    peaks = eroded(x / 2600.0 + 4.2, z / 2600.0 + 1.3, octaves)
    massif = 0.45 + 0.55 * value(x / 6500.0 + 9.1, z / 6500.0 + 2.2)
    high = (760.0 + 1250.0 * smoothstep(2500.0, 15000.0, z)) * rise * (0.55 + 0.9 * massif)
    shore = 26.0 * smoothstep(330.0, 620.0, off) + 30.0 * value(x / 420.0, z / 420.0)
    lake = smoothstep(5200.0, 4200.0, z) * smoothstep(1150.0, 500.0, off)
    result: Array = high * (0.75 + 0.75 * peaks) + shore * (1.0 - lake) - 60.0 * lake
    return result


def trees(x: Array, z: Array, height: Array) -> tuple[Array, Array]:
    """Extra height of the conifers and a shade factor (0 = between the trees, 1 = crown)."""
    patch = smoothstep(-0.35, 0.05, fbm(x / 330.0, z / 330.0, 3) - (height - 330.0) / 420.0)
    patch = patch * smoothstep(1.5, 5.0, height)
    far, tag = cells(x / 11.0, z / 11.0)
    cone = np.clip(1.0 - far / (0.52 + 0.1 * tag), 0.0, 1.0)
    return cone * (19.0 + 8.0 * tag) * patch, patch * (0.35 + 0.65 * cone)


def sky(d: Array) -> Array:
    """Radiance (3, N) of the sky in unit directions, clouds included."""
    up = np.clip(d[1], 0.0, 1.0)
    facing = np.clip(dot(d, vec(SUN_DIR)), 0.0, 1.0)
    low, middle, top = vec((1.05, 0.50, 0.20)), vec((0.46, 0.40, 0.42)), vec((0.085, 0.17, 0.36))
    base = mix(mix(low, middle, smoothstep(0.0, 0.17, up)), top, smoothstep(0.08, 0.42, up))
    warm = vec(SUN) * (0.34 * facing**9 + 0.85 * facing**70)
    base = base * (0.70 + 0.30 * facing**2) + warm * np.exp(-2.0 * up)
    disk = smoothstep(0.99990, 0.99996, facing) * 26.0 + 2.0 * facing**1400
    x, z = d[0] / (up + 0.09), d[2] / (up + 0.09)
    bend = 0.5 * fbm(x * 0.5 + 3.0, z * 0.5, 3)
    thick = fbm(x * 0.62 + bend + 1.0, z * 1.15 + bend + 4.0, 7, 0.52)
    cover = smoothstep(-0.06, 0.34, thick) * smoothstep(0.015, 0.12, up)
    # Towards the sun the edges glow, the thick middle stays mauve.
    lit = vec((1.35, 0.66, 0.34)) * (0.42 + 1.1 * facing**10)
    body = vec((0.30, 0.23, 0.27))
    cloud = mix(lit, body, smoothstep(0.10, 0.55, thick) * 0.8)
    return mix(base + vec((1.0, 0.78, 0.52)) * disk, cloud, cover * 0.86)


def haze(colour: Array, distance: Array, height: Array, d: Array) -> Array:
    """Add aerial perspective: low air is denser and glows towards the sun."""
    density = distance / 13000.0 * (0.35 + 0.65 * np.exp(-np.maximum(height, 0.0) / 420.0))
    facing = np.clip(dot(d, vec(SUN_DIR)), 0.0, 1.0)
    air = vec((0.26, 0.29, 0.39)) + vec((1.05, 0.54, 0.22)) * (0.16 * facing**3 + 0.65 * facing**16)
    clear = np.exp(-density * np.array([[1.0], [1.08], [1.25]], dtype=np.float32))
    return colour * clear + air * (1.0 - clear)


def depths() -> Array:
    """Sampling distances along z, denser near the camera."""
    return np.geomspace(110.0, 26000.0, 1700).astype(np.float32)


def cast() -> tuple[Array, Array]:
    """March every column front to back; returns (z, crown shade) per pixel, z = inf in the sky."""
    columns, rows = WIDTH * SCALE, HEIGHT * SCALE
    slope_x = ((np.arange(columns) + 0.5) / columns - 0.5) / FOCAL
    tangent = (HORIZON * rows - 0.5 - np.arange(rows)) / (FOCAL * columns)
    z = depths()
    best = np.full((rows, columns), np.inf, dtype=np.float32)
    shade = np.zeros((rows, columns), dtype=np.float32)
    for start in range(0, columns, 64):
        part = slice(start, start + 64)
        grid_z = np.broadcast_to(z[:, None], (z.size, 64))
        x = (grid_z * slope_x[None, part]).astype(np.float32)
        h = ground(x, grid_z, 11)
        extra, crown = trees(x, grid_z, h)
        rise = np.maximum.accumulate((h + extra - EYE) / grid_z, axis=0)
        for k in range(64):
            first = np.searchsorted(rise[:, k], tangent)
            seen = first < z.size
            index = first[seen]
            before = np.maximum(index - 1, 0)
            gain = rise[index, k] - rise[before, k]
            part_way = np.where(gain > 1e-9, (tangent[seen] - rise[before, k]) / np.maximum(gain, 1e-9), 1.0)
            best[seen, start + k] = z[before] + (z[index] - z[before]) * np.clip(part_way, 0.0, 1.0)
            shade[seen, start + k] = crown[index, k]
    return best, shade


def sunlit(x: Array, y: Array, z: Array) -> Array:
    """Visibility (0..1) of the low sun over the surrounding terrain."""
    seen = np.ones_like(x)
    for t in np.geomspace(30.0, 6000.0, 26):
        h = ground(x + SUN_DIR[0] * t, z + SUN_DIR[2] * t, 5)
        seen = np.minimum(seen, 0.5 + (y + 6.0 + SUN_DIR[1] * t - h) / (0.05 * t + 8.0))
    return smoothstep(0.0, 1.0, seen)


def terrain(x: Array, z: Array, crown: Array, d: Array) -> Array:
    """Light (3, N) leaving the land."""
    y = ground(x, z, 11)
    h = (2.0 + z * 0.0022).astype(np.float32)
    flat = [ground(x + h, z, 11) - ground(x - h, z, 11), ground(x, z + h, 11) - ground(x, z - h, 11)]
    n = normalize(np.stack([-flat[0] / (2 * h), np.ones_like(x), -flat[1] / (2 * h)]))
    steep = 1.0 - n[1]
    grain = fbm(x / 40.0, z / 40.0 + y / 25.0, 5)
    rock = vec((0.23, 0.20, 0.19)) * (1.0 + 0.45 * grain)
    grass = vec((0.13, 0.12, 0.045)) * (1.0 + 0.4 * grain)
    snow = vec((0.82, 0.82, 0.86))
    base = mix(grass, rock, smoothstep(0.16, 0.34, steep + 0.08 * grain + (y - 500.0) / 4000.0))
    cap = smoothstep(760.0, 1050.0, y + 170.0 * grain - 120.0) * smoothstep(0.52, 0.28, steep)
    base = mix(base, snow, cap)
    base = mix(base, vec((0.032, 0.044, 0.024)) * (0.4 + 0.9 * crown), np.clip(crown * 3.0, 0.0, 1.0))
    # Grazing sun from behind: crowns and crests catch a rim.
    sun = np.clip(dot(n, vec(SUN_DIR)) + 0.10, 0.0, 1.0) * sunlit(x, y, z)
    ambient = vec((0.36, 0.42, 0.56)) * (0.55 + 0.45 * n[1])
    bounce = vec((0.30, 0.19, 0.12)) * np.clip(0.4 - 0.6 * n[2], 0.0, 1.0)
    colour = base * (vec(SUN) * sun * 5.2 + ambient + bounce)
    return haze(colour, np.sqrt(x * x + z * z), y, d)


def waves(x: Array, z: Array) -> tuple[Array, Array]:
    """Slopes of the water surface; they calm down with distance (finer than a pixel)."""
    rough = 0.012 + 0.022 * smoothstep(400.0, 40.0, z)
    calm = 0.55 + 0.45 * smoothstep(-0.2, 0.3, fbm(x / 160.0, z / 420.0, 3))
    a = fbm(x / 1.9 + 7.0, z / 2.3, 5, 0.62)
    b = fbm(x / 2.6 + 31.0, z / 1.9 + 9.0, 5, 0.62)
    return a * rough * calm, b * rough * calm


def water(x: Array, z: Array, above: Array) -> Array:
    """Light (3, N) from the lake; ``above`` (3, rows, columns) is the picture over the horizon."""
    columns, rows = WIDTH * SCALE, HEIGHT * SCALE
    sx, sz = waves(x, z)
    incoming = normalize(np.stack([x, np.full_like(x, -EYE), z]))
    n = normalize(np.stack([-sx, np.ones_like(x), -sz]))
    cosine = np.clip(-dot(incoming, n), 0.0, 1.0)
    mirrored = incoming + 2.0 * cosine * n
    u = (mirrored[0] / mirrored[2] * FOCAL + 0.5) * columns
    v = HORIZON * rows - np.abs(mirrored[1] / mirrored[2]) * FOCAL * columns
    u = np.clip(np.abs(u), 0, columns - 1)
    u = np.where(u > columns - 2, 2 * columns - 4 - u, u)
    column = np.clip(u, 0, columns - 1).astype(int)
    row = np.clip(v, 0, above.shape[1] - 1).astype(int)
    mirror = above[:, row, column]
    fresnel = 0.02 + 0.98 * (1.0 - cosine) ** 5
    deep = vec((0.022, 0.055, 0.062)) + vec((0.05, 0.07, 0.05)) * smoothstep(90.0, 20.0, z)
    return mix(deep, mirror * vec((0.93, 0.96, 1.0)), np.clip(fresnel * 0.92 + 0.10, 0.0, 1.0))


def render() -> Image.Image:
    """Render the 1024 x 768 picture."""
    columns, rows = WIDTH * SCALE, HEIGHT * SCALE
    z, crown = cast()
    v, u = np.mgrid[0:rows, 0:columns].astype(np.float32)
    tangent = (HORIZON * rows - 0.5 - v) / (FOCAL * columns)
    slope = ((u + 0.5) / columns - 0.5) / FOCAL
    d = normalize(np.stack([slope, tangent, np.ones_like(slope)]).reshape(3, -1))
    z, crown, slope, tangent = z.ravel(), crown.ravel(), slope.ravel(), tangent.ravel()
    lake = np.where(tangent < -1e-4, EYE / np.maximum(-tangent, 1e-4), np.inf)
    wet = np.flatnonzero(np.isfinite(lake) & (lake <= z))
    land = np.flatnonzero((z < lake) & np.isfinite(z))
    air = np.flatnonzero(np.isinf(z) & np.isinf(lake))
    colour = np.zeros((3, z.size), dtype=np.float32)
    colour[:, air] = chunked(sky, d[:, air])
    colour[:, land] = chunked(terrain, slope[land] * z[land], z[land], crown[land], d[:, land])
    above = colour.reshape(3, rows, columns)[:, : int(HORIZON * rows)]
    distance = lake[wet].astype(np.float32)
    shine = chunked(lambda a, b: water(a, b, above), slope[wet] * distance, distance)
    colour[:, wet] = haze(shine, distance * 0.6, np.zeros_like(distance), d[:, wet])
    return develop(colour.reshape(3, rows, columns))


def develop(colour: Array) -> Image.Image:
    """Bloom around the sun, film curve, slight vignette."""
    grey = 0.25 * colour[:1] + 0.6 * colour[1:2] + 0.15 * colour[2:]
    colour = np.maximum(grey + (colour - grey) * 1.22, 0.0)
    bright = np.maximum(shrink(np.minimum(colour, 8.0), SCALE) - 0.9, 0.0)
    glow = 0.16 * blur(bright, 9.0) + 0.14 * blur(bright, 40.0)
    small = shrink(filmic(colour), SCALE)
    small = mix(small, small * small * (3.0 - 2.0 * small), np.full_like(small, 0.35))
    small = small + filmic(glow) * (1.0 - small)
    v, u = np.mgrid[-1.0 : 1.0 : HEIGHT * 1j, -1.0 : 1.0 : WIDTH * 1j]
    return quantize(srgb(small * (1.0 - 0.12 * (u * u + v * v))))
