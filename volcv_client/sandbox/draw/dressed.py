"""Garments on a person: each cut out of its picture and laid over the part of the body that its type names."""

from __future__ import annotations

from typing import Any

from PIL import Image

from ..job import Job
from .base import Drawn, to_rgb
from .cutout import cut_out, subject_box
from .marks import describe, put_mark
from .palette import choose

PLACES = {"upper": (0.4, 0.78), "bottom": (0.62, 0.98), "full": (0.36, 0.96)}
"""Top and bottom of a garment, as parts of the person's height."""


def draw_dressed(job: Job) -> list[Drawn]:
    """A lossless picture as large as that of the person, which is the first one."""
    person, *garments = job.pictures
    image = to_rgb(person)
    left, top, right, bottom = subject_box(cut_out(image))
    worn: list[dict[str, Any]] = job.values.get("garment", {}).get("data", [])
    for garment, about in zip(garments, worn, strict=False):  # a protection mask may follow the garments
        subject = cut_out(to_rgb(garment))
        subject = subject.crop(subject_box(subject))
        above, below = PLACES[about.get("type", "full")]
        tall = max(1, round((bottom - top) * (below - above)))
        wide = max(1, min(right - left, round(tall * subject.width / subject.height)))
        fitted = subject.resize((wide, tall), Image.Resampling.LANCZOS)
        image.paste(fitted, (round((left + right - wide) / 2), round(top + (bottom - top) * above)), fitted)
    describe(image, job, choose(job.model.title, job.random()), job.model.title, share=0.12)
    return [Drawn(put_mark(image), "PNG")]
