"""jimeng_ti2v_v30_pro: a slow camera move over a landscape or over the sent picture (catalog section 6)."""

from __future__ import annotations

from PIL import Image, ImageDraw

from .base import Drawn, Order, cover, to_rgb
from .marks import put_mark
from .palette import choose
from .prompted import backdrop, describe

#: Documented sizes in px by aspect_ratio.
SIZES = {
    "21:9": (2176, 928), "16:9": (1920, 1088), "4:3": (1664, 1248),
    "1:1": (1440, 1440), "3:4": (1248, 1664), "9:16": (1088, 1920),
}  # fmt: skip
#: Frames drawn for a film of any length, and how much smaller than documented they are: a stand-in must be quick.
FRAMES = 24
SHRINK = 4
_ZOOM = 0.2
_QUALITY = 85


def draw_film(order: Order) -> list[Drawn]:
    """The frames, all of one size: the documented one, divided by SHRINK. A picture decides on the shape."""
    random = order.random()
    colors = choose(order.prompt, random)
    wide, tall = SIZES[_shape(order)]
    size = wide // SHRINK, tall // SHRINK
    larger = round(size[0] * (1 + _ZOOM)), round(size[1] * (1 + _ZOOM))
    scene = cover(to_rgb(order.pictures[0]), larger) if order.pictures else backdrop(larger, random, colors)
    aim = random.uniform(0.2, 0.8, size=2)
    frames = []
    for place in range(FRAMES):
        done = place / (FRAMES - 1)
        width, height = (larger[axis] + (size[axis] - larger[axis]) * done for axis in (0, 1))
        left, top = (larger[0] - width) * aim[0], (larger[1] - height) * aim[1]
        frame = scene.resize(size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))
        describe(frame, order, colors, f"{order.values['frames']} frames")
        ImageDraw.Draw(frame).rectangle((0, size[1] - 3, round(size[0] * done), size[1]), fill=colors.accent)
        frames.append(Drawn(put_mark(frame), quality=_QUALITY))
    return frames


def _shape(order: Order) -> str:
    if not order.pictures:
        return str(order.values["aspect_ratio"])
    shape = order.pictures[0].width / order.pictures[0].height
    return min(SIZES, key=lambda name: abs(SIZES[name][0] / SIZES[name][1] - shape))
