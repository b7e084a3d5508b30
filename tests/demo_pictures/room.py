"""Living-room corner in daylight: marched furniture, analytic walls, gathered bounce light."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .film import blur, filmic, quantize, shrink, srgb
from .furniture import BACK, CEILING, LEFT, PARTS, RIGHT, WINDOW_HIGH, WINDOW_LOW
from .gather import Buffer, irradiance, pattern, smooth, upsample
from .noise import fbm, value
from .sdf import Array, Ints, Vec, dot, length, mix, normalize, smoothstep, vec
from .trace import Camera, chunked, cone_start, gradient, march, pick, schlick, soft_shadow, union

WIDTH, HEIGHT, SCALE, STEP = 1024, 768, 2, 4
FRONT = 5.2  # the wall behind the camera
SUN_DIR: Vec = (-0.815, 0.545, 0.195)
SUN: Vec = (5.6, 4.5, 3.2)
SKY: Vec = (4.3, 4.7, 5.2)  # radiance of the window
LAMP: Vec = (1.38, 1.66, -1.72)
NAMES = np.array([*(part.name for part in PARTS), "floor", "ceiling", "left", "right", "back", "front"])
SHELL = len(PARTS)
solids = union(PARTS, 0.12)
solids_far = union(PARTS, 0.6)
TONES: dict[str, Vec] = {
    "rug": (0.70, 0.65, 0.57),
    "sofa": (0.085, 0.185, 0.175),
    "wood": (0.36, 0.20, 0.10),
    "terracotta": (0.62, 0.22, 0.10),
    "cream": (0.76, 0.70, 0.60),
    "brass": (0.50, 0.36, 0.16),
    "shade": (0.85, 0.78, 0.66),
    "books": (0.20, 0.26, 0.32),
    "vase": (0.74, 0.72, 0.68),
    "pot": (0.72, 0.70, 0.66),
    "leaf": (0.070, 0.150, 0.048),
    "curtain": (0.80, 0.77, 0.71),
    "white": (0.82, 0.81, 0.79),
    "frame": (0.30, 0.17, 0.09),
    "floor": (0.42, 0.27, 0.155),
    "ceiling": (0.84, 0.83, 0.81),
    "left": (0.74, 0.71, 0.66),
    "right": (0.74, 0.71, 0.66),
    "back": (0.74, 0.71, 0.66),
    "front": (0.70, 0.67, 0.62),
}
COLOURS = np.array([TONES[str(name)] for name in NAMES], dtype=np.float32).T
WALL_NORMALS = np.array([[0, 0, 1, -1, 0, 0], [1, -1, 0, 0, 0, 0], [0, 0, 0, 0, 1, -1]], dtype=np.float32)


def walls(o: Array, d: Array) -> tuple[Array, Ints]:
    """Distance to the room's box from inside and the wall's index counted from the floor."""
    low, high = vec((LEFT, 0.0, BACK)), vec((RIGHT, CEILING, FRONT))
    safe = np.where(np.abs(d) < 1e-6, 1e-6, d)
    t = (np.where(safe > 0.0, high, low) - o) / safe
    axis = np.argmin(t, axis=0)
    positive = np.take_along_axis(safe, axis[None], axis=0)[0] > 0.0
    wall = np.array([2, 0, 4])[axis] + np.array([1, 1, 1])[axis] * positive
    return np.min(t, axis=0).astype(np.float32), wall


def in_window(y: Array, z: Array, soft: Array | float) -> Array:
    """1 inside the window opening, with edges blurred over ``soft`` metres."""
    inside = np.minimum(
        np.minimum(y - WINDOW_LOW[0], WINDOW_HIGH[0] - y), np.minimum(z - WINDOW_LOW[1], WINDOW_HIGH[1] - z)
    )
    t = np.clip(inside / soft * 0.5 + 0.5, 0.0, 1.0)
    result: Array = t * t * (3.0 - 2.0 * t)
    return result


def sun_patch(p: Array) -> Array:
    """Unshadowed share (0..1) of the sun that reaches points through the window."""
    t = (p[0] - LEFT) / -SUN_DIR[0]
    y, z = p[1] + SUN_DIR[1] * t, p[2] + SUN_DIR[2] * t
    soft = 0.012 + 0.022 * t
    middle = 0.5 * (WINDOW_LOW[1] + WINDOW_HIGH[1])
    bar_y = 0.5 * (WINDOW_LOW[0] + WINDOW_HIGH[0]) + 0.22
    gap = np.minimum(np.abs(z - middle) - 0.035, np.abs(y - bar_y) - 0.028)
    result: Array = in_window(y, z, soft) * np.clip(gap / soft * 0.5 + 0.5, 0.0, 1.0)
    return result


def planks(p: Array) -> Array:
    """Oak boards along x with tight seams; factor (3, N) on the floor's tone."""
    row = np.floor(p[2] / 0.135)
    shift = p[0] + 0.61 * row + 0.4 * np.sin(row * 7.3)
    board = np.floor(shift / 1.15)
    tag = value(row * 3.7 + 0.5, board * 5.3 + 0.5)
    grain = fbm(shift * 1.6 + tag * 20.0, p[2] * 42.0 + tag * 9.0, 5)
    seam = np.minimum(np.abs((p[2] / 0.135) % 1.0 - 0.5), 9.0)
    end = np.abs((shift / 1.15) % 1.0 - 0.5)
    dark = np.maximum(smoothstep(0.484, 0.497, seam), smoothstep(0.4975, 0.4992, end))
    tone = (1.0 + 0.24 * tag + 0.26 * grain) * (1.0 - 0.6 * dark)
    return vec((1.0, 0.97, 0.93)) ** (1.0 + tag) * tone


def artwork(p: Array) -> Array:
    """Abstract print (3, N): layered hills and a sun on cream paper."""
    x, y = (p[0] + 0.15) / 0.53, (p[1] - 1.66) / 0.36
    result = np.broadcast_to(vec((0.78, 0.73, 0.64)), p.shape)
    sheet = (np.abs(x) < 0.84) & (np.abs(y) < 0.76)
    disk = smoothstep(0.255, 0.248, np.sqrt((x - 0.28) ** 2 * 2.1 + (y - 0.24) ** 2))
    scene = mix(vec((0.74, 0.60, 0.45)), vec((0.72, 0.27, 0.10)), disk)
    layers = (
        (0.10, 2.6, 0.4, (0.42, 0.43, 0.38)),
        (-0.18, 2.0, 2.1, (0.19, 0.30, 0.30)),
        (-0.46, 3.1, 4.0, (0.07, 0.13, 0.14)),
    )
    for level, speed, phase, tone in layers:
        hill = level + 0.17 * np.sin(x * speed + phase) + 0.05 * np.sin(x * speed * 2.7 + phase)
        scene = mix(scene, vec(tone), smoothstep(0.008, -0.008, y - hill))
    return np.where(sheet, scene, result)


def rug_tone(p: Array) -> Array:
    """Woven rug with a thin border and a diamond lattice; factor (3, N)."""
    x, z = p[0] - 0.12, p[2] + 0.46
    border = np.minimum(1.32 - np.abs(x), 0.80 - np.abs(z))
    line = smoothstep(0.008, 0.004, np.abs(border - 0.085)) + smoothstep(0.014, 0.010, np.abs(border - 0.055))
    a, b = (x + z * 1.25) / 0.34, (x - z * 1.25) / 0.34
    lattice = np.minimum(np.abs(a - np.round(a)), np.abs(b - np.round(b)))
    line = np.maximum(line, 0.75 * smoothstep(0.035, 0.022, lattice) * (border > 0.10))
    weave = 1.0 + 0.10 * value(p[0] * 90.0, p[2] * 90.0)
    return mix(vec((1.0, 1.0, 1.0)), vec((0.46, 0.42, 0.40)), np.clip(line, 0.0, 1.0)) * weave


def albedo(index: Ints, p: Array) -> Array:
    """Diffuse colour (3, N)."""
    result: Array = COLOURS[:, index]
    name = NAMES[index]
    for label, tone in (("floor", planks), ("rug", rug_tone)):
        some = np.flatnonzero(name == label)
        result[:, some] *= tone(p[:, some])
    some = np.flatnonzero((name == "frame") & (p[2] < BACK + 0.0275) & (np.abs(p[0] + 0.15) < 0.54))
    some = some[np.abs(p[1, some] - 1.66) < 0.37]
    result[:, some] = artwork(p[:, some])
    some = np.flatnonzero(np.isin(name, ["sofa", "terracotta", "cream", "curtain"]))
    x, y, z = p[:, some] * 160.0
    result[:, some] *= 1.0 + 0.10 * value(x + z, y - z)
    some = np.flatnonzero((name == "wood") & (p[1] > 0.36))
    result[:, some] *= 1.0 + 0.22 * fbm(p[0, some] * 6.0, p[2, some] * 55.0, 4)
    return result


def window_light(p: Array, n: Array, shift: Array | float = 0.5, count: int = 9, shadows: bool = True) -> Array:
    """Irradiance / pi (3, N) of the window, from ``count`` points on it, offset by ``shift``."""
    total = np.zeros(p.shape[1], dtype=np.float32)
    height, depth = WINDOW_HIGH[0] - WINDOW_LOW[0], WINDOW_HIGH[1] - WINDOW_LOW[1]
    for k in range(count):
        y = np.broadcast_to(WINDOW_LOW[0] + height * ((k + shift) / count), p.shape[1:])
        z = np.broadcast_to(WINDOW_LOW[1] + depth * ((k * 0.618 + shift) % 1.0), p.shape[1:])
        to = np.stack([np.full_like(y, LEFT + 0.02), y, z]) - p
        reach = np.maximum(length(to), 0.15)
        ray = (to / reach).astype(np.float32)
        form = np.clip(dot(n, ray), 0.0, 1.0) * np.clip(-ray[0], 0.0, 1.0) / (np.pi * reach * reach)
        lit = np.flatnonzero(form > 1e-4)
        if shadows and lit.size:
            start = p[:, lit] + n[:, lit] * 6e-3
            blocked = march(solids, start, ray[:, lit], reach[lit] - 0.13, 26, 3e-3, 0.004)
            form[lit] *= ~np.isfinite(blocked)
        total += form
    return vec(SKY) * (total * (height * depth / count))


def lamp_light(p: Array, n: Array) -> Array:
    """Irradiance / pi (3, N) of the floor lamp: up and down cones, dim through the shade."""
    to = vec(LAMP) - p
    reach = np.maximum(length(to), 0.22)
    ray = to / reach
    cone = 0.22 + 1.0 * smoothstep(0.45, 0.80, np.abs(ray[1]))
    facing = np.clip(dot(n, ray) * 0.8 + 0.2, 0.0, 1.0)
    result: Array = vec((0.34, 0.204, 0.095)) * (cone * facing / (reach * reach))
    return result


def seen(o: Array, d: Array) -> Array:
    """Radiance (3, N) along gathered rays; the window itself is sampled apart, hence dark here."""
    far, wall = walls(o, d)
    t = march(solids, o, d, np.minimum(far, 3.5), 18, 5e-3, 0.006)
    hit = np.isfinite(t) & (t < far)
    p = o + d * np.where(hit, t, far * 0.999)
    index = SHELL + wall
    n = WALL_NORMALS[:, wall]
    if hit.any():
        index[hit] = pick(PARTS, p[:, hit])
        n[:, hit] = -d[:, hit]
    light = window_light(p, n, 0.5, 3, False) * 0.8 + vec((0.36, 0.34, 0.31))
    sun = sun_patch(p) * np.clip(dot(n, vec(SUN_DIR)), 0.0, 1.0)
    result: Array = COLOURS[:, index] * (light + vec(SUN) * sun)
    glass = (index == SHELL + 2) * in_window(p[1], p[2], 0.02)
    result = result * (1.0 - glass) + vec((1.0, 0.62, 0.30)) * (1.6 * (NAMES[index] == "shade"))
    return np.minimum(result, 3.0)


def shade(p: Array, n: Array, d: Array, index: Ints, soft: Array) -> Array:
    """Final light (3, N); ``soft`` is the coarse window and bounce light."""
    name = NAMES[index]
    patch = sun_patch(p)
    facing = dot(n, vec(SUN_DIR))
    thin = np.isin(name, ["leaf", "curtain"])
    facing = np.where(thin, 0.35 * np.abs(facing) + 0.65 * np.maximum(facing, 0.0), np.maximum(facing, 0.0))
    some = np.flatnonzero(patch * facing > 1e-3)
    sun = np.zeros_like(patch)
    towards = np.broadcast_to(vec(SUN_DIR), (3, some.size))
    start = p[:, some] + n[:, some] * 8e-3
    if some.size:
        sun[some] = soft_shadow(solids_far, start, towards, 2.4, 0.045, 60) * (patch * facing)[some]
    colour = albedo(index, p) * (vec(SUN) * sun + soft + lamp_light(p, n))
    # Daylight shines through the curtains and the leaves by the window.
    colour = colour + vec((0.62, 0.60, 0.55)) * (name == "curtain") * (0.30 + 0.25 * np.abs(n[2]))
    shine = np.select([name == "floor", name == "wood", name == "leaf", name == "vase"], [0.035, 0.04, 0.04, 0.05], 0.0)
    mirrored = d - 2.0 * dot(n, d) * n
    to_window = normalize(vec((LEFT, 1.5, -0.3)) - p)
    lobe = np.exp((dot(mirrored, to_window) - 1.0) * 16.0)
    gleam = schlick(-dot(n, d), shine) * (shine > 0.0) * lobe
    colour = colour + vec(SKY) * gleam * 0.8 * np.clip(soft * 1.2, 0.0, 1.0)
    inner = 1.0 - 0.35 * smoothstep(0.0, 0.16, np.abs(p[1] - LAMP[1]))
    inner = inner * (0.75 + 0.25 * np.abs(dot(n, d)))
    colour = np.where(name == "shade", vec((1.75, 1.18, 0.66)) * inner, colour)
    outside = mix(vec((2.2, 2.3, 2.2)), vec((3.0, 3.3, 3.6)), smoothstep(0.8, 2.2, p[1]))
    glass = (name == "left") * in_window(p[1], p[2], 0.004)
    return mix(colour, outside, glass)


def render() -> Image.Image:
    """Render the 1024 x 768 picture."""
    columns, rows = WIDTH * SCALE, HEIGHT * SCALE
    camera = Camera((1.62, 1.42, 3.55), (-0.42, 1.02, -1.4), 38.0, columns, rows)
    d = camera.rays()
    o = camera.origins(d.shape[1]).astype(np.float32)
    far, wall = walls(o, d)
    start = cone_start(solids, camera, 1.5, 9.0)
    t = np.full_like(start, np.inf)
    close = np.flatnonzero(start < far)
    first = start[close]
    origin = o[:, close] + d[:, close] * first
    t[close] = first + march(solids, origin, d[:, close], far[close] - first, 110, 6e-4)
    hit = np.isfinite(t) & (t < far)
    p = (o + d * np.where(hit, t, far)).astype(np.float32)
    index = (SHELL + wall).astype(np.int32)
    n = WALL_NORMALS[:, wall]
    solid = np.flatnonzero(hit)
    index[solid] = chunked(lambda q: pick(PARTS, q), p[:, solid])
    n[:, solid] = gradient(solids, p[:, solid], 1e-3)
    fine = Buffer(p.reshape(3, rows, columns), n.reshape(3, rows, columns))
    coarse = fine.every(STEP)
    flat_p, flat_n = coarse.point.reshape(3, -1), coarse.normal.reshape(3, -1)
    direct = chunked(window_light, flat_p, flat_n, pattern(*coarse.point.shape[1:]))
    light = irradiance(coarse, seen, 18) + direct.reshape(coarse.point.shape)
    soft = upsample(fine, coarse, smooth(coarse, light, 0.03, 3), STEP, 0.03).reshape(3, -1)
    colour = chunked(shade, p, n, d, index, soft.astype(np.float32))
    return develop(colour.reshape(3, rows, columns))


def develop(colour: Array) -> Image.Image:
    """Window glow, film curve, slight vignette."""
    bright = np.maximum(shrink(np.minimum(colour, 4.0), SCALE) - 1.2, 0.0)
    small = shrink(filmic(colour * 1.05), SCALE)
    small = small + 0.6 * filmic(0.08 * blur(bright, 14.0) + 0.05 * blur(bright, 50.0)) * (1.0 - small)
    v, u = np.mgrid[-1.0 : 1.0 : HEIGHT * 1j, -1.0 : 1.0 : WIDTH * 1j]
    return quantize(srgb(small * (1.0 - 0.10 * (u * u + v * v))))
