"""Perfume bottle cut-out: refracting glass and liquid, brushed metal cap, paper label.

One unit is roughly the bottle body's height; the bottle stands on y = 0.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from .film import filmic, quantize, shrink, srgb
from .sdf import (
    Array,
    Vec,
    box,
    capsule,
    cylinder,
    dot,
    mix,
    normalize,
    smax,
    smin,
    smoothstep,
    vec,
)
from .trace import Camera, Softbox, chunked, gradient, march, reflect, schlick, studio

RADIUS = 0.43  # of the glass body
LEVEL = 0.98  # height of the liquid surface
GLASS, LIQUID = 1.50, 1.36  # refractive indices
ABSORB: Vec = (0.22, 1.75, 2.9)  # liquid, per unit length
TINT: Vec = (0.10, 0.05, 0.07)  # glass, per unit length
BOUNCES = 8
TRAPPED = 0.6  # radiance assumed for light caught by total reflection

BOXES = (
    Softbox(180.0, 14.0, 30.0, 44.0, 22.0, (1.75, 1.70, 1.64)),
    Softbox(-68.0, 18.0, 17.0, 48.0, 8.0, (4.6, 4.5, 4.3)),
    Softbox(66.0, 14.0, 7.0, 44.0, 5.0, (3.0, 3.1, 3.3)),
    Softbox(0.0, 80.0, 180.0, 16.0, 8.0, (2.2, 2.2, 2.2)),
    Softbox(6.0, 42.0, 22.0, 9.0, 8.0, (0.9, 0.88, 0.85)),
)


def light(d: Array) -> Array:
    """Radiance of the product studio."""
    return studio(d, (0.20, 0.195, 0.19), (0.07, 0.075, 0.085), BOXES)


def outer(p: Array) -> Array:
    """Outside of the glass: a round body with a soft shoulder plus the neck."""
    body = cylinder(p, (0.0, 0.62, 0.0), RADIUS, 0.62, 0.06)
    neck = cylinder(p, (0.0, 1.28, 0.0), 0.17, 0.09, 0.01)
    return smin(body, neck, 0.12)


def cavity(p: Array) -> Array:
    """Inside of the glass, with a thick base."""
    body = cylinder(p, (0.0, 0.66, 0.0), RADIUS - 0.055, 0.51, 0.07)
    neck = cylinder(p, (0.0, 1.24, 0.0), 0.115, 0.12, 0.01)
    return smin(body, neck, 0.10)


def collar(p: Array) -> Array:
    """Metal ring between the glass and the cap."""
    ring = cylinder(p, (0.0, 1.345, 0.0), 0.225, 0.035, 0.008)
    return smin(ring, cylinder(p, (0.0, 1.40, 0.0), 0.20, 0.03, 0.004), 0.004)


def cap(p: Array) -> Array:
    """Cap with a fine groove near its foot and a bevelled top."""
    body = cylinder(p, (0.0, 1.665, 0.0), 0.28, 0.245, 0.018)
    groove = np.abs(p[1] - 1.50) - 0.006
    return smax(body, -np.maximum(groove, 0.272 - np.sqrt(p[0] ** 2 + p[2] ** 2)), 0.004)


def wrap(p: Array) -> Array:
    """Unroll the body: arc length from the front, height, distance from the glass."""
    radius = np.sqrt(p[0] * p[0] + p[2] * p[2])
    return np.stack([np.arctan2(p[0], p[2]) * RADIUS, p[1], radius - RADIUS])


def label(p: Array) -> Array:
    """Paper label wrapped around the front."""
    return box(wrap(p), (0.0, 0.58, 0.001), (0.27, 0.32, 0.005), 0.003)


def tube(p: Array) -> Array:
    """Dip tube of the pump."""
    return capsule(p, (0.0, 1.30, 0.0), (0.10, 0.19, 0.03), 0.02)


def opaque(p: Array) -> Array:
    """Distance to everything that is not glass or liquid."""
    metal = np.minimum(collar(p), cap(p))
    return np.minimum(metal, np.minimum(label(p), tube(p)))


def interface(p: Array) -> Array:
    """Unsigned distance to the closest boundary between air, glass and liquid."""
    inside = cavity(p)
    surface = np.maximum(np.abs(p[1] - LEVEL), inside)
    result: Array = np.minimum(np.minimum(np.abs(outer(p)), np.abs(inside)), np.abs(surface))
    return result


def medium(p: Array) -> Array:
    """0 in air outside, 1 in glass, 2 in liquid, 3 in the air above the liquid."""
    inside = np.where(p[1] < LEVEL, 2.0, 3.0)
    return np.where(outer(p) > 0.0, 0.0, np.where(cavity(p) > 0.0, 1.0, inside))


def boundary_normal(p: Array) -> Array:
    """Unoriented normal of the interface a point lies on."""
    inside = cavity(p)
    a, b = np.abs(outer(p)), np.abs(inside)
    c = np.where(inside < 0.0, np.abs(p[1] - LEVEL), 9.0)
    # Double precision here: every further refraction amplifies an error of the normal.
    fine = p.astype(np.float64)
    shell = np.where(a < b, gradient(outer, fine), gradient(cavity, fine)).astype(np.float32)
    return np.where(c < np.minimum(a, b), vec((0.0, 1.0, 0.0)), shell)


def metal(p: Array, d: Array, n: Array) -> Array:
    """Champagne-gold metal, brushed around the axis: reflections smear vertically."""
    total = np.zeros_like(p)
    for k in range(-4, 5):
        tilted = normalize(n + vec((0.0, 0.045 * k, 0.0)))
        ray = reflect(d, tilted)
        total = total + (light(ray) + 0.25 - 0.14 * ray[0]) * (1.0 - 0.17 * abs(k))
    total = total / sum(1.0 - 0.17 * abs(k) for k in range(-4, 5))
    fresnel = schlick(-dot(d, n), 0.0)
    tone = mix(vec((0.98, 0.72, 0.50)), vec((1.0, 0.96, 0.9)), fresnel)
    # Where the collar meets the glass shoulder and the cap, little light gets in.
    crevice = smoothstep(1.29, 1.36, p[1]) * (1.0 - 0.55 * np.exp(-(((p[1] - 1.405) / 0.022) ** 2)))
    crevice = crevice * (1.0 - 0.8 * np.exp(-(((p[1] - 1.50) / 0.007) ** 2)))
    result: Array = total * tone * (0.15 + 0.85 * crevice)
    return result


def label_albedo(p: Array) -> Array:
    """Warm white paper with a gold hairline frame and a small leaf emblem."""
    x, y = wrap(p)[0], p[1] - 0.58
    edge = np.maximum(np.abs(x) - 0.242, np.abs(y) - 0.292)
    ink = smoothstep(0.005, 0.003, np.abs(edge))
    ex, ey = np.abs(x), y - 0.085
    ring = np.abs(np.sqrt(ex * ex + ey * ey) - 0.082)
    ink = np.maximum(ink, smoothstep(0.0055, 0.0035, ring))
    for tilt in (0.0, 0.62, -0.62):
        lx = x * np.cos(tilt) - (ey + 0.05) * np.sin(tilt)
        ly = x * np.sin(tilt) + (ey + 0.05) * np.cos(tilt) - 0.047
        leaf = np.sqrt((np.abs(lx) + 0.056) ** 2 + ly * ly) - 0.073
        ink = np.maximum(ink, smoothstep(0.0045, 0.0025, np.abs(leaf)))
    for height, half in ((-0.085, 0.12), (-0.125, 0.085)):
        bar = np.maximum(np.abs(y - height) - 0.0028, np.abs(x) - half)
        ink = np.maximum(ink, smoothstep(0.001, -0.001, bar))
    return mix(vec((0.86, 0.83, 0.78)), vec((0.55, 0.36, 0.16)), ink)


def solid(p: Array, d: Array) -> Array:
    """Outgoing light of the opaque parts."""
    gold = np.minimum(collar(p), cap(p))
    paper, pipe = label(p), tube(p)
    n = gradient(opaque, p, 4e-4)
    key = np.clip(dot(n, vec((-0.62, 0.42, 0.66))), 0.0, 1.0)
    matt = 0.46 + 0.92 * key + 0.10 * np.clip(n[0], 0.0, 1.0)
    card = label_albedo(p) * matt * (1.0 - 0.10 * smoothstep(-0.3, 0.3, p[0]))
    pale = vec((0.80, 0.82, 0.84)) * (0.35 + 0.75 * np.clip(0.5 - 0.5 * n[0], 0.0, 1.0))
    result = np.where(paper < np.minimum(gold, pipe), card, pale)
    return np.where(gold < np.minimum(paper, pipe), metal(p, d, n), result)


def trace(o: Array, d: Array) -> Array:
    """Follow rays through the bottle; returns RGBA of shape (4, N), RGB premultiplied."""
    count = o.shape[1]
    out = np.zeros((4, count), dtype=np.float32)
    weight = np.ones((3, count), dtype=np.float32)
    live = np.arange(count)
    for bounce in range(BOUNCES):
        if not live.size:
            break
        far = np.full(live.size, 6.0 if bounce == 0 else 2.5, dtype=np.float32)
        t = march(lambda p: np.minimum(interface(p), opaque(p)), o, d, far, 90, 6e-5)
        gone = ~np.isfinite(t)
        if bounce:
            out[:3, live[gone]] += weight[:, gone] * light(d[:, gone])
        keep = ~gone
        live, o, d, t, weight = live[keep], o[:, keep], d[:, keep], t[keep], weight[:, keep]
        out[3, live] = 1.0
        p = o + d * t
        inside = medium(o + d * np.minimum(0.5 * t, 1e-3))
        fade = np.where(inside == 2.0, vec(ABSORB), np.where(inside == 1.0, vec(TINT), 0.0))
        weight = weight * np.exp(-fade * t)
        stop = opaque(p) < 8e-4
        if stop.any():
            out[:3, live[stop]] += weight[:, stop] * solid(p[:, stop], d[:, stop])
        keep = ~stop
        live, p, d, weight = live[keep], p[:, keep], d[:, keep], weight[:, keep]
        if live.size:
            glint, o, d, weight = cross(p, d, weight, bounce)
            out[:3, live] += glint
    out[:3, live] += weight * TRAPPED
    return out


def cross(p: Array, d: Array, weight: Array, bounce: int) -> tuple[Array, Array, Array, Array]:
    """Refract at an interface; returns (mirror glint, new origin, new direction, new weight)."""
    index = np.array([1.0, GLASS, LIQUID, 1.0], dtype=np.float32)
    before, after = medium(p - d * 2e-3), medium(p + d * 2e-3)
    eta = index[before.astype(int)] / index[after.astype(int)]
    n = boundary_normal(p)
    n = np.where(dot(n, d) > 0.0, -n, n)
    cosine = np.clip(-dot(n, d), 0.0, 1.0)
    k = 1.0 - eta * eta * (1.0 - cosine * cosine)
    base = ((1.0 - eta) / (1.0 + eta)) ** 2
    fresnel = schlick(np.where(eta > 1.0, np.sqrt(np.maximum(k, 0.0)), cosine), base)
    mirrored = reflect(d, n)
    glint = np.zeros_like(p)
    total = k < 0.0
    if bounce == 0:
        glint = weight * fresnel * light(mirrored)
        weight = weight * (1.0 - fresnel)
    else:
        # Inside, following only the stronger branch keeps the cost linear.
        total = total | (fresnel > 0.5)
        # Light that circles in the thick base turns into glitter; let it settle to a mean tone.
        settle = np.where(total & (before == 1.0), 0.25 + 0.1 * bounce, 0.0).clip(0.0, 0.8)
        glint, weight = weight * settle * TRAPPED, weight * (1.0 - settle)
    bent = normalize(eta * d + (eta * cosine - np.sqrt(np.maximum(k, 0.0))) * n)
    ray = np.where(total, mirrored, bent).astype(np.float32)
    return glint, p + ray * 3e-3, ray, weight


def render() -> Image.Image:
    """Render the 1024 x 1024 RGBA cut-out."""
    camera = Camera((0.0, 1.55, 8.6), (0.0, 0.945, 0.0), 18.4, 3072, 3072)
    rays = camera.rays()
    eye = camera.origins(1)
    # Slab test: only rays through the bottle's bounding box are worth tracing.
    one, two = (vec((-0.44, -0.01, -0.44)) - eye) / rays, (vec((0.44, 1.93, 0.44)) - eye) / rays
    enter, leave = np.minimum(one, two).max(axis=0), np.maximum(one, two).min(axis=0)
    near = np.flatnonzero(enter < leave)
    rgba = np.zeros((4, rays.shape[1]), dtype=np.float32)
    start = eye + rays[:, near] * (enter[near] - 0.01)
    rgba[:, near] = chunked(trace, start.astype(np.float32), rays[:, near].astype(np.float32))
    rgba[:3] = filmic(rgba[:3]) * rgba[3]
    small = shrink(rgba.reshape(4, 3072, 3072), 3)
    colour = srgb(small[:3] / np.maximum(small[3], 1e-4))
    picture = quantize(colour)
    picture.putalpha(quantize(small[3:], 0.0))
    return picture
