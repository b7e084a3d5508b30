"""Faces in a template: the upper part of each subject, in an oval that fades into the template."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ..job import Job
from .base import Drawn, clamp, cover, to_array, to_picture, to_rgb
from .cutout import cut_out, subject_box
from .marks import describe, put_mark
from .palette import choose


def draw_swapped(job: Job) -> list[Drawn]:
    """One picture as large as the template, which is the last one: the faces side by side, or one below the other
    when ``face_type`` numbers them from the top; the paler, the lower ``source_similarity``."""
    *faces, template = (to_rgb(picture) for picture in job.pictures)
    image, count = template, len(faces)
    below = job.values.get("face_type") == "t2b"
    tall = round(0.5 * min(template.height / (count if below else 1), template.width / (1 if below else count)))
    size = max(1, round(tall * 0.78)), max(1, tall)
    strength = 0.35 + 0.65 * clamp(float(job.values.get("source_similarity", 1)), 0.0, 1.0)
    for number, face in enumerate(faces):
        along = (number + 0.5) / count
        x = round(template.width * (0.5 if below else along) - size[0] / 2)
        y = round(template.height * (0.1 + 0.7 * along if below else 0.4) - size[1] / 2)
        image = _blended(image, cover(_upper_part(face), size), (x, y), strength)
    describe(image, job, choose(job.model.title, job.random()), job.model.title, share=0.12)
    return [Drawn(put_mark(image))]


def _upper_part(picture: Image.Image) -> Image.Image:
    left, top, right, bottom = subject_box(cut_out(picture))
    return picture.crop((left, top, right, top + max(1, round((bottom - top) * 0.6))))


def _blended(image: Image.Image, face: Image.Image, place: tuple[int, int], strength: float) -> Image.Image:
    """The picture with an oval of the face at a place, in part in the light that is there."""
    box = (*place, place[0] + face.width, place[1] + face.height)
    light = to_array(image.crop(box)).mean() - to_array(face).mean()
    oval = Image.new("L", face.size, 0)
    rim = max(1, min(face.size) // 12)
    ImageDraw.Draw(oval).ellipse((rim, rim, face.width - rim, face.height - rim), fill=round(255 * strength))
    result, soft = image.copy(), oval.filter(ImageFilter.GaussianBlur(rim / 2))
    result.paste(to_picture(to_array(face) + np.float32(light * 0.3)), place, soft)
    return result
