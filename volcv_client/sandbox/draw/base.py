"""What a drawing function gets and gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

FloatArray = npt.NDArray[np.floating[Any]]
Color = tuple[int, int, int]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Order:
    """A checked request. ``seed`` is never -1; ``pictures`` come from the array, ``named`` from fields."""

    prompt: str
    seed: int
    values: Mapping[str, Any]
    pictures: list[Image.Image]
    named: Mapping[str, Image.Image]

    def random(self) -> np.random.Generator:
        """Randomness that depends on model, seed and prompt only."""
        text = f"{self.values['req_key']}\n{self.seed}\n{self.prompt}"
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        return np.random.default_rng(int.from_bytes(digest[:16], "big"))

    @property
    def seed_text(self) -> str:
        """The seed for a caption, saying when it was picked here."""
        picked = self.values.get("seed", -1) == -1
        return f"seed {self.seed} (random)" if picked else f"seed {self.seed}"


@dataclass(frozen=True)
class Drawn:
    """A finished picture and its file format: JPEG (RGB only), or PNG where pixels must be exact."""

    image: Image.Image
    format: str = "JPEG"
    quality: int = 92


Drawer = Callable[[Order], list[Drawn]]


def to_rgb(picture: Image.Image) -> Image.Image:
    """Any picture as RGB: 16-bit scaled down, alpha flattened on white."""
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture, dtype=np.float32)
        if picture.mode.startswith("I"):
            values = values / 257.0
        gray = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
        return gray.convert("RGB")
    if has_alpha(picture):
        rgba = picture.convert("RGBA")
        flat = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        flat.alpha_composite(rgba)
        return flat.convert("RGB")
    return picture.convert("RGB")


def has_alpha(picture: Image.Image) -> bool:
    """True when the picture carries transparency in any of Pillow's ways."""
    return picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info


def to_array(picture: Image.Image) -> FloatArray:
    """RGB picture as float32 [height, width, 3], 0..255."""
    return np.asarray(picture, dtype=np.float32)


def to_picture(values: npt.NDArray[Any]) -> Image.Image:
    """Float array [h, w, 3] or [h, w], 0..255, as a picture; clamped and rounded."""
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def cover(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize and crop so that the picture fills ``size``."""
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def clamp(value: float, low: float, high: float) -> float:
    """``value`` kept within low..high."""
    return max(low, min(high, value))
