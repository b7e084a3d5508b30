"""Virtual try-on: the garments, cut out, in their places over the person."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image

from ..job import Job
from .base import Drawn, to_rgb
from .cutout import cut_out, subject_box
from .marks import describe, put_mark
from .palette import choose

PLACES: Mapping[str, tuple[float, float]] = {"upper": (0.42, 0.74), "bottom": (0.66, 1.0), "full": (0.4, 0.95)}
"""Type of a garment -> its upper and lower end on the person, as parts of the height."""


def draw_worn(job: Job) -> list[Drawn]:
    """One lossless picture of the person's size; garments follow the person in the order of ``garment.data``."""
    person, *garments = job.pictures
    image = to_rgb(person)
    left, top, right, bottom = subject_box(cut_out(person))
    listed = job.values.get("garment", {}).get("data") or [{}]
    for picture, one in zip(garments, listed, strict=False):  # a protection mask follows the garments
        garment = cut_out(picture)
        garment = garment.crop(subject_box(garment))
        high, low = PLACES[one.get("type", "full")]
        factor = min((low - high) * (bottom - top) / garment.height, (right - left) / garment.width)
        size = max(1, round(garment.width * factor)), max(1, round(garment.height * factor))
        garment = garment.resize(size, Image.Resampling.LANCZOS)
        place = (left + right - garment.width) // 2, top + round(high * (bottom - top))
        image.paste(garment, place, garment)
    describe(image, job, choose("", job.random()), job.model.title, share=0.1)
    return [Drawn(put_mark(image), "PNG")]
