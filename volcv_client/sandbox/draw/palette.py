"""Colours: a palette from the words of a prompt, else from the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .base import Color, FloatArray


@dataclass(frozen=True)
class Palette:
    """Sky from top to horizon, layers from far to near, and one accent; RGB 0..255."""

    top: Color
    horizon: Color
    far: Color
    near: Color
    accent: Color


_PALETTES: dict[str, Palette] = {
    "dusk": Palette((38, 42, 84), (244, 166, 128), (146, 102, 138), (34, 27, 54), (255, 214, 138)),
    "ocean": Palette((16, 78, 120), (184, 230, 232), (78, 154, 178), (8, 44, 68), (255, 240, 190)),
    "forest": Palette((52, 104, 92), (232, 240, 206), (112, 160, 124), (16, 44, 36), (255, 232, 150)),
    "desert": Palette((190, 108, 82), (255, 228, 188), (212, 150, 108), (88, 42, 44), (255, 246, 214)),
    "night": Palette((8, 12, 36), (72, 86, 158), (46, 58, 120), (7, 10, 30), (236, 240, 255)),
    "rose": Palette((120, 70, 110), (255, 212, 214), (196, 132, 156), (58, 28, 64), (255, 242, 206)),
    "ice": Palette((104, 158, 196), (244, 250, 255), (156, 194, 216), (44, 76, 104), (255, 255, 255)),
    "ember": Palette((50, 18, 26), (255, 146, 84), (150, 58, 52), (26, 9, 14), (255, 220, 164)),
    "meadow": Palette((92, 160, 206), (250, 244, 212), (150, 190, 118), (40, 82, 54), (255, 236, 130)),
    "slate": Palette((66, 76, 92), (226, 230, 236), (140, 150, 166), (36, 42, 54), (255, 255, 255)),
}

#: Words, also Chinese ones, that name a palette; the first one found in the prompt decides.
_WORDS: dict[str, str] = {
    "ocean": "ocean", "sea": "ocean", "water": "ocean", "blue": "ocean", "beach": "ocean",
    "\u6d77": "ocean", "\u84dd": "ocean", "\u6c34": "ocean",
    "forest": "forest", "green": "forest", "jungle": "forest", "tree": "forest", "plant": "forest",
    "\u68ee\u6797": "forest", "\u7eff": "forest",
    "desert": "desert", "sand": "desert", "warm": "desert", "wood": "desert", "table": "desert",
    "\u6c99": "desert", "\u6696": "desert", "\u6728": "desert",
    "night": "night", "star": "night", "space": "night", "moon": "night", "neon": "night",
    "\u591c": "night", "\u661f": "night", "\u6708": "night",
    "sunset": "dusk", "dusk": "dusk", "evening": "dusk", "purple": "dusk",
    "\u9ec4\u660f": "dusk", "\u7d2b": "dusk",
    "pink": "rose", "flower": "rose", "rose": "rose", "love": "rose", "\u82b1": "rose", "\u7c89": "rose",
    "snow": "ice", "ice": "ice", "snowy": "ice",
    "winter": "ice", "white": "ice", "\u96ea": "ice", "\u51b0": "ice",
    "fire": "ember", "war": "ember", "armies": "ember", "lava": "ember", "red": "ember",
    "\u706b": "ember", "\u7ea2": "ember", "\u519b": "ember",
    "grass": "meadow", "spring": "meadow", "sky": "meadow", "field": "meadow",
    "\u8349": "meadow", "\u6625": "meadow",
    "gray": "slate", "grey": "slate", "city": "slate", "street": "slate", "studio": "slate",
    "\u57ce": "slate",
}  # fmt: skip


def choose(prompt: str, random: np.random.Generator) -> Palette:
    """The palette the prompt asks for, slightly varied by the seed; a random one when it names none."""
    lowered = prompt.lower()
    words = set("".join(char if char.isalnum() else " " for char in lowered).split())
    hits = [
        (lowered.find(word), name)
        for word, name in _WORDS.items()
        if (word in words or word + "s" in words if word.isascii() else word in lowered)
    ]
    # The last palette has no colour of its own: it is only used when asked for.
    name = min(hits)[1] if hits else list(_PALETTES)[int(random.integers(len(_PALETTES) - 1))]
    shift = random.uniform(-14, 14, size=3)
    base = _PALETTES[name]
    return Palette(
        _shifted(base.top, shift),
        _shifted(base.horizon, shift),
        _shifted(base.far, shift),
        _shifted(base.near, shift),
        base.accent,
    )


def _shifted(color: Color, shift: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Color:
    red, green, blue = (int(min(255, max(0, part + delta))) for part, delta in zip(color, shift, strict=True))
    return red, green, blue


def mix(first: Color, second: Color, amount: float) -> Color:
    """``first`` blended towards ``second`` by 0..1."""
    red, green, blue = (round(a + (b - a) * amount) for a, b in zip(first, second, strict=True))
    return red, green, blue


def ramp(values: FloatArray, colors: list[Color]) -> FloatArray:
    """Colours along a gradient: values 0..1 of any shape give an array with a last axis of 3."""
    stops = np.linspace(0.0, 1.0, len(colors))
    table = np.asarray(colors, dtype=np.float32)
    channels = [np.interp(values, stops, table[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)
