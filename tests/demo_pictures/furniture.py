"""Solids of the living room.

Lengths are metres: the floor is y = 0, the back wall z = -2.2, the window wall x = -2.3.
"""

from __future__ import annotations

import math

import numpy as np

from .sdf import Array, Vec, box, capsule, cylinder, ellipsoid, rotate, smax, smin, torus, vec
from .trace import Part

LEFT, RIGHT, BACK, CEILING = -2.3, 2.6, -2.2, 2.75
WINDOW_LOW, WINDOW_HIGH = (0.70, -1.25), (2.38, 0.65)  # (y, z) corners of the opening
SOFA_X, SOFA_Z = -0.15, -1.56


def mirror_x(p: Array, center: float) -> Array:
    """Fold points so that one side models both."""
    return np.stack([np.abs(p[0] - center), p[1], p[2]])


def sofa(p: Array) -> Array:
    """Upholstered body: base, arms, back and two pairs of cushions."""
    q = mirror_x(p, SOFA_X)
    base = box(q, (0.0, 0.27, SOFA_Z), (0.98, 0.12, 0.44), 0.03)
    arm = box(q, (0.96, 0.38, SOFA_Z + 0.01), (0.13, 0.255, 0.46), 0.085)
    back = box(q, (0.0, 0.52, SOFA_Z - 0.38), (0.98, 0.34, 0.12), 0.09)
    seat = box(q, (0.415, 0.45, SOFA_Z + 0.07), (0.405, 0.095, 0.42), 0.075)
    lean = rotate(q - vec((0.415, 0.72, SOFA_Z - 0.20)), "x", -12.0)
    rest = box(lean, (0.0, 0.0, 0.0), (0.40, 0.235, 0.115), 0.10)
    return np.minimum(np.minimum(base, smin(arm, back, 0.05)), np.minimum(seat, rest))


def sofa_legs(p: Array) -> Array:
    """Four tapered wooden feet."""
    q = np.stack([np.abs(p[0] - SOFA_X), p[1], np.abs(p[2] - SOFA_Z)])
    return capsule(q, (0.88, 0.0, 0.36), (0.84, 0.18, 0.33), 0.018, 0.028)


def pillow(p: Array, center: Vec, yaw: float, lean: float, roll: float, half: float) -> Array:
    """Throw pillow: a square whose thickness fades to its seams."""
    q = rotate(rotate(rotate(p - vec(center), "y", -yaw), "x", -lean), "z", -roll)
    u, v = np.clip(np.abs(q[0]) / half, 0.0, 1.0), np.clip(np.abs(q[1]) / half, 0.0, 1.0)
    thick = 0.008 + 0.085 * np.sqrt((1.0 - u**3) * (1.0 - v**3))
    edge = half * (1.0 - 0.10 * (1.0 - np.maximum(u, v)) - 0.05 * (1.0 - np.minimum(u, v)))
    outline = np.maximum(np.abs(q[0]), np.abs(q[1])) - edge
    return smax(np.abs(q[2]) - thick, outline, 0.02) * 0.6


def pillows_warm(p: Array) -> Array:
    """Terracotta pillow on the right."""
    return pillow(p, (SOFA_X + 0.60, 0.74, -1.50), -14.0, -20.0, 7.0, 0.225)


def pillows_pale(p: Array) -> Array:
    """Cream pillow on the left."""
    return pillow(p, (SOFA_X - 0.60, 0.75, -1.52), 16.0, -20.0, -6.0, 0.235)


def lamp_stand(p: Array) -> Array:
    """Floor lamp: foot, rod."""
    foot = cylinder(p, (1.38, 0.015, -1.72), 0.16, 0.015, 0.008)
    return smin(foot, capsule(p, (1.38, 0.02, -1.72), (1.38, 1.62, -1.72), 0.012), 0.04)


def lamp_shade(p: Array) -> Array:
    """Conical fabric shade."""
    taper = 0.235 - 0.17 * (p[1] - 1.50)
    radius = np.sqrt((p[0] - 1.38) ** 2 + (p[2] + 1.72) ** 2)
    return smax((radius - taper) * 0.97, np.abs(p[1] - 1.64) - 0.16, 0.012)


def table(p: Array) -> Array:
    """Round coffee table with three splayed legs."""
    q = p - vec((0.28, 0.0, -0.42))
    top = cylinder(q, (0.0, 0.40, 0.0), 0.40, 0.018, 0.012)
    legs = top
    for k in range(3):
        a = math.radians(120.0 * k + 20.0)
        x, z = math.cos(a), math.sin(a)
        foot, knee = (0.33 * x, 0.0, 0.33 * z), (0.22 * x, 0.39, 0.22 * z)
        legs = np.minimum(legs, capsule(q, foot, knee, 0.014, 0.02))
    return legs


def books(p: Array) -> Array:
    """Two stacked books."""
    one = box(rotate(p - vec((0.42, 0.433, -0.40)), "y", 24.0), (0, 0, 0), (0.12, 0.015, 0.085), 0.004)
    two = box(rotate(p - vec((0.42, 0.461, -0.40)), "y", 8.0), (0, 0, 0), (0.105, 0.013, 0.075), 0.004)
    return np.minimum(one, two)


def vase(p: Array) -> Array:
    """Round ceramic vase."""
    q = p - vec((0.15, 0.418, -0.46))
    belly = ellipsoid(q, (0.0, 0.085, 0.0), (0.088, 0.088, 0.088))
    neck = cylinder(q, (0.0, 0.19, 0.0), 0.030, 0.045, 0.01)
    return smin(smin(belly, neck, 0.06), torus(q, (0.0, 0.233, 0.0), 0.030, 0.009), 0.015)


def pot(p: Array) -> Array:
    """Tapered planter on the floor, open at the top."""
    q = p - vec((-1.72, 0.0, -1.66))
    radius = np.sqrt(q[0] * q[0] + q[2] * q[2])
    wall = smax(radius - (0.155 + 0.13 * q[1]), np.abs(q[1] - 0.17) - 0.17, 0.02)
    return smax(wall, -np.maximum(radius - (0.135 + 0.13 * q[1]), 0.29 - q[1]), 0.01) * 0.95


LEAVES = tuple(
    (137.5 * k, 0.40 + 0.075 * k, 64.0 - 5.2 * (k - 5) - (18.0 if k < 4 else 0.0), 0.40 - 0.010 * k) for k in range(13)
)


def plant(p: Array) -> Array:
    """Broad arching leaves on a short stem; each entry of LEAVES is (turn, height, tilt, length)."""
    q = p - vec((-1.72, 0.0, -1.66))
    total = capsule(q, (0.0, 0.28, 0.0), (0.02, 1.25, 0.0), 0.014)
    for turn, height, tilt, size in LEAVES:
        r = rotate(q - vec((0.0, height, 0.0)), "y", turn)
        stalk = capsule(r, (0.0, 0.0, 0.0), (0.12, 0.10, 0.0), 0.007)
        r = rotate(r - vec((0.12, 0.10, 0.0)), "z", tilt - 62.0)
        along = np.clip(r[0] / size, 0.0, 1.0)
        droop = r[1] + 0.75 * np.maximum(r[0], 0.0) ** 2 / size * 0.9 - 0.25 * np.abs(r[2])
        width = size * 0.34 * np.sqrt(along) * (1.0 - along) ** 0.6 * 1.75
        blade = np.maximum(np.abs(droop) - 0.006, np.abs(r[2]) - width)
        blade = np.maximum(blade, np.abs(r[0] - 0.5 * size) - 0.5 * size)
        total = np.minimum(total, np.minimum(stalk, blade * 0.55))
    return total


def curtain(p: Array) -> Array:
    """Two gathered panels beside the window, hanging from a rod."""
    fold = 0.032 * np.sin(p[2] * 52.0 + 0.6 * np.sin(p[1] * 2.0)) + 0.008 * np.sin(p[2] * 131.0)
    sheet = np.abs(p[0] - (LEFT + 0.11) - fold) - 0.008
    middle = 0.5 * (WINDOW_LOW[1] + WINDOW_HIGH[1])
    span = np.abs(np.abs(p[2] - middle) - 1.18) - 0.22
    panel = np.maximum(np.maximum(sheet, span), np.abs(p[1] - 1.29) - 1.27) * 0.45
    rod = capsule(p, (LEFT + 0.11, 2.57, -1.75), (LEFT + 0.11, 2.57, 1.15), 0.014)
    result: Array = np.minimum(panel, rod)
    return result


def window_frame(p: Array) -> Array:
    """Casing, one upright and one cross bar, sill."""
    y0, z0 = 0.5 * (WINDOW_LOW[0] + WINDOW_HIGH[0]), 0.5 * (WINDOW_LOW[1] + WINDOW_HIGH[1])
    hy, hz = 0.5 * (WINDOW_HIGH[0] - WINDOW_LOW[0]), 0.5 * (WINDOW_HIGH[1] - WINDOW_LOW[1])
    y, z = np.abs(p[1] - y0), np.abs(p[2] - z0)
    ring = np.abs(np.maximum(y - hy, z - hz)) - 0.042
    bars = np.minimum(z - 0.026, np.abs(p[1] - y0 - 0.22) - 0.020)
    bars = np.maximum(bars, np.maximum(y - hy, z - hz))
    frame = np.maximum(np.minimum(ring, bars), np.abs(p[0] - LEFT) - 0.035)
    sill = box(p, (LEFT + 0.06, WINDOW_LOW[0] - 0.05, z0), (0.09, 0.018, hz), 0.006)
    result: Array = np.minimum(frame, sill)
    return result


def picture(p: Array) -> Array:
    """Framed print above the sofa: a tray with the canvas slightly sunk."""
    outer = box(p, (-0.15, 1.66, BACK + 0.02), (0.56, 0.39, 0.02), 0.003)
    return smax(outer, -box(p, (-0.15, 1.66, BACK + 0.06), (0.538, 0.368, 0.034)), 0.003)


def rug(p: Array) -> Array:
    """Rectangular rug."""
    return box(p, (0.12, 0.0, -0.46), (1.32, 0.014, 0.80), 0.008)


def skirting(p: Array) -> Array:
    """Skirting boards of the two visible walls."""
    back = box(p, (0.2, 0.05, BACK), (2.6, 0.05, 0.014), 0.004)
    return np.minimum(back, box(p, (LEFT, 0.05, 1.5), (0.014, 0.05, 3.8), 0.004))


PARTS = (
    Part("rug", rug, (-1.21, -0.02, -1.27), (1.45, 0.02, 0.35)),
    Part("sofa", sofa, (-1.26, 0.10, -2.10), (0.96, 1.02, -1.05)),
    Part("wood", sofa_legs, (-1.1, 0.0, -1.98), (0.8, 0.2, -1.14)),
    Part("terracotta", pillows_warm, (0.14, 0.44, -1.78), (0.76, 1.04, -1.22)),
    Part("cream", pillows_pale, (-1.08, 0.44, -1.80), (-0.42, 1.06, -1.22)),
    Part("brass", lamp_stand, (1.2, 0.0, -1.90), (1.56, 1.64, -1.54)),
    Part("shade", lamp_shade, (1.12, 1.46, -1.98), (1.64, 1.82, -1.46)),
    Part("wood", table, (-0.15, 0.0, -0.85), (0.71, 0.43, 0.01)),
    Part("books", books, (0.26, 0.41, -0.55), (0.58, 0.48, -0.25)),
    Part("vase", vase, (0.05, 0.40, -0.56), (0.25, 0.67, -0.36)),
    Part("pot", pot, (-1.93, 0.0, -1.87), (-1.51, 0.35, -1.45)),
    Part("leaf", plant, (-2.24, 0.26, -2.18), (-1.18, 1.85, -1.10)),
    Part("curtain", curtain, (LEFT + 0.05, 0.0, -1.80), (LEFT + 0.18, 2.60, 1.20)),
    Part("white", window_frame, (LEFT - 0.04, 0.60, -1.42), (LEFT + 0.16, 2.44, 0.80)),
    Part("frame", picture, (-0.72, 1.26, BACK), (0.42, 2.06, BACK + 0.05)),
    Part("white", skirting, (LEFT, 0.0, BACK), (RIGHT, 0.11, 5.3)),
)
