"""Signed distance primitives on numpy arrays.

Points are arrays of shape (3, N), y up; distances have shape (N,). One unit is
whatever the scene says (metres in the room, bottle heights in the product shot).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Ints: TypeAlias = NDArray[np.integer[Any]]
Vec: TypeAlias = tuple[float, float, float]
Sdf: TypeAlias = Callable[[Array], Array]


def vec(v: Vec) -> Array:
    """Return a triple as a (3, 1) column that broadcasts against points."""
    return np.array(v, dtype=np.float32).reshape(3, 1)


def dot(a: Array, b: Array) -> Array:
    """Row-wise dot product of two (3, N) arrays; cheaper than a reduction over axis 0."""
    result: Array = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return result


def length(p: Array) -> Array:
    """Euclidean length of each column, shape (N,)."""
    return np.sqrt(dot(p, p))


def normalize(p: Array) -> Array:
    """Scale each column to unit length."""
    return p / np.maximum(length(p), 1e-12)


def mix(a: Array | float, b: Array | float, t: Array) -> Array:
    """Blend from a (t = 0) to b (t = 1)."""
    return a + (b - a) * t


def smoothstep(low: float, high: float, x: Array) -> Array:
    """Hermite ramp from 0 at ``low`` to 1 at ``high`` (works for low > high, too)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    result: Array = t * t * (3.0 - 2.0 * t)
    return result


def rotate(p: Array, axis: str, degrees: float) -> Array:
    """Rotate points about a coordinate axis, counter-clockwise seen from its tip."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y, z = p
    if axis == "x":
        return np.stack([x, c * y - s * z, s * y + c * z])
    if axis == "y":
        return np.stack([c * x + s * z, y, c * z - s * x])
    return np.stack([c * x - s * y, s * x + c * y, z])


def sphere(p: Array, center: Vec, radius: float) -> Array:
    """Ball."""
    return length(p - vec(center)) - radius


def ellipsoid(p: Array, center: Vec, radii: Vec) -> Array:
    """Ellipsoid, first-order distance (exact on the surface)."""
    q = (p - vec(center)) / vec(radii)
    k0 = length(q)
    return k0 * (k0 - 1.0) / np.maximum(length(q / vec(radii)), 1e-6)


def box(p: Array, center: Vec, half: Vec, round_: float = 0.0) -> Array:
    """Axis-aligned box with rounded edges; ``half`` includes the rounding."""
    q = np.abs(p - vec(center)) - (vec(half) - round_)
    inner = np.minimum(np.maximum(q[0], np.maximum(q[1], q[2])), 0.0)
    result: Array = length(np.maximum(q, 0.0)) + inner - round_
    return result


def cylinder(p: Array, center: Vec, radius: float, half: float, round_: float = 0.0) -> Array:
    """Upright cylinder with rounded rims; ``half`` is half its height."""
    q = p - vec(center)
    a = np.sqrt(q[0] * q[0] + q[2] * q[2]) - (radius - round_)
    b = np.abs(q[1]) - (half - round_)
    outer = np.sqrt(np.maximum(a, 0.0) ** 2 + np.maximum(b, 0.0) ** 2)
    result: Array = outer + np.minimum(np.maximum(a, b), 0.0) - round_
    return result


def capsule(p: Array, a: Vec, b: Vec, radius_a: float, radius_b: float | None = None) -> Array:
    """Segment from a to b with a radius that blends linearly between its ends."""
    pa, ba = p - vec(a), vec(b) - vec(a)
    h = np.clip(dot(pa, ba) / float(dot(ba, ba)[0]), 0.0, 1.0)
    return length(pa - ba * h) - mix(radius_a, radius_a if radius_b is None else radius_b, h)


def torus(p: Array, center: Vec, major: float, minor: float, squash: float = 1.0) -> Array:
    """Ring lying in the xz plane; ``squash`` > 1 makes its tube taller than wide."""
    q = p - vec(center)
    ring = np.sqrt(q[0] * q[0] + q[2] * q[2]) - major
    result: Array = np.sqrt(ring * ring + (q[1] / squash) ** 2) - minor
    return result


def smin(a: Array, b: Array, k: float) -> Array:
    """Union with a fillet of about radius k."""
    h = np.maximum(k - np.abs(a - b), 0.0) / k
    return np.minimum(a, b) - h * h * (k * 0.25)


def smax(a: Array, b: Array, k: float) -> Array:
    """Intersection with a fillet of about radius k."""
    return -smin(-a, -b, k)
