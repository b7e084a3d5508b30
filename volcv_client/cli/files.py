"""Picture files: reading inputs, saving results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import copyfileobj
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ..calls.call import Answer
from ..errors import InputError
from ..images import pictures
from ..images.media import Media, extension_of, file_stem
from ..images.pictures import Encoded, Encoding
from ..images.samples import Pixels
from ..request.payload import ArrayMask

EXIF_ORIENTATION = 0x0112
QUARTER_TURNED = (5, 6, 7, 8)


class FilePicture:
    """A picture file. Its header is read at once, its pixels only when its turn to be sent comes.

    Raises InputError if the file is no PNG, JPEG, WebP or BMP.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with opened(path) as image:
            turned = image.getexif().get(EXIF_ORIENTATION) in QUARTER_TURNED
            self._size = (image.height, image.width) if turned else image.size

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, as seen upright."""
        return self._size

    def encode(self, encoding: Encoding, size: tuple[int, int] | None) -> Encoded:
        return pictures.encode(read_picture(self.path), encoding)


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The open picture; whatever goes wrong with it becomes an InputError."""
    try:
        with Image.open(path, formats=pictures.ANSWER_FORMATS) as image:
            yield image
    except Exception as error:  # broken files: Pillow's readers raise many types
        problem = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise InputError("unreadable_file", path=str(path), problem=problem) from None


def is_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def read_picture(path: Path) -> Pixels:
    """``[H, W, C]``, upright: RGBA uint8 if the file has transparency, float for 16-bit grey, else RGB uint8."""
    with opened(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            return deep_grey(upright)[:, :, None]
        return np.asarray(upright.convert("RGBA" if is_transparent(upright) else "RGB"), dtype=np.uint8)


def deep_grey(image: Image.Image) -> NDArray[np.float32]:
    """``[H, W]`` of a 16-bit grey picture as float 0..1; Pillow's own conversion would clip it."""
    values: NDArray[np.float32] = np.asarray(image, dtype=np.float32) / np.float32(65535.0)
    return values


def read_mask(path: Path) -> ArrayMask:
    """A mask from a picture: light is selected. If some of the picture is transparent, its alpha is the mask."""
    with opened(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            return ArrayMask(deep_grey(upright))
        if is_transparent(upright):
            alpha = np.asarray(upright.convert("RGBA").getchannel("A"), dtype=np.uint8)
            if alpha.min() < 255:
                return ArrayMask(alpha)
        return ArrayMask(np.asarray(upright.convert("L"), dtype=np.uint8))


def check_picture(data: bytes) -> tuple[int, int]:
    """(width, height) of a result. Raises BadAnswerError if it is no whole picture."""
    height, width, _ = pictures.decode(data).shape
    return width, height


def check_result(media: Media) -> tuple[int, int]:
    """(width, height) of a picture, (0, 0) of a video. Raises BadAnswerError if it is no whole picture."""
    return check_picture(media) if isinstance(media, bytes) else (0, 0)


def save_answer(folder: Path, name: str, answer: Answer[tuple[int, int]]) -> list[Path]:
    """Write the files of an answer as the service sent them, called after ``name`` or its req_key; the paths."""
    return save_pictures(folder, name or answer.req_key, answer.seed, answer.request_id, answer.files)


def save_pictures(folder: Path, name: str, seed: int | None, request_id: str, files: Sequence[Media]) -> list[Path]:
    """Write files as ``<name>-<seed or end of the request id>-<n>``; the paths. Overwrites nothing."""
    stem = file_stem(name, seed, request_id)
    return [write_new(folder, stem, data) for data in files]


def write_new(folder: Path, stem: str, media: Media) -> Path:
    """Write to the first ``<stem>-<n>`` that does not exist yet; OSError if the folder cannot be written."""
    for number in count(1):
        path = folder / f"{stem}-{number}{extension_of(media)}"
        try:
            file = path.open("xb")
        except FileExistsError:
            continue
        with file:
            write_media(media, file)
        return path
    raise AssertionError("unreachable")


def write_media(media: Media, file: IO[bytes]) -> None:
    """Picture bytes, or a video piece by piece."""
    if isinstance(media, bytes):
        file.write(media)
    else:
        with media.open("rb") as source:
            copyfileobj(source, file)
