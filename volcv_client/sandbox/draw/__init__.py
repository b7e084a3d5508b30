"""Drawings that stand for the models' work. Which one a model gets follows from its declaration."""

from __future__ import annotations

from ..job import Job
from .base import Drawn
from .cutout import draw_cut_out, draw_entities
from .dressed import draw_dressed
from .faces import draw_swapped
from .paint import draw_painted
from .product import draw_extracted, draw_product
from .restore import draw_doubled, draw_repaired
from .restyle import draw_restyled
from .scene import draw_film, draw_scene


def draw(job: Job) -> list[Drawn]:
    """The drawings for a request: pictures, or the frames of a film. Deterministic but for a Refusal of the size."""
    model = job.model
    names = {one.name for one in model.all_inputs()}
    if model.video:
        return draw_film(job)
    if "mask" in model.outputs:
        return draw_entities(job) if "max_entity" in names else draw_cut_out(job)
    if "garment_1" in names:
        return draw_dressed(job)
    if model.group == "Product":
        # Without a scene there is a size: the product alone.
        return draw_extracted(job) if "width" in names else draw_product(job)
    if any(one.kind == "mask" for one in model.pictures()):
        return draw_painted(job)
    if "template" in names:
        return draw_swapped(job)
    if "if_color" in names:
        return draw_repaired(job)
    if "model_quality" in names:
        return draw_doubled(job)
    # A model with a strength, or with no size by default, changes the picture; others show its subject in a new scene.
    shown = {one.name for outer in model.inputs for one in (outer, *outer.revealed(model.defaults()))}
    if {"width", "size"} & shown and not (job.pictures and "strength" in job.values):
        return draw_scene(job)
    return draw_restyled(job)
