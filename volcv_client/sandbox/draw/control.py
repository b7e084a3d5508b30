"""The controlnet model: what each control sees, coloured and blended over an abstract background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .base import Drawn, FloatArray, Order, clamp, cover, to_array, to_picture, to_rgb
from .edges import canny, smooth, sobel
from .marks import caption, logo_room, put_mark
from .palette import Palette, choose, mix, ramp
from .scene import flow

#: A layer: colours [h, w, 3] and coverage [h, w] from 0 to 1.
Layer = tuple[FloatArray, FloatArray]


def draw_control(order: Order) -> list[Drawn]:
    """A picture of the first picture's size; with a canny control also its edge map, lossless."""
    image, colors = draw_controls(order)
    _describe(image, order, colors)
    return [Drawn(put_mark(image)), *edge_maps(order)]


def draw_controls(order: Order) -> tuple[Image.Image, Palette]:
    """What every control sees, blended over an abstract background, and the colours used."""
    size = order.pictures[0].size
    random = order.random()
    colors = choose(order.prompt, random)
    canvas = to_array(flow(size, random, colors, 0.55))
    controls = order.values["controlnet_args"]
    total = sum(clamp(float(control["strength"]), 0.0, 1.0) for control in controls)
    change = np.zeros_like(canvas)
    for control in controls:
        share = clamp(float(control["strength"]), 0.0, 1.0) / max(1.0, total)
        picture = cover(to_rgb(order.pictures[control["binary_data_index"]]), size)
        shade, covered = _LAYERS[control["type"]](picture, colors)
        change += (shade - canvas) * (covered * share)[..., None]
    return to_picture(canvas + change), colors


def edge_maps(order: Order) -> list[Drawn]:
    """The edge map of the first canny control, lossless; nothing when there is no such control."""
    controls = order.values["controlnet_args"]
    first = next((control for control in controls if control["type"] == "canny"), None)
    if first is None:
        return []
    edges = canny(cover(to_rgb(order.pictures[first["binary_data_index"]]), order.pictures[0].size))
    return [Drawn(put_mark(edges.convert("RGB")), "PNG")]


def _describe(image: Image.Image, order: Order, colors: Palette) -> None:
    controls = order.values["controlnet_args"]
    shown = [f"{control['type']} {control['strength']:g}" for control in controls[:4]]
    if len(controls) > 4:
        shown.append(f"+{len(controls) - 4}")
    details = [
        *shown,
        f"{image.width}\u00d7{image.height}",
        order.seed_text,
        f"{order.values['ddim_steps']} steps",
    ]
    margin = round(min(image.size) * 0.04)
    foot = image.height - margin - logo_room(image.size, order.values["logo_info"])
    box = (margin, foot - round(image.height * 0.19), image.width - margin, foot)
    caption(image, box, order.prompt, details, colors.near, colors.accent)


def _canny_layer(picture: Image.Image, colors: Palette) -> Layer:
    """Glowing lines where the edges are."""
    edges = canny(picture)
    width = max(1, round(min(picture.size) / 420))
    line = edges.filter(ImageFilter.MaxFilter(2 * (width // 2) + 1)) if width > 1 else edges
    core = np.asarray(line.filter(ImageFilter.GaussianBlur(0.6)), dtype=np.float32) / 255
    halo = np.asarray(line.filter(ImageFilter.GaussianBlur(width * 4.0)), dtype=np.float32) / 255
    strength = np.clip(core * 1.5 + halo * 1.6, 0, 1)
    shade = ramp(np.clip(core * 1.6, 0, 1), [mix(colors.horizon, colors.far, 0.25), colors.accent, (255, 255, 255)])
    return shade, strength


def _depth_layer(picture: Image.Image, colors: Palette) -> Layer:
    """Smooth relief: brightness read as nearness, lit from the top left."""
    blur = max(2, max(picture.size) // 130)
    # Smoothed as floats: steps of whole grey levels would show up as terraces in the light.
    depth = smooth(np.asarray(picture.convert("L"), dtype=np.float32), blur)
    low, high = float(depth.min()), float(depth.max())
    depth = (depth - low) / max(1.0, high - low)
    right, down = sobel(depth)
    steep = blur * 1.6
    light = (1.0 + (-right - down) * steep * 0.7) / np.sqrt(1.0 + (right**2 + down**2) * steep**2)
    stops = [mix(colors.near, (0, 0, 0), 0.2), colors.top, colors.far, colors.horizon, colors.accent]
    shade = ramp(depth, stops) * np.clip(0.35 + 0.65 * light, 0.25, 1.35)[..., None]
    return shade.astype(np.float32), np.full(depth.shape, 0.94, dtype=np.float32)


#: Joints of a standing figure, x and y in a unit box, and the bones between them.
_JOINTS = {
    "head": (0.5, 0.09), "neck": (0.5, 0.2), "hip": (0.5, 0.53),
    "shoulder_l": (0.34, 0.23), "elbow_l": (0.22, 0.38), "hand_l": (0.17, 0.53),
    "shoulder_r": (0.66, 0.23), "elbow_r": (0.79, 0.36), "hand_r": (0.9, 0.22),
    "hip_l": (0.41, 0.54), "knee_l": (0.37, 0.75), "foot_l": (0.33, 0.97),
    "hip_r": (0.59, 0.54), "knee_r": (0.64, 0.75), "foot_r": (0.7, 0.96),
}  # fmt: skip
_BONES = (
    ("head", "neck"), ("neck", "hip"),
    ("neck", "shoulder_l"), ("shoulder_l", "elbow_l"), ("elbow_l", "hand_l"),
    ("neck", "shoulder_r"), ("shoulder_r", "elbow_r"), ("elbow_r", "hand_r"), ("hip", "hip_l"),
    ("hip_l", "knee_l"), ("knee_l", "foot_l"), ("hip", "hip_r"), ("hip_r", "knee_r"), ("knee_r", "foot_r"),
)  # fmt: skip
_LIMBS = ((255, 94, 94), (255, 176, 60), (240, 232, 80), (104, 222, 120), (88, 176, 255), (178, 130, 255))


def _pose_layer(picture: Image.Image, colors: Palette) -> Layer:
    """Faint edges and a stick figure placed over the busiest part of the picture."""
    shade, covered = _canny_layer(picture, colors)
    edges = np.asarray(canny(picture)) > 0
    height, width = edges.shape
    center = float(np.nonzero(edges)[1].mean()) if edges.any() else width / 2
    tall = round(height * 0.6)
    wide = round(tall * 0.62)
    left, top = round(clamp(center - wide / 2, 0, max(0, width - wide))), round(height * 0.12)
    points = {name: (left + x * wide, top + y * tall) for name, (x, y) in _JOINTS.items()}
    figure = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(figure)
    thick = max(2, round(tall * 0.022))
    for number, (start, end) in enumerate(_BONES):
        pen.line((*points[start], *points[end]), fill=(*_LIMBS[number % len(_LIMBS)], 255), width=thick)
    for x, y in points.values():
        pen.ellipse((x - thick, y - thick, x + thick, y + thick), fill=(255, 255, 255, 255))
    x, y = points["head"]
    round_head = thick * 3
    oval = x - round_head, y - round_head, x + round_head, y + round_head
    pen.ellipse(oval, outline=_LIMBS[0], width=thick)
    drawn = np.asarray(figure, dtype=np.float32)
    body = drawn[..., 3] / 255
    shade = np.where(body[..., None] > 0, drawn[..., :3], shade).astype(np.float32)
    return shade, np.maximum(covered * 0.4, np.clip(body * 1.6, 0, 1))


_LAYERS: dict[str, Callable[[Image.Image, Palette], Layer]] = {
    "canny": _canny_layer,
    "depth": _depth_layer,
    "pose": _pose_layer,
}
