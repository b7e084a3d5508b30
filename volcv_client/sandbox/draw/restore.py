"""lens_lqir: sharper pictures, and larger ones below the chosen resolution (catalog section 6)."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from .base import Drawn, Order, to_array, to_picture, to_rgb
from .marks import put_mark

#: Short sides in px by the names of resolution_boundary.
_BOUNDARIES = {
    "144p": 144, "240p": 240, "360p": 360, "480p": 480,
    "540p": 540, "720p": 720, "1080p": 1080, "2k": 1440,
}  # fmt: skip
#: No side is drawn longer than this.
LONGEST = 4096


def draw_restored(order: Order) -> list[Drawn]:
    """Twice the size below resolution_boundary, else the same; PNG or JPEG as result_format says."""
    values = order.values
    image = to_rgb(order.pictures[0])
    if min(image.size) < _BOUNDARIES[values["resolution_boundary"]]:
        factor = min(2.0, LONGEST / max(image.size))
        size = round(image.width * factor), round(image.height * factor)
        image = image.resize(size, Image.Resampling.LANCZOS)
    image = image.filter(ImageFilter.UnsharpMask(radius=2, percent=110, threshold=2))
    if values["enable_hdr"]:
        image = Image.blend(image, ImageOps.autocontrast(image, cutoff=1), float(values["hdr_strength"]))
    if values["enable_wb"]:
        image = _balanced(image)
    # Pillow takes 0 for its own default.
    quality = max(1, int(values["jpg_quality"]))
    return [Drawn(put_mark(image), "JPEG" if values["result_format"] == 1 else "PNG", quality)]


def _balanced(image: Image.Image) -> Image.Image:
    """Every channel brought to the same mean."""
    pixels = to_array(image)
    means = pixels.mean(axis=(0, 1))
    return to_picture(pixels * (means.mean() / np.maximum(means, 1.0)))
