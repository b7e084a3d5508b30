"""Camera rays, sphere tracing, soft shadows and studio softboxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sdf import Array, Ints, Sdf, Vec, normalize, smoothstep, vec

CHUNK = 1 << 14  # points per batch: the temporaries of one batch stay inside the CPU cache


@dataclass(frozen=True)
class Camera:
    """Pinhole camera; ``fov`` is the vertical field of view in degrees."""

    eye: Vec
    target: Vec
    fov: float
    width: int
    height: int

    def rays(self) -> Array:
        """Return unit ray directions, shape (3, height * width), row by row from the top."""
        forward = normalize(vec(self.target) - vec(self.eye))
        right = normalize(np.cross(forward[:, 0], np.array([0.0, 1.0, 0.0]))[:, None])
        up = np.cross(right[:, 0], forward[:, 0])[:, None]
        scale = math.tan(math.radians(self.fov) / 2.0)
        v, u = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        u = ((2.0 * u + 1.0 - self.width) / self.height * scale).reshape(1, -1)
        v = ((self.height - 2.0 * v - 1.0) / self.height * scale).reshape(1, -1)
        return normalize(forward + right * u + up * v).astype(np.float32)

    def origins(self, count: int) -> Array:
        """Return the eye repeated for ``count`` rays, shape (3, count)."""
        return np.broadcast_to(vec(self.eye), (3, count))


@dataclass(frozen=True)
class Part:
    """One solid: its distance function and an axis-aligned bound that contains it."""

    name: str
    sdf: Sdf
    low: Vec
    high: Vec

    def bound(self, p: Array) -> Array:
        """Lower bound of the distance, negative inside the bound."""
        # Axis by axis and in place: this runs for every part at every step of every ray.
        result: Array = np.abs(p[0] - np.float32(0.5 * (self.low[0] + self.high[0])))
        result -= np.float32(0.5 * (self.high[0] - self.low[0]))
        for axis in (1, 2):
            q = np.abs(p[axis] - np.float32(0.5 * (self.low[axis] + self.high[axis])))
            q -= np.float32(0.5 * (self.high[axis] - self.low[axis]))
            np.maximum(result, q, out=result)
        return result


def union(parts: Sequence[Part], margin: float) -> Sdf:
    """Distance to the closest part; a part farther than ``margin`` counts by its bound only."""

    def distance(p: Array) -> Array:
        best = np.full(p.shape[1], 1e3, dtype=np.float32)
        for part in parts:
            rough = part.bound(p)
            near = np.flatnonzero(rough < np.minimum(best, margin))
            np.minimum(best, rough, out=best, where=rough >= margin)
            if near.size == p.shape[1]:
                best = np.minimum(best, part.sdf(p))
            elif near.size:
                best[near] = np.minimum(best[near], part.sdf(p[:, near]))
        return best

    return distance


def chunked(function: Callable[..., NDArray[Any]], *arrays: NDArray[Any]) -> NDArray[Any]:
    """Apply a function of (.., N) arrays batch by batch along the last axis."""
    count = arrays[0].shape[-1]
    parts = [function(*(a[..., i : i + CHUNK] for a in arrays)) for i in range(0, count, CHUNK)]
    return np.concatenate(parts, axis=-1)


def march(
    distance: Sdf, origin: Array, ray: Array, far: Array, steps: int = 96, eps: float = 4e-4, near: float = 0.0
) -> Array:
    """Sphere-trace (3, N) rays; returns t of the hits and inf where ``far`` (N,) came first."""

    def batch(o: Array, d: Array, limit: Array) -> Array:
        result = np.full(o.shape[1], np.inf, dtype=np.float32)
        t = np.full(o.shape[1], near, dtype=np.float32)
        live = np.arange(o.shape[1])
        for _ in range(steps):
            h = distance(o + d * t)
            # The pixel footprint grows with t, and so may the tolerance.
            hit = h < eps * (1.0 + 0.3 * t)
            result[live[hit]] = t[hit]
            t = t + h * 0.95
            keep = ~hit & (t < limit)
            if not keep.any():
                break
            live, t, limit = live[keep], t[keep], limit[keep]
            o, d = o[:, keep], d[:, keep]
        return result

    return chunked(batch, origin, ray, far)


def cone_start(distance: Sdf, camera: Camera, near: float, far: float, block: int = 8) -> Array:
    """Safe start of every camera ray, shape (height * width,); inf where the ray hits nothing.

    One cone per ``block`` x ``block`` pixels is traced until it might touch something.
    """
    rows, columns = camera.height // block, camera.width // block
    d = Camera(camera.eye, camera.target, camera.fov, columns, rows).rays()
    spread = block * 1.5 * math.tan(math.radians(camera.fov) / 2.0) / camera.height
    result = np.full(d.shape[1], np.inf, dtype=np.float32)
    t = np.full(d.shape[1], near, dtype=np.float32)
    live = np.arange(d.shape[1])
    for _ in range(60):
        room = distance(vec(camera.eye) + d[:, live] * t) - spread * t
        touch = room < 2e-3
        result[live[touch]] = t[touch]
        t += 0.9 * room
        keep = ~touch & (t < far)
        live, t = live[keep], t[keep]
    result[live] = t
    grid = result.reshape(rows, columns)
    return np.repeat(np.repeat(grid, block, axis=0), block, axis=1).reshape(-1)


def gradient(distance: Sdf, p: Array, h: float = 6e-4) -> Array:
    """Unit normals of a distance field from four tetrahedral taps, shape (3, N)."""

    def batch(q: Array) -> Array:
        total: Array = np.zeros_like(q)
        for corner in ((1.0, -1.0, -1.0), (-1.0, -1.0, 1.0), (-1.0, 1.0, -1.0), (1.0, 1.0, 1.0)):
            k = vec(corner)
            total = total + k * distance(q + k * h)
        return normalize(total)

    return chunked(batch, p)


def soft_shadow(distance: Sdf, p: Array, light: Array, reach: float, width: float, steps: int = 32) -> Array:
    """Visibility (0..1) of a light of angular ``width`` (radians) in direction ``light`` (3, N)."""

    def batch(o: Array, d: Array) -> Array:
        seen = np.ones(o.shape[1], dtype=np.float32)
        t = np.full(o.shape[1], 0.012, dtype=np.float32)
        live = np.arange(o.shape[1])
        for _ in range(steps):
            h = distance(o + d * t)
            seen[live] = np.minimum(seen[live], h / (width * t))
            t = t + np.clip(h * 0.8, 0.012, 0.25)
            keep = (seen[live] > 0.0) & (t < reach)
            if not keep.any():
                break
            live, t, o, d = live[keep], t[keep], o[:, keep], d[:, keep]
        return smoothstep(0.0, 1.0, seen)

    return chunked(batch, p, light)


def reflect(d: Array, n: Array) -> Array:
    """Mirror directions about normals."""
    result: Array = d - 2.0 * np.sum(d * n, axis=0) * n
    return result


def schlick(cosine: Array, f0: Array | float) -> Array:
    """Fresnel reflectance for the cosine between view and normal."""
    result: Array = f0 + (1.0 - f0) * np.clip(1.0 - cosine, 0.0, 1.0) ** 5
    return result


@dataclass(frozen=True)
class Softbox:
    """Rectangular studio light at infinity; angles in degrees, azimuth 0 = +z, 90 = +x."""

    azimuth: float
    elevation: float
    half_width: float
    half_height: float
    soft: float
    rgb: Vec

    def glow(self, azimuth: Array, elevation: Array) -> Array:
        """Radiance (3, N) seen in the given directions (degrees)."""
        turn = np.abs((azimuth - self.azimuth + 180.0) % 360.0 - 180.0)
        rise = np.abs(elevation - self.elevation)
        shape = smoothstep(self.half_width + self.soft, self.half_width - self.soft, turn)
        shape = shape * smoothstep(self.half_height + self.soft, self.half_height - self.soft, rise)
        return vec(self.rgb) * shape


def studio(d: Array, ground: Vec, sky: Vec, boxes: Sequence[Softbox]) -> Array:
    """Radiance (3, N) of a studio: vertical gradient from ``ground`` to ``sky`` plus softboxes."""
    azimuth = np.degrees(np.arctan2(d[0], d[2]))
    elevation = np.degrees(np.arcsin(np.clip(d[1], -1.0, 1.0)))
    light = vec(ground) + (vec(sky) - vec(ground)) * smoothstep(-0.6, 0.9, d[1])
    for item in boxes:
        light = light + item.glow(azimuth, elevation)
    return light


def pick(parts: Sequence[Part], p: Array) -> Ints:
    """Index of the part whose surface is closest to each point."""
    best = np.full(p.shape[1], np.inf, dtype=np.float32)
    index = np.zeros(p.shape[1], dtype=np.int32)
    for number, part in enumerate(parts):
        near = np.flatnonzero(part.bound(p) < 0.02)
        if near.size:
            d = np.abs(part.sdf(p[:, near]))
            closer = d < best[near]
            best[near[closer]] = d[closer]
            index[near[closer]] = number
    return index


def frame(n: Array) -> tuple[Array, Array]:
    """Two unit tangents for each unit normal (3, N)."""
    helper = np.where(np.abs(n[1]) > 0.9, vec((1.0, 0.0, 0.0)), vec((0.0, 1.0, 0.0)))
    a = normalize(np.cross(helper, n, axis=0))
    return a, np.cross(n, a, axis=0)


def spherical(azimuth: float, elevation: float) -> Vec:
    """Unit direction of the softbox angles, in degrees."""
    a, e = math.radians(azimuth), math.radians(elevation)
    return (math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e))
