"""Indirect light for ray-marched sets: one bounce, gathered coarsely and upsampled along surfaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .sdf import Array, dot
from .trace import chunked, frame

Radiance: TypeAlias = Callable[[Array, Array], Array]  # (origin, direction) -> RGB, all (3, N)


@dataclass(frozen=True)
class Buffer:
    """Points (3, H, W) and unit normals (3, H, W) seen by the camera; both NaN-free."""

    point: Array
    normal: Array

    def every(self, step: int) -> Buffer:
        """Return the buffer reduced to one of ``step`` x ``step`` pixels."""
        half = step // 2
        return Buffer(self.point[:, half::step, half::step], self.normal[:, half::step, half::step])


def hemisphere(count: int) -> Array:
    """Cosine-distributed points of the unit disk, shape (2, count), by golden-angle spiral."""
    k = np.arange(count)
    return np.stack([(k + 0.5) / count, k * 0.61803399]).astype(np.float32)


def pattern(height: int, width: int) -> Array:
    """4 x 4 ordered offsets in [0, 1), shape (height * width,).

    They turn the sampling error into a pattern that the filter below removes entirely.
    """
    row, column = np.mgrid[0:height, 0:width]
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
    result: Array = (order[row % 4, column % 4].reshape(-1) / 16.0).astype(np.float32)
    return result


def irradiance(buffer: Buffer, radiance: Radiance, count: int) -> Array:
    """Mean cosine-weighted incoming light (3, H, W); ``count`` rays per pixel."""
    _, height, width = buffer.point.shape
    points, normals = buffer.point.reshape(3, -1), buffer.normal.reshape(3, -1)

    def batch(p: Array, n: Array, shift: Array) -> Array:
        a, b = frame(n)
        total = np.zeros_like(p)
        for u, v in hemisphere(count).T:
            radius = np.sqrt((u + shift / count) % 1.0)
            angle = 2.0 * np.pi * (v + shift)
            up = np.sqrt(np.maximum(1.0 - radius * radius, 0.0))
            ray = a * (radius * np.cos(angle)) + b * (radius * np.sin(angle)) + n * up
            total = total + radiance(p + n * 4e-3, ray.astype(np.float32))
        return total / count

    return chunked(batch, points, normals, pattern(height, width)).reshape(3, height, width)


def affinity(p: Array, n: Array, q: Array, m: Array, scale: float) -> Array:
    """How much of the light at (q, m) also applies at (p, n); ``scale`` in scene units."""
    gap = (np.abs(dot(q - p, n)) + np.abs(dot(q - p, m))) / scale
    far = dot(q - p, q - p) / (scale * scale * 40.0)
    return np.maximum(dot(n, m), 0.0) ** 12 * np.exp(-gap * gap - far) + 1e-6


def smooth(buffer: Buffer, light: Array, scale: float, passes: int = 2) -> Array:
    """Edge-aware filter over the 4 x 4 sampling pattern, repeated ``passes`` times."""
    height, width = light.shape[1:]
    for step in range(1, passes + 1):
        reach = 2 * step
        pad = ((0, 0), (reach, reach), (reach, reach))
        point, normal = np.pad(buffer.point, pad, "edge"), np.pad(buffer.normal, pad, "edge")
        source = np.pad(light, pad, "edge")
        total, weights = np.zeros_like(light), np.zeros((height, width))
        for dy in range(-2, 3):
            for dx in range(-2, 3):
                rows = slice(reach + dy * step, reach + dy * step + height)
                columns = slice(reach + dx * step, reach + dx * step + width)
                q, m = point[:, rows, columns], normal[:, rows, columns]
                w = affinity(buffer.point, buffer.normal, q, m, scale)
                # Half weight at the rim makes the kernel exactly one pattern period wide.
                w = w * (0.5 if abs(dy) == 2 else 1.0) * (0.5 if abs(dx) == 2 else 1.0)
                total, weights = total + w * source[:, rows, columns], weights + w
        light = total / weights
    return light


def upsample(fine: Buffer, coarse: Buffer, light: Array, step: int, scale: float) -> Array:
    """Bring light (3, h, w) to the fine buffer, (3, H, W), weighting the closest coarse pixels."""
    _, height, width = fine.point.shape
    row, column = np.mgrid[0:height, 0:width].astype(np.float32)
    # Coarse pixel i sits at the fine pixel i * step + step // 2.
    v, u = ((row - step // 2) / step).reshape(1, -1), ((column - step // 2) / step).reshape(1, -1)

    def batch(p: Array, n: Array, at_v: Array, at_u: Array) -> Array:
        total, weights = np.zeros_like(p), np.zeros(p.shape[1], dtype=np.float32)
        fv, fu = np.floor(at_v[0]), np.floor(at_u[0])
        for dy in (0, 1):
            for dx in (0, 1):
                i = np.clip(fv + dy, 0, light.shape[1] - 1).astype(int)
                j = np.clip(fu + dx, 0, light.shape[2] - 1).astype(int)
                w = affinity(p, n, coarse.point[:, i, j], coarse.normal[:, i, j], scale)
                w = w * (1.01 - np.abs(at_v[0] - fv - dy)) * (1.01 - np.abs(at_u[0] - fu - dx))
                total, weights = total + w * light[:, i, j], weights + w
        return total / weights

    flat = chunked(batch, fine.point.reshape(3, -1), fine.normal.reshape(3, -1), v, u)
    return flat.reshape(3, height, width)
