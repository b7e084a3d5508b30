"""Ceramic robot mascot with an orange scarf in front of a studio cove.

One unit is about half the robot's height; it stands on y = 0 and faces +z.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from .film import filmic, quantize, shrink, srgb
from .gather import Buffer, irradiance, smooth, upsample
from .sdf import (
    Array,
    Ints,
    Vec,
    box,
    capsule,
    cylinder,
    dot,
    ellipsoid,
    length,
    mix,
    rotate,
    smax,
    smin,
    smoothstep,
    sphere,
    torus,
    vec,
)
from .trace import (
    Camera,
    Part,
    Softbox,
    chunked,
    gradient,
    march,
    pick,
    reflect,
    schlick,
    soft_shadow,
    spherical,
    studio,
    union,
)

SIZE = 768
KEY = spherical(-42.0, 46.0)
KEY_LIGHT: Vec = (1.62, 1.53, 1.38)
FILL = 0.52  # share of the gathered light that reaches the film
COVE: Vec = (0.30, 0.44, 0.47)
BOXES = (
    Softbox(-46.0, 44.0, 24.0, 20.0, 4.0, (5.6, 5.4, 5.0)),
    Softbox(62.0, 22.0, 9.0, 30.0, 3.0, (2.2, 2.4, 2.7)),
    Softbox(150.0, 40.0, 26.0, 24.0, 8.0, (2.6, 2.7, 2.9)),
)


def head(p: Array) -> Array:
    """Head shell with a shallow recess around the visor."""
    shell = ellipsoid(p, (0.0, 1.50, 0.0), (0.56, 0.45, 0.46))
    soft = box(p, (0.0, 1.50, 0.0), (0.54, 0.42, 0.42), 0.36)
    recess = ellipsoid(p, (0.0, 1.50, 0.40), (0.42, 0.285, 0.18))
    return smax(shell * 0.5 + soft * 0.5, -recess, 0.035)


def visor(p: Array) -> Array:
    """Glossy dark face plate."""
    plate = ellipsoid(p, (0.0, 1.50, 0.0), (0.50, 0.39, 0.425))
    window = ellipsoid(p, (0.0, 1.50, 0.40), (0.40, 0.268, 0.22))
    return smax(plate, window, 0.02)


def body(p: Array) -> Array:
    """Egg-shaped torso."""
    low = ellipsoid(p, (0.0, 0.60, 0.0), (0.40, 0.40, 0.36))
    return smin(low, ellipsoid(p, (0.0, 0.80, 0.0), (0.31, 0.34, 0.28)), 0.2)


def limbs(p: Array) -> Array:
    """Right arm hanging, left arm waving, two feet."""
    hang = capsule(p, (-0.36, 0.86, 0.02), (-0.53, 0.58, 0.10), 0.10, 0.085)
    hang = smin(hang, ellipsoid(p, (-0.555, 0.50, 0.12), (0.115, 0.125, 0.115)), 0.06)
    wave = capsule(p, (0.36, 0.86, 0.02), (0.62, 0.90, 0.10), 0.10, 0.09)
    wave = smin(wave, capsule(p, (0.62, 0.90, 0.10), (0.74, 1.10, 0.16), 0.09, 0.085), 0.05)
    hand = ellipsoid(p, (0.775, 1.185, 0.175), (0.115, 0.125, 0.10))
    hand = smin(hand, capsule(p, (0.75, 1.17, 0.18), (0.645, 1.235, 0.20), 0.05, 0.042), 0.04)
    q = np.stack([np.abs(p[0]), p[1], p[2]])
    leg = capsule(q, (0.19, 0.30, 0.0), (0.20, 0.12, 0.02), 0.13)
    foot = smax(ellipsoid(q, (0.21, 0.05, 0.07), (0.18, 0.15, 0.25)), -p[1], 0.03)
    return np.minimum(np.minimum(hang, smin(wave, hand, 0.05)), smin(leg, foot, 0.06))


def accents(p: Array) -> Array:
    """Orange ear caps, antenna ball and chest button."""
    q = np.stack([np.abs(p[0]), p[1], p[2]])
    ear = cylinder(rotate(q - vec((0.565, 1.49, 0.0)), "z", 90.0), (0.0, 0.0, 0.0), 0.15, 0.055, 0.04)
    ball = sphere(p, (0.0, 2.20, 0.0), 0.075)
    button = ellipsoid(p, (-0.12, 0.62, 0.335), (0.06, 0.06, 0.05))
    return np.minimum(np.minimum(ear, ball), button)


def stalk(p: Array) -> Array:
    """Antenna rod and its socket, neck."""
    rod = capsule(p, (0.0, 1.9, 0.0), (0.0, 2.15, 0.0), 0.018)
    socket = cylinder(p, (0.0, 1.955, 0.0), 0.075, 0.035, 0.02)
    return np.minimum(smin(rod, socket, 0.03), cylinder(p, (0.0, 1.06, 0.0), 0.15, 0.12, 0.02))


def scarf(p: Array) -> Array:
    """Knitted scarf: two loops around the neck and a tail over the chest."""
    turn = np.arctan2(p[0], p[2])
    wobble = 0.012 * np.sin(3.0 * turn + 1.0)
    q = rotate(p - vec((0.0, 1.045, 0.0)), "x", 7.0) + np.stack([turn * 0, wobble, turn * 0])
    loop = torus(q, (0.0, 0.0, 0.0), 0.275, 0.088, 1.15)
    knot = ellipsoid(rotate(p - vec((0.15, 0.985, 0.315)), "z", 20.0), (0, 0, 0), (0.105, 0.095, 0.075))
    t = rotate(p - vec((0.19, 0.74, 0.375 + 0.0)), "z", 13.0)
    bend = np.stack([t[0], t[1], t[2] + 0.35 * (t[1] - 0.02) ** 2 - 0.05 * t[1]])
    tail = box(bend, (0.0, 0.0, 0.0), (0.098, 0.235, 0.036), 0.034)
    # Knit: ribs along the scarf with small stitches across them.
    around = np.cos(turn * 60.0) * np.cos(np.arctan2(q[1], np.sqrt(q[0] ** 2 + q[2] ** 2) - 0.275) * 11.0)
    along = np.cos(t[1] * 190.0) * np.cos(t[0] * 140.0)
    rolls = smin(loop - 0.006 * around, knot - 0.004 * along, 0.03)
    return smin(rolls, tail - 0.005 * along, 0.02)


PARTS = (
    Part("ceramic", head, (-0.60, 1.02, -0.52), (0.60, 1.98, 0.52)),
    Part("visor", visor, (-0.45, 1.20, 0.10), (0.45, 1.80, 0.46)),
    Part("ceramic", body, (-0.45, 0.15, -0.42), (0.45, 1.20, 0.42)),
    Part("ceramic", limbs, (-0.70, 0.0, -0.20), (0.92, 1.34, 0.36)),
    Part("orange", accents, (-0.65, 0.54, -0.18), (0.65, 2.30, 0.42)),
    Part("metal", stalk, (-0.17, 0.9, -0.17), (0.17, 2.20, 0.17)),
    Part("scarf", scarf, (-0.42, 0.42, -0.42), (0.42, 1.22, 0.50)),
)
NAMES = np.array([*(part.name for part in PARTS), "cove"])
robot = union(PARTS, 0.35)
robot_far = union(PARTS, 1.5)  # for wide penumbras, which show the bounds otherwise
ROBOT_LOW, ROBOT_HIGH = vec((-0.75, -0.01, -0.55)), vec((0.95, 2.31, 0.55))


def slab(o: Array, d: Array) -> tuple[Array, Array]:
    """Where rays enter and leave the robot's bounding box; they miss it unless enter < leave."""
    safe = np.where(np.abs(d) < 1e-7, 1e-7, d)
    one, two = (ROBOT_LOW - o) / safe, (ROBOT_HIGH - o) / safe
    return np.minimum(one, two).max(axis=0), np.maximum(one, two).min(axis=0)


def cove_hit(o: Array, d: Array) -> Array:
    """Distance to the floor along each ray; the cove's curve is far away, so a plane will do."""
    return np.where(d[1] < -1e-3, -o[1] / np.minimum(d[1], -1e-3), 60.0).clip(0.0, 60.0)


def backdrop(d: Array) -> Array:
    """Unlit-looking seamless paper: a soft pool of light behind the robot."""
    glow = np.exp(-((d[0] / 0.26) ** 2) - ((d[1] + 0.02) / 0.22) ** 2)
    result: Array = vec(COVE) * (0.62 + 0.62 * glow)
    return result


def seen(o: Array, d: Array) -> Array:
    """Radiance along secondary rays: the robot flatly lit, else the floor or the softboxes."""
    result = studio(d, COVE, (0.40, 0.46, 0.50), BOXES)
    floor = cove_hit(o, d)
    result = np.where(floor < 4.0, vec(COVE) * 1.0, result)
    enter, leave = slab(o, d)
    near = np.flatnonzero((enter < leave) & (leave > 0.0))
    if near.size:
        t = march(robot, o[:, near], d[:, near], np.minimum(leave[near], floor[near]), 28, 2e-3, 0.006)
        hit = np.isfinite(t)
        if hit.any():
            p = o[:, near[hit]] + d[:, near[hit]] * t[hit]
            n = gradient(robot, p, 4e-3)
            lit = 0.42 + 0.75 * np.clip(dot(n, vec(KEY)), 0.0, 1.0)
            result[:, near[hit]] = albedo(pick(PARTS, p), p) * lit
    return result


def albedo(index: Ints, p: Array) -> Array:
    """Diffuse colour (3, N) of the parts."""
    table = {
        "ceramic": (0.80, 0.785, 0.755),
        "visor": (0.012, 0.014, 0.02),
        "orange": (0.80, 0.17, 0.022),
        "metal": (0.42, 0.43, 0.45),
        "scarf": (0.80, 0.15, 0.018),
        "cove": COVE,
    }
    colours = np.array([table[name] for name in NAMES], dtype=np.float32).T
    result = colours[:, index]
    # A faint stripe near the tail's end gives the scarf a second tone.
    t = rotate(p - vec((0.19, 0.74, 0.375)), "z", 13.0)
    stripe = (NAMES[index] == "scarf") & (p[2] > 0.2) & (np.abs(np.abs(t[1] + 0.155) - 0.03) < 0.012)
    return np.where(stripe, vec((0.86, 0.72, 0.55)), result)


def face(p: Array) -> Array:
    """Glow (N,) of the eyes and the smile on the visor."""
    x, y = np.abs(p[0]), p[1]
    eye = np.sqrt(((x - 0.165) / 0.060) ** 2 + ((y - 1.53) / 0.085) ** 2)
    glow = smoothstep(1.06, 0.94, eye) + 0.22 * np.exp(-np.maximum(eye - 1.0, 0.0) * 3.2)
    mouth = np.abs(np.sqrt(x * x + (y - 1.475) ** 2) - 0.085)
    mouth = np.maximum(mouth, 0.5 * (y - 1.43))
    result: Array = glow + smoothstep(0.014, 0.009, mouth)
    return result


def shade(p: Array, n: Array, d: Array, index: Ints, around: Array) -> Array:
    """Final light (3, N) of visible points; ``around`` is the gathered irradiance."""
    name = NAMES[index]
    key = np.broadcast_to(vec(KEY), p.shape)
    facing = np.clip(dot(n, key), 0.0, 1.0)
    shadow = soft_shadow(robot_far, p + n * 6e-3, key, 3.2, 0.16, 44)
    base = albedo(index, p)
    # Scattering under the glaze lets light wrap a little past the terminator, warm in the thin parts.
    wrap = vec((0.16, 0.10, 0.07)) * (name == "ceramic") * np.exp(-((dot(n, key) / 0.3) ** 2))
    colour = base * (vec(KEY_LIGHT) * (facing + wrap) * (0.03 + 0.97 * shadow) + around)
    fuzz = (name == "scarf") * (1.0 - np.clip(-dot(n, d), 0.0, 1.0)) ** 3
    colour = colour + vec((0.9, 0.36, 0.12)) * fuzz * 0.35 * around
    gloss = np.select(
        [name == "ceramic", name == "visor", name == "orange", name == "metal"], [0.045, 0.05, 0.04, 0.5], 0.0
    ).astype(np.float32)
    shiny = np.flatnonzero(gloss > 0.0)
    mirrored = reflect(d[:, shiny], n[:, shiny]).astype(np.float32)
    glint = seen(p[:, shiny] + n[:, shiny] * 8e-3, mirrored)
    colour[:, shiny] += glint * schlick(-dot(n[:, shiny], d[:, shiny]), gloss[shiny])
    lamp = (name == "visor") * face(p) * (n[2] > 0.3)
    result: Array = colour + vec((0.55, 1.5, 1.65)) * lamp
    return result


def floor_light(p: Array, around: Array) -> Array:
    """The cove's floor (3, N): key light with the robot's shadow, fading into the backdrop."""
    key = np.broadcast_to(vec(KEY), p.shape)
    shadow = soft_shadow(robot_far, p + vec((0.0, 2e-3, 0.0)), key, 4.0, 0.2, 60)
    occluded = around / np.maximum(around.max(axis=1, keepdims=True), 1e-3)
    result: Array = (0.30 + 0.70 * shadow) * (0.35 + 0.65 * occluded)
    return result


def render() -> Image.Image:
    """Render the 768 x 768 picture."""
    side = SIZE * 2
    camera = Camera((0.55, 1.62, 7.4), (0.06, 1.06, 0.0), 20.5, side, side)
    d = camera.rays()
    o = camera.origins(d.shape[1]).astype(np.float32)
    floor = cove_hit(o, d)
    enter, leave = slab(o, d)
    near = np.flatnonzero(enter < leave)
    t = floor.astype(np.float32)
    start = o[:, near] + d[:, near] * enter[near]
    reach = march(robot, start, d[:, near], leave[near] - enter[near], 90, 3e-4)
    t[near] = np.minimum(t[near], enter[near] + reach)
    p = (o + d * t).astype(np.float32)
    solid = np.flatnonzero(t < floor)
    index = np.full(t.size, len(PARTS), dtype=np.int32)
    index[solid] = chunked(lambda q: pick(PARTS, q), p[:, solid])
    n = np.zeros_like(p)
    n[1] = 1.0
    n[:, solid] = gradient(robot, p[:, solid], 8e-4)

    fine = Buffer(p.reshape(3, side, side), n.reshape(3, side, side))
    coarse = fine.every(4)
    around = smooth(coarse, irradiance(coarse, seen, 32) * FILL, 0.05)
    around = upsample(fine, coarse, around, 4, 0.05).reshape(3, -1)

    colour = backdrop(d)
    ground = np.flatnonzero((t >= floor) & (floor < 30.0) & (length(p) < 5.0))
    fade = smoothstep(5.0, 3.0, length(p[:, ground]))
    dark = chunked(floor_light, p[:, ground], around[:, ground])
    colour[:, ground] *= mix(1.0, dark, fade)
    colour[:, solid] = chunked(shade, p[:, solid], n[:, solid], d[:, solid], index[solid], around[:, solid])
    return finish(colour.reshape(3, side, side))


def finish(colour: Array) -> Image.Image:
    """Develop the supersampled frame with a slight vignette."""
    small = shrink(filmic(colour), 2)
    v, u = np.mgrid[-1.0 : 1.0 : SIZE * 1j, -1.0 : 1.0 : SIZE * 1j]
    return quantize(srgb(small * (1.0 - 0.14 * (u * u + v * v) ** 1.2)))
