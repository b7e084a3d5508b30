"""Small picture files and arrays."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The file of a picture."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int = 8, height: int = 8, mode: str = "RGB", colour: Any = None) -> bytes:
    """A PNG of one colour: by default red, or grey for modes without colour."""
    default = 128 if mode in ("L", "I;16") else "red"
    return encoded(Image.new(mode, (width, height), default if colour is None else colour))


def noise(width: int, height: int, channels: int = 3, seed: int = 7) -> NDArray[np.uint8]:
    """Random samples ``[H, W, C]``, which no codec makes small."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels)).astype(np.uint8)
