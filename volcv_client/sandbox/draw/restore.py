"""Better copies of the sent picture: twice as large, or as an old photo looks after its repair."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from ..job import Job
from .base import Drawn, to_array, to_rgb
from .marks import put_mark

#: Median filters in px by ``model_quality``: the poorer the picture, the more is cleaned.
CLEANING = {"HQ": 1, "MQ": 3, "LQ": 5}
#: Mean difference between the channels below which a picture counts as grey.
GREY = 6.0
#: Colours that a grey picture gets, from dark to light.
TONES = ((34, 38, 64), (150, 104, 88), (250, 236, 206))


def draw_doubled(job: Job) -> list[Drawn]:
    """One picture, twice as wide and high; PNG or JPEG as ``result_format`` says."""
    values, image = job.values, to_rgb(job.pictures[0])
    image = image.filter(ImageFilter.MedianFilter(CLEANING[str(values["model_quality"])]))
    image = image.resize((image.width * 2, image.height * 2), Image.Resampling.LANCZOS)
    image = image.filter(ImageFilter.UnsharpMask(radius=2, percent=110, threshold=2))
    # Pillow takes 0 for its own default.
    quality = max(1, int(values.get("jpg_quality", 95)))
    return [Drawn(put_mark(image), "JPEG" if values.get("result_format") == 1 else "PNG", quality)]


def draw_repaired(job: Job) -> list[Drawn]:
    """One picture of the same size without specks and with a full range of light; ``if_color`` 1: in fresh colours,
    which a grey picture gets first."""
    image = ImageOps.autocontrast(to_rgb(job.pictures[0]).filter(ImageFilter.MedianFilter(3)), 1, preserve_tone=True)
    if job.values.get("if_color", 1):
        if np.ptp(to_array(image), axis=2).mean() < GREY:
            image = Image.blend(image, ImageOps.colorize(image.convert("L"), TONES[0], TONES[2], TONES[1]), 0.8)
        else:
            image = ImageEnhance.Color(image).enhance(1.4)
    image = image.filter(ImageFilter.UnsharpMask(radius=2, percent=110, threshold=2))
    return [Drawn(put_mark(image))]
