"""Small JPEGs of stored pictures, made when they are first asked for."""

from __future__ import annotations

import uuid
from pathlib import Path

from PIL import Image

from .errors import StoreError
from .pictures import ANSWER_FORMATS, flatten

SIDE = 256
QUALITY = 82


def thumbnail_of(picture: Path, folder: Path) -> Path:
    """The thumbnail of a picture file, at most 256 x 256, in ``folder``. StoreError if it cannot be made."""
    target = folder / f"{picture.stem}.jpg"
    if target.is_file():
        return target
    unfinished = folder / f"{uuid.uuid4().hex}.jpg"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with Image.open(picture, formats=ANSWER_FORMATS) as image:
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            image.thumbnail((SIDE, SIDE))
            small = flatten(image) if image.has_transparency_data else image.convert("RGB")
        small.save(unfinished, "JPEG", quality=QUALITY)
        unfinished.replace(target)
        if not picture.exists():  # deleted in the meantime, and its thumbnail could not be found then
            target.unlink(missing_ok=True)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError("store_unreadable", problem=getattr(error, "strerror", None) or str(error)[:200]) from None
    return target
