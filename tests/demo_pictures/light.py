"""Grey light map: window light with foliage shadows falling from the upper left.

Coordinates are picture fractions, x to the right and y down, both 0..1.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from .film import blur, quantize, shrink
from .sdf import Array, mix, smoothstep

SIZE, SCALE = 512, 2
SLANT = math.radians(24.0)  # direction the light falls across the wall


def panes(u: Array, v: Array) -> Array:
    """Sharp window pattern: three by four panes with thin bars and a wide frame around."""
    inside = (np.abs(u) < 0.54) & (np.abs(v) < 0.72)
    bars = (np.abs((u / 0.36 + 0.5) % 1.0 - 0.5) > 0.445) | (np.abs((v / 0.36) % 1.0 - 0.5) > 0.455)
    result: Array = (inside & ~bars).astype(np.float32)
    return result


def foliage(u: Array, v: Array) -> Array:
    """Sharp leaf pattern (1 = shadow): two arched twigs with pointed leaves."""
    shadow = np.zeros_like(u)
    twigs = ((-0.62, 0.72, 62.0, 1.05, 15), (-0.70, 0.10, 24.0, 0.72, 10), (0.62, 0.95, 118.0, 0.62, 9))
    for x0, y0, lean, size, count in twigs:
        for k in range(count):
            t = (k + 0.6) / count
            heading = math.radians(lean - 34.0 * t)
            x = x0 + size * t * math.cos(heading)
            y = y0 - size * t * math.sin(heading)
            turn = heading + math.radians(46.0 if k % 2 else -46.0)
            reach = size * (0.30 - 0.14 * t)
            du, dv = u - x, -(v - y)
            along = (du * math.cos(turn) + dv * math.sin(turn)) / reach
            across = np.abs(dv * math.cos(turn) - du * math.sin(turn)) / reach
            width = 0.19 * np.sqrt(np.clip(along, 0.0, 1.0)) * np.clip(1.0 - along, 0.0, 1.0) ** 0.8 * 1.9
            shadow = np.where(across < width, 1.0, shadow)
    return shadow


def render() -> Image.Image:
    """Render the 512 x 512 grey picture."""
    side = SIZE * SCALE
    y, x = (np.mgrid[0:side, 0:side].astype(np.float32) + 0.5) / side
    # Shear the window along the fall of the light and let it widen towards the lower right.
    grow = 0.80 + 0.30 * (x + y) / 2.0
    u = ((x - 0.50) - 0.10 * (y - 0.5)) / grow
    v = ((y - 0.50) - math.tan(SLANT) * (x - 0.5)) / grow
    window, leaves = panes(u, v)[None], foliage(u, v)[None]
    # The sun is not a point: edges blur more the farther the shadow falls.
    near, far = blur(window, 5.0), blur(window, 17.0)
    crisp, vague = blur(leaves, 8.0), blur(leaves, 20.0)
    reach = np.clip((x + y) / 2.0, 0.0, 1.0)[None]
    light = mix(near, far, smoothstep(0.1, 1.0, reach))
    light = light * (1.0 - 0.72 * mix(crisp, vague, smoothstep(0.1, 1.0, reach)))
    falloff = 0.97 - 0.36 * reach
    ambient = 0.27 + 0.10 * (1.0 - reach)
    image = shrink((ambient + 0.62 * light) * falloff, SCALE)
    return quantize(np.clip(image, 0.0, 0.98), 0.5)
