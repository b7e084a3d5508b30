"""Style reference: a marble table top in front of a warm, defocused evening interior.

The camera looks slightly down on the plane y = 0; lengths are metres.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from .film import blur, filmic, quantize, shrink, srgb
from .noise import fbm
from .sdf import Array, Vec, mix, smoothstep, vec

SIZE, SCALE = 1024, 2
EDGE = 0.470  # picture height of the table's far edge, fraction from the top
EYE, FOCAL = 0.42, 1.25  # camera height (m) and focal length in picture widths
PITCH = 0.20  # vertical shift of the horizon above the table edge, fraction


def discs(
    x: Array,
    y: Array,
    seed: int,
    count: int,
    radius: tuple[float, float],
    power: float,
    tones: tuple[Vec, ...],
    spread: tuple[float, float],
) -> Array:
    """Sum of defocused lamp discs (3, H, W) with soft rims; sizes in picture fractions."""
    random = np.random.default_rng(seed)
    total = np.zeros((3, *x.shape), dtype=np.float32)
    for _ in range(count):
        cx, cy = random.uniform(-0.05, 1.05), random.uniform(*spread)
        size = random.uniform(*radius)
        tone = tones[int(random.integers(len(tones)))]
        level = power * random.uniform(0.35, 1.0)
        # A lens clips the discs of off-axis lamps to a cat's eye.
        squeeze = 1.0 + 0.35 * abs(cx - 0.5)
        r = np.sqrt(((x - cx) * squeeze) ** 2 + (y - cy) ** 2) / size
        shape = smoothstep(1.04, 0.94, r) * (0.72 + 0.28 * smoothstep(0.6, 0.98, r))
        total += np.array(tone, dtype=np.float32)[:, None, None] * (shape * level)
    return total


def backdrop(x: Array, y: Array) -> Array:
    """Blurred room (3, H, W): warm wall, glowing window, dark plant shapes, lamp discs."""
    bright = 0.45 + 0.75 * np.exp(-(((x - 0.70) / 0.5) ** 2))
    wall = np.stack([0.34 * bright, 0.185 * bright, 0.098 * bright])
    glow = np.exp(-(((x - 0.79) / 0.20) ** 2) - ((y - 0.16) / 0.22) ** 2)
    image = wall + np.array([1.15, 0.58, 0.24])[:, None, None] * glow
    shelf = smoothstep(0.012, 0.0, np.abs(y - 0.30)) * smoothstep(0.62, 0.55, x)
    image = image * (1.0 - 0.45 * shelf)
    for cx, cy, w, h in ((0.10, 0.30, 0.10, 0.34), (0.22, 0.40, 0.07, 0.20), (0.47, 0.42, 0.05, 0.16)):
        dark = smoothstep(1.3, 0.6, np.sqrt(((x - cx) / w) ** 2 + ((y - cy) / h) ** 2))
        image = mix(image, np.array([0.050, 0.058, 0.034])[:, None, None] + 0 * image, 0.75 * dark)
    image = blur(image.astype(np.float32), 23.0)
    tones = ((1.0, 0.44, 0.12), (1.0, 0.56, 0.22), (1.0, 0.32, 0.09), (1.0, 0.70, 0.40))
    image = image + blur(discs(x, y, 21, 26, (0.030, 0.062), 0.34, tones, (0.0, 0.40)), 2.5)
    return image + blur(discs(x, y, 5, 20, (0.016, 0.034), 0.70, tones, (0.10, 0.43)), 1.5)


def marble(x: Array, z: Array) -> Array:
    """Albedo (3, ...) of warm white marble with grey and golden veins; x, z in metres."""
    wx = x + 0.16 * fbm(x * 3.1 + 5.0, z * 3.1, 5) + 0.03 * fbm(x * 16.0, z * 16.0 + 3.0, 4)
    wz = z + 0.16 * fbm(x * 3.1 + 41.0, z * 3.1 + 8.0, 5) + 0.03 * fbm(x * 16.0 + 9.0, z * 16.0, 4)
    base = np.stack([0.80 + 0 * x, 0.765 + 0 * x, 0.715 + 0 * x])
    cloud = fbm(wx * 4.0, wz * 4.0 + 2.0, 5)
    base = base * (1.0 - 0.13 * smoothstep(-0.25, 0.5, cloud))
    layers = (
        (2.6, 0.080, 0.85, (0.24, 0.22, 0.21)),
        (6.0, 0.040, 0.60, (0.36, 0.33, 0.30)),
        (4.2, 0.034, 0.85, (0.50, 0.30, 0.11)),
    )
    for number, (scale, width, depth, tone) in enumerate(layers):
        ridge = np.abs(fbm(wx * scale + 13.0 * number, (wz * 1.3 - wx * 0.9) * scale + 7.0 * number, 3))
        fade = smoothstep(-0.35, 0.20, fbm(x * 4.0 + 3.0 * number, z * 5.0 + 11.0, 3))
        core = np.exp(-((ridge / (0.25 * width)) ** 2))
        line = depth * fade * (np.exp(-ridge / width) * 0.55 + core * 0.45)
        base = mix(base, vec(tone)[:, :, None] + 0 * base, line)
    return base


def table(x: Array, y: Array, behind: Array) -> Array:
    """Lit table top (3, H, W): marble, polished reflection of the room, soft light from the right."""
    drop = np.maximum(y - EDGE + PITCH, 0.02)
    z = EYE * FOCAL / drop
    across = (x - 0.5) * z / FOCAL
    albedo = marble(across * 1.15, z * 1.15)
    side = y.shape[0]
    row = np.clip(((2.0 * EDGE - y) * side), 0, side - 1).astype(int)
    column = np.broadcast_to(np.arange(side), row.shape)
    # The honed surface stretches reflections vertically.
    stretched = blur(behind, 14.0)
    mirror = stretched[:, row, column]
    cosine = EYE / np.sqrt(EYE * EYE + z * z)
    fresnel = 0.045 + 0.955 * (1.0 - cosine) ** 5
    warm = np.exp(-(((across - 0.42) / 0.75) ** 2) - ((z - 1.9) / 1.6) ** 2)
    key = np.array([1.0, 0.84, 0.66])[:, None, None] * (0.27 + 0.62 * warm)
    fill = np.array([0.10, 0.11, 0.135])[:, None, None] * smoothstep(0.0, 1.0, y)
    result: Array = albedo * (key + fill) + mirror * np.clip(fresnel * 1.6, 0.0, 0.75)
    return result


def render() -> Image.Image:
    """Render the 1024 x 1024 picture."""
    side = SIZE * SCALE
    y, x = (np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + 0.5) / SIZE
    # Everything behind the table is blurred, so supersampling would only cost time there.
    behind = np.repeat(np.repeat(backdrop(x, y).astype(np.float32), SCALE, axis=1), SCALE, axis=2)
    y, x = (np.mgrid[0:side, 0:side].astype(np.float32) + 0.5) / side
    top = table(x, y, behind).astype(np.float32)
    # Depth of field: sharp in front, dissolving towards the far edge.
    soft = mix(blur(top, 3.0), blur(top, 9.0), smoothstep(EDGE + 0.16, EDGE, y))
    top = mix(top, soft, smoothstep(EDGE + 0.30, EDGE + 0.10, y))
    rim = smoothstep(EDGE - 0.006, EDGE + 0.006, y)
    image = mix(behind, top, rim)
    bright = blur(np.maximum(shrink(image, SCALE) - 0.75, 0.0), 24.0)
    small = shrink(filmic(image * 1.15), SCALE) + 0.10 * filmic(bright)
    v, u = np.mgrid[-1.0 : 1.0 : SIZE * 1j, -1.0 : 1.0 : SIZE * 1j]
    return quantize(srgb(small * (1.0 - 0.20 * (u * u + v * v) ** 1.2)))
