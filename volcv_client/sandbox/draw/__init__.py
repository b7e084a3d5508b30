"""Drawings that stand for the models' work. Which one a model gets follows from its declaration."""

from __future__ import annotations

from ..job import Job
from .base import Drawn
from .cutout import draw_cut_out
from .paint import draw_painted
from .product import draw_product
from .restyle import draw_restyled
from .scene import draw_film, draw_scene
from .worn import draw_worn


def draw(job: Job) -> list[Drawn]:
    """The drawings for a request: pictures, or the frames of a film. Deterministic but for a Refusal of the size."""
    model = job.model
    if model.video:
        return draw_film(job)
    if "mask" in model.outputs:
        return draw_cut_out(job)
    if any(one.name == "garment_1" for one in model.pictures()):
        return draw_worn(job)
    if any(one.uri_path for one in model.pictures()):
        return draw_product(job)
    if any(one.kind == "mask" for one in model.pictures()):
        return draw_painted(job)
    # A model with a strength starts from the picture; others show its subject in a new scene.
    if {"width", "size"} & {one.name for one in model.all_inputs()} and not (job.pictures and "strength" in job.values):
        return draw_scene(job)
    return draw_restyled(job)
