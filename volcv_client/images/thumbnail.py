"""Small JPEGs of stored pictures and videos, made when they are first asked for."""

from __future__ import annotations

import uuid
from pathlib import Path

from PIL import Image, ImageDraw

from ..errors import StoreError
from .decode import answer_formats, flatten
from .formats import VIDEO_EXTENSION

SIDE = 256
QUALITY = 82
FINER = 4
"""How much larger the poster is drawn than it is stored, so that its edges are smooth."""

GROUND, FILM, HOLE, SIGN = (74, 78, 85), (38, 40, 45), (132, 137, 146), (236, 238, 241)
BAND, HOLES = 44, 5
"""Height of the film's perforated edges, and the holes of each, of ``SIDE``."""


def thumbnail_of(file: Path, folder: Path) -> Path:
    """The thumbnail of a stored file, at most 256 x 256, in ``folder``. StoreError if it cannot be made."""
    target = folder / f"{file.stem}.jpg"
    if target.is_file():
        return target
    unfinished = folder / f"{uuid.uuid4().hex}.jpg"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        small = poster() if file.suffix == VIDEO_EXTENSION else shrunk(file)
        small.save(unfinished, "JPEG", quality=QUALITY)
        unfinished.replace(target)
        if not file.exists():  # deleted in the meantime, and its thumbnail could not be found then
            target.unlink(missing_ok=True)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError("store_unreadable", problem=getattr(error, "strerror", None) or str(error)[:200]) from None
    return target


def shrunk(picture: Path) -> Image.Image:
    """RGB, at most 256 x 256. Raises what Pillow raises for files that it cannot read."""
    with Image.open(picture, formats=answer_formats()) as image:
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        image.thumbnail((SIDE, SIDE))
        return flatten(image) if image.has_transparency_data else image.convert("RGB")


def poster() -> Image.Image:
    """What stands for every video, 256 x 256: film and a play sign. Pillow reads no video, so none has a frame."""
    large = Image.new("RGB", (SIDE * FINER, SIDE * FINER), GROUND)
    draw = ImageDraw.Draw(large)

    def box(left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
        return left * FINER, top * FINER, (left + width) * FINER - 1, (top + height) * FINER - 1

    pitch = SIDE / HOLES
    for top in (0, SIDE - BAND):
        draw.rectangle(box(0, top, SIDE, BAND), fill=FILM)
        for hole in range(HOLES):
            middle = (hole + 0.5) * pitch
            draw.rounded_rectangle(box(middle - 14, top + BAND / 2 - 10, 28, 20), 5 * FINER, fill=HOLE)
    middle = SIDE / 2
    draw.ellipse(box(middle - 50, middle - 50, 100, 100), fill=FILM)
    corners = ((-15, -25), (-15, 25), (28, 0))
    draw.polygon([((middle + x) * FINER, (middle + y) * FINER) for x, y in corners], fill=SIGN)
    return large.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
