"""What ``volcv demo`` asks of each model."""

from __future__ import annotations

from collections.abc import Sequence

from ...catalog.spec import MaskPicture, Model, Picture, Text
from .table import JOBS, Box, DemoJob

PROMPT = "A blue ceramic teapot on a wooden table, soft morning light"
"""For required texts of a model without a job."""

PICTURE = "room"
"""For required pictures of a model without a job."""

MASK: Box = (0.3, 0.3, 0.7, 0.7)
"""For required masks of a model without a job."""


def all_jobs(models: Sequence[Model]) -> list[DemoJob]:
    """A job for each model, in the order of the table, then those without one."""
    order = {job.model: number for number, job in enumerate(JOBS)}
    return [job_for(model) for model in sorted(models, key=lambda one: order.get(one.req_key, len(JOBS)))]


def job_for(model: Model) -> DemoJob:
    """The model's job, or one with its defaults and something in what it requires."""
    for job in JOBS:
        if job.model == model.req_key:
            return job
    wanted = {name for one in model.requires for name in one.any_of[:1]}
    needed = [one for one in model.all_inputs() if getattr(one, "required", False) or one.name in wanted]
    return DemoJob(
        model.req_key,
        {one.name: PROMPT for one in needed if isinstance(one, Text)},
        {one.name: PICTURE for one in needed if isinstance(one, Picture) and not isinstance(one, MaskPicture)},
        {one.name: MASK for one in needed if isinstance(one, MaskPicture)},
    )
