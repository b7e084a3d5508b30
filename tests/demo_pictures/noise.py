"""Lattice noise on numpy arrays; every function is deterministic."""

from __future__ import annotations

import numpy as np

from .sdf import Array, Ints

_PERM = np.random.default_rng(7).permutation(256).astype(np.int32)
_VALUES = np.random.default_rng(8).uniform(-1.0, 1.0, 256).astype(np.float32)


def _corner(ix: Ints, iy: Ints) -> Array:
    """Random value in [-1, 1] of each integer lattice point (period 256)."""
    result: Array = _VALUES[_PERM[(_PERM[ix & 255] + iy) & 255]]
    return result


def value_slope(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return 2D value noise in [-1, 1] and its two partial derivatives."""
    fx, fy = np.floor(x), np.floor(y)
    ix, iy = fx.astype(np.int32), fy.astype(np.int32)
    u, v = x - fx, y - fy
    a, b = _corner(ix, iy), _corner(ix + 1, iy)
    c, d = _corner(ix, iy + 1), _corner(ix + 1, iy + 1)
    # Quintic fade: its second derivative is continuous, so shaded slopes show no lattice.
    su, sv = u**3 * (u * (u * 6 - 15) + 10), v**3 * (v * (v * 6 - 15) + 10)
    du, dv = 30 * u * u * (u * (u - 2) + 1), 30 * v * v * (v * (v - 2) + 1)
    k1, k2, k3 = b - a, c - a, a - b - c + d
    return a + k1 * su + k2 * sv + k3 * su * sv, du * (k1 + k3 * sv), dv * (k2 + k3 * su)


def value(x: Array, y: Array) -> Array:
    """2D value noise in [-1, 1]."""
    return value_slope(x, y)[0]


def fbm(x: Array, y: Array, octaves: int, gain: float = 0.5) -> Array:
    """Fractal sum of value noise, about [-1, 1], each octave rotated to hide the lattice."""
    total = np.zeros_like(x)
    amount, norm = 1.0, 0.0
    for _ in range(octaves):
        total = total + amount * value(x, y)
        norm += amount
        amount *= gain
        x, y = 1.6 * x - 1.2 * y + 17.3, 1.2 * x + 1.6 * y + 5.1
    return total / norm


def eroded(x: Array, y: Array, octaves: int) -> Array:
    """Mountain-like sum: octaves fade where the slope is already steep, which carves valleys."""
    total = np.zeros_like(x)
    sx, sy = np.zeros_like(x), np.zeros_like(x)
    amount = 1.0
    for _ in range(octaves):
        n, dx, dy = value_slope(x, y)
        sx, sy = sx + dx, sy + dy
        total = total + amount * n / (1.0 + sx * sx + sy * sy)
        amount *= 0.5
        x, y = 1.6 * x - 1.2 * y, 1.2 * x + 1.6 * y
    return total


def cells(x: Array, y: Array) -> tuple[Array, Array]:
    """Return (distance to the nearest jittered cell centre, random value of that cell)."""
    fx, fy = np.floor(x), np.floor(y)
    ix, iy = fx.astype(np.int32), fy.astype(np.int32)
    best = np.full_like(x, 9.0)
    tag = np.zeros_like(x)
    for ox in (-1, 0, 1):
        for oy in (-1, 0, 1):
            cx, cy = ix + ox, iy + oy
            px = fx + ox + 0.5 + 0.38 * _corner(cx, cy) - x
            py = fy + oy + 0.5 + 0.38 * _corner(cx + 91, cy + 57) - y
            d = px * px + py * py
            tag = np.where(d < best, _corner(cx + 13, cy + 139), tag)
            best = np.minimum(d, best)
    return np.sqrt(best), tag
