"""``docs/icon.png`` and ``docs/banner.png`` for the registry: ``python -m tests.generate artwork``.

Shapes, Pillow's own typeface and the pack's demo pictures; nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from tests.generate.files import ROOT
from volcv_client.catalog.examples import picture_path

Color: TypeAlias = "tuple[int, int, int]"
Point: TypeAlias = "tuple[float, float]"

SMOOTH = 4
"""Everything is drawn this many times larger and then reduced."""
ICON, BANNER = 400, (1680, 720)
NIGHT, PLUM, EMBER, AMBER, CREAM = (24, 16, 48), (94, 29, 92), (240, 84, 56), (255, 176, 64), (255, 243, 214)
WIRES = (((1159, 172), (1241, 222)), ((1168, 505), (1254, 540)), ((1163, 205), (1257, 515)))
"""From socket to socket, in pixels of the banner."""
ROCK, SHADE = (46, 24, 66), (30, 16, 50)
CARD, TITLE, TAGLINE = (34, 32, 44), (112, 106, 128), (214, 200, 222)


def mixed(stops: Sequence[tuple[float, Color]], places: np.ndarray) -> np.ndarray:
    """Colours ``[..., 3]`` of a gradient at places 0..1."""
    at = [stop for stop, _ in stops]
    return np.stack([np.interp(places, at, [color[band] for _, color in stops]) for band in range(3)], axis=-1)


def gradient(size: tuple[int, int], stops: Sequence[tuple[float, Color]], angle: float = 90) -> Image.Image:
    """A straight gradient; 90 degrees runs from top to bottom."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    along = x / width * math.cos(math.radians(angle)) + y / height * math.sin(math.radians(angle))
    span = (along - along.min()) / (along.max() - along.min())
    return Image.fromarray(mixed(stops, span).round().astype(np.uint8))


def glow(size: tuple[int, int], center: Point, radius: float, color: Color, strength: float) -> Image.Image:
    """A soft light as RGBA."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    near = np.clip(1 - np.hypot(x - center[0], y - center[1]) / radius, 0, 1) ** 2 * strength
    light = Image.new("RGB", size, color)
    light.putalpha(Image.fromarray((near * 255).astype(np.uint8)))
    return light


def rounded(size: tuple[int, int], radius: float) -> Image.Image:
    """A mask with round corners."""
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, fill=255)
    return mask


def stroke(draw: ImageDraw.ImageDraw, path: Sequence[Point], width: float, color: Color) -> None:
    """A smooth line with round ends along closely spaced points."""
    for x, y in path:
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=color)


def slope(side: int, unit: float) -> list[Point]:
    """One flank of the volcano from the crater down, in pixels; side -1 is the left one."""
    steps = [step / 40 for step in range(41)]
    return [((0.5 + side * (0.085 + 0.47 * t**1.55)) * unit, (0.565 + 0.44 * t) * unit) for t in steps]


def draw_aperture(picture: Image.Image, center: Point, radius: float) -> None:
    """A lens aperture with six blades that glows like a sun."""
    size = round(2 * radius)
    disc = gradient((size, size), [(0, (255, 226, 140)), (0.55, AMBER), (1, EMBER)])
    draw = ImageDraw.Draw(disc)
    middle, opening = radius, radius * 0.43
    corners = [(middle + opening * math.cos(a), middle + opening * math.sin(a)) for a in np.radians(range(0, 360, 60))]
    draw.polygon(corners, fill=CREAM)
    for corner, following in zip(corners, [*corners[1:], corners[0]], strict=True):
        far = (corner[0] + (corner[0] - following[0]) * 3, corner[1] + (corner[1] - following[1]) * 3)
        draw.line([following, far], fill=PLUM, width=round(radius * 0.055))
    draw.ellipse((0, 0, size - 1, size - 1), outline=PLUM, width=round(radius * 0.05))
    mask = Image.new("L", (size, size), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, size - 1, size - 1), fill=255)
    picture.paste(disc, (round(center[0] - radius), round(center[1] - radius)), mask)


def draw_volcano(picture: Image.Image, unit: float) -> None:
    """The mountain in front: a light and a dark flank, a notched crater, three streams of lava."""
    draw = ImageDraw.Draw(picture)
    left, right = slope(-1, unit), slope(1, unit)
    top = left[0][1]
    rim = [(0.455 * unit, top + 0.022 * unit), (0.5 * unit, top + 0.005 * unit), (0.545 * unit, top + 0.024 * unit)]
    draw.polygon([*reversed(left), *rim, *right], fill=ROCK)
    ridge = [(0.5, 0.57), (0.53, 0.68), (0.505, 0.78), (0.55, 0.9), (0.53, 1.01)]
    draw.polygon([rim[1], rim[2], *right, *((x * unit, y * unit) for x, y in reversed(ridge))], fill=SHADE)
    for start, length, drift, thick in (
        (0.458, 0.2, -0.055, 0.027),
        (0.5, 0.34, -0.008, 0.038),
        (0.544, 0.15, 0.05, 0.027),
    ):
        steps = [step / 80 for step in range(81)]
        path = [
            ((start + drift * t + 0.011 * math.sin(7 * t)) * unit, top + (0.012 + length * t) * unit) for t in steps
        ]
        stroke(draw, path, thick * unit, EMBER)
        stroke(draw, path, 0.5 * thick * unit, AMBER)
    crater = [left[0], rim[0], rim[1], rim[2], right[0]]
    draw.line(crater, fill=AMBER, width=round(0.017 * unit), joint="curve")


def icon(size: int) -> Image.Image:
    """The icon as RGBA: an aperture rising behind a volcano."""
    unit = size * SMOOTH
    ground = [(0, NIGHT), (0.42, PLUM), (0.78, EMBER), (1, AMBER)]
    picture = gradient((unit, unit), ground).convert("RGBA")
    center = (0.5 * unit, 0.37 * unit)
    picture.alpha_composite(glow((unit, unit), center, 0.55 * unit, AMBER, 0.75))
    draw_aperture(picture, center, 0.255 * unit)
    draw_volcano(picture, unit)
    picture.putalpha(rounded(picture.size, 0.21 * unit))
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def staged() -> Image.Image:
    """The demo product in the demo scene."""
    with Image.open(picture_path("scene")) as file:
        scene = file.convert("RGBA")
    with Image.open(picture_path("product")) as file:
        product = file.convert("RGBA").resize((900, 900), Image.Resampling.LANCZOS)
    left, _, right, bottom = product.getbbox() or (0, 0, *product.size)
    x, y = (scene.width - product.width) // 2, 890 - bottom
    shadow = Image.new("RGBA", scene.size)
    ImageDraw.Draw(shadow).ellipse((x + left - 20, 850, x + right + 60, 910), fill=(40, 20, 10, 170))
    scene.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(20)))
    scene.alpha_composite(product, (x, y))
    return scene


def demo(name: str) -> Image.Image:
    with Image.open(picture_path(name)) as file:
        return file.convert("RGBA")


def card(photo: Image.Image, size: tuple[int, int], angle: float) -> Image.Image:
    """A picture in the frame of a node with its two sockets, tilted, with its shadow."""
    width, height = (SMOOTH * side for side in size)
    border, head, room = 12 * SMOOTH, 30 * SMOOTH, 60 * SMOOTH
    face = Image.new("RGBA", (width, height), (*CARD, 255))
    inner = (width - 2 * border, height - border - head)
    scale = max(inner[0] / photo.width, inner[1] / photo.height)
    grown = photo.resize((math.ceil(photo.width * scale), math.ceil(photo.height * scale)), Image.Resampling.LANCZOS)
    x, y = (grown.width - inner[0]) // 2, (grown.height - inner[1]) // 2
    face.paste(grown.crop((x, y, x + inner[0], y + inner[1])), (border, head), rounded(inner, 9 * SMOOTH))
    draw = ImageDraw.Draw(face)
    draw.ellipse((18 * SMOOTH, 10 * SMOOTH, 29 * SMOOTH, 21 * SMOOTH), fill=AMBER)
    draw.rounded_rectangle((38 * SMOOTH, 12 * SMOOTH, 118 * SMOOTH, 19 * SMOOTH), 4 * SMOOTH, fill=TITLE)
    face.putalpha(rounded(face.size, 18 * SMOOTH))
    whole = Image.new("RGBA", (width + 2 * room, height + 2 * room))
    whole.paste(face, (room, room))
    shadow = Image.new("RGBA", whole.size)
    shadow.putalpha(
        ImageChops.offset(whole.getchannel("A"), 0, 14 * SMOOTH)
        .point(lambda value: int(value * 0.55))
        .resize((whole.width // 8, whole.height // 8))
        .filter(ImageFilter.GaussianBlur(6))
        .resize(whole.size, Image.Resampling.BICUBIC)
    )
    shadow.alpha_composite(whole)
    turned = shadow.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    return turned.resize((turned.width // SMOOTH, turned.height // SMOOTH), Image.Resampling.LANCZOS)


def links(curves: Sequence[tuple[Point, Point]]) -> Image.Image:
    """The connections between nodes, drawn as ComfyUI does."""
    sheet = Image.new("RGBA", (BANNER[0] * 2, BANNER[1] * 2))
    draw = ImageDraw.Draw(sheet)
    for (x0, y0), (x1, y1) in curves:
        pull = max(60.0, abs(x1 - x0) * 0.5)
        points = np.array([(x0, y0), (x0 + pull, y0), (x1 - pull, y1), (x1, y1)]) * 2
        t = np.linspace(0, 1, 400)[:, None]
        path = (
            (1 - t) ** 3 * points[0]
            + 3 * (1 - t) ** 2 * t * points[1]
            + 3 * (1 - t) * t**2 * points[2]
            + t**3 * points[3]
        )
        stroke(draw, [(float(x), float(y)) for x, y in path], 8, AMBER)
        stroke(draw, [(2 * x0, 2 * y0), (2 * x1, 2 * y1)], 28, AMBER)
    return sheet.resize(BANNER, Image.Resampling.LANCZOS)


def lettering(picture: Image.Image, left: int, top: int) -> None:
    """The name in two lines, and what it is for."""
    sheet = Image.new("RGBA", (BANNER[0] * 2, BANNER[1] * 2))
    draw = ImageDraw.Draw(sheet)
    for text, height, y, color, weight in (
        ("Volcengine CV", 96, 0, (255, 255, 255), 2),
        ("for ComfyUI", 96, 112, AMBER, 2),
        ("Picture models as nodes. Nothing paid twice.", 31, 252, TAGLINE, 0),
    ):
        font = ImageFont.load_default(height * 2)
        place = (left * 2, (top + y) * 2)
        draw.text(place, text, font=font, fill=(*color, 255), stroke_width=weight, stroke_fill=(*color, 255))
    picture.alpha_composite(sheet.resize(BANNER, Image.Resampling.LANCZOS))


def banner() -> Image.Image:
    """The banner as RGB: the name at the left, demo pictures as tilted nodes at the right."""
    picture = gradient(BANNER, [(0, NIGHT), (0.5, (52, 22, 70)), (1, (118, 36, 74))], 20).convert("RGBA")
    picture.alpha_composite(glow(BANNER, (1340, 420), 760, EMBER, 0.55))
    picture.alpha_composite(glow(BANNER, (1480, 620), 460, AMBER, 0.45))
    picture.alpha_composite(icon(132), (88, 96))
    lettering(picture, 84, 262)
    cards = (
        (demo("landscape"), (350, 278), 7, (985, 185)),
        (demo("character"), (296, 330), -5, (1020, 508)),
        (demo("room"), (350, 284), -6, (1430, 550)),
        (staged(), (330, 362), 5, (1405, 212)),
    )
    for photo, size, angle, (x, y) in cards:
        one = card(photo, size, angle)
        picture.alpha_composite(one, (x - one.width // 2, y - one.height // 2))
    picture.alpha_composite(links(WIRES))
    return picture.convert("RGB")


def draw() -> list[Path]:
    """Write icon and banner; their paths."""
    paths = [ROOT / "docs" / f"{name}.png" for name in ("icon", "banner")]
    for path, picture in zip(paths, (icon(ICON), banner()), strict=True):
        picture.save(path, optimize=True)
    return paths
