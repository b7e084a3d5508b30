"""Colours: a palette from the words of a prompt, else from the seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .base import Color


class Palette(NamedTuple):
    """Sky from top to horizon, layers from far to near, and one accent; RGB 0..255."""

    top: Color
    horizon: Color
    far: Color
    near: Color
    accent: Color


#: Words that name a palette, also Chinese ones, and its five colours; the first word in a prompt decides.
_PALETTES = {
    "dusk sunset evening purple \u9ec4\u660f \u7d2b": "262a54 f4a680 92668a 221b36 ffd68a",
    "ocean sea water blue blueline beach lake \u6d77 \u84dd \u6c34": "104e78 b8e6e8 4e9ab2 082c44 fff0be",
    "forest green jungle tree plant \u68ee\u6797 \u7eff": "34685c e8f0ce 70a07c 102c24 ffe896",
    "desert sand warm wood wooden table gold money \u6c99 \u6696 \u6728": "be6c52 ffe4bc d4966c 582a2c fff6d6",
    "night star starry space moon neon cyberpunk \u591c \u661f \u6708": "080c24 48569e 2e3a78 070a1e ecf0ff",
    "pink flower rose love dessert babi \u82b1 \u7c89": "78466e ffd4d6 c4849c 3a1c40 fff2ce",
    "snow ice snowy winter frozen white ceramics \u96ea \u51b0": "689ec4 f4faff 9cc2d8 2c4c68 ffffff",
    "fire war armies lava red ember chinese marvel \u706b \u7ea2 \u519b": "32121a ff9254 963a34 1a090e ffdca4",
    "grass spring sky field meadow \u8349 \u6625": "5ca0ce faf4d4 96be76 285236 ffec82",
    # The last one has no colour of its own: it is used when asked for only.
    "gray grey city street studio ink real \u57ce": "424c5c e2e6ec 8c96a6 242a36 ffffff",
}


def choose(prompt: str, random: np.random.Generator) -> Palette:
    """The palette that a text asks for, slightly varied by the seed; a random one when it names none."""
    lowered = prompt.lower()
    words = "".join(char if char.isalnum() else " " for char in lowered).split()
    found = []
    for names, colors in _PALETTES.items():
        for name in names.split():
            if (name in words or name + "s" in words) if name.isascii() else name in lowered:
                found.append((lowered.find(name), colors))
    chosen = min(found)[1] if found else list(_PALETTES.values())[int(random.integers(len(_PALETTES) - 1))]
    base = np.array([list(bytes.fromhex(color)) for color in chosen.split()])
    shifted = np.clip(base + np.outer([1, 1, 1, 1, 0], random.uniform(-14, 14, size=3)), 0, 255).astype(int)
    return Palette(*((red, green, blue) for red, green, blue in shifted.tolist()))


def mix(first: Color, second: Color, amount: float) -> Color:
    """``first`` blended towards ``second`` by 0..1."""
    red, green, blue = (round(a + (b - a) * amount) for a, b in zip(first, second, strict=True))
    return red, green, blue
