"""The pictures of a request: arrays, masks, files and PIL images, encoded when their call is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageOps

from ..errors import InputError
from .decode import answer_formats
from .encode import EncodedImage, EncodeOptions, encode_image, encode_mask
from .pixels import Pixels, pixels_digest

EXIF_ORIENTATION = 0x0112
QUARTER_TURNED = (5, 6, 7, 8)


class Image:
    """A picture ``[H, W, C]``, C = 1, 3 or 4, uint8 0..255 or float 0..1. Safe for several threads."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels
        self._encodings: Encodings | None = None

    @classmethod
    def from_pil(cls, image: PIL.Image.Image) -> Image:
        """The upright pixels of a PIL image, with its transparency. Raises OSError if its file is broken."""
        return Image(pil_pixels(image))

    @property
    def pixels(self) -> Pixels:
        return self._pixels

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[0])

    @property
    def empty(self) -> bool:
        """Whether nothing is selected, which only a mask can be."""
        return False

    def share(self) -> Image:
        """A copy for several calls: its digest and each encoding are computed once and live as long as the copy.

        A copy is returned as it is.
        """
        if self._encodings is not None:
            return self
        shared = copy(self)
        shared._encodings = Encodings()
        return shared

    def digest(self) -> str:
        """SHA-256 in hex of size and 8-bit samples, for cache keys; no codec is involved. Raises as :attr:`pixels`."""
        if self._encodings is None:
            return pixels_digest(self.pixels)
        with self._encodings.lock:
            if not self._encodings.digest:
                self._encodings.digest = pixels_digest(self.pixels)
            return self._encodings.digest

    def encode(self, options: EncodeOptions, size: tuple[int, int] | None = None) -> EncodedImage:
        """The picture as a file within the limits. A mask is resized to ``size`` (width, height); a picture is not.

        Raises InputError if the shape is wrong or the limits cannot be met.
        """
        if self._encodings is None:
            return self._encode(options, size)
        with self._encodings.lock:
            key = options, size
            if key not in self._encodings.by_options:
                self._encodings.by_options[key] = self._encode(options, size)
            return self._encodings.by_options[key]

    def _encode(self, options: EncodeOptions, size: tuple[int, int] | None) -> EncodedImage:
        return encode_image(self.pixels, options)


class Encodings:
    """The digest (empty until it is asked for) and the encodings of a shared picture.

    Holding the lock while they are computed makes other threads wait for the result.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.digest = ""
        self.by_options: dict[tuple[EncodeOptions, tuple[int, int] | None], EncodedImage] = {}


class Mask(Image):
    """A mask ``[H, W]``, uint8 or float; 255 or 1 = selected. Sent as grey PNG."""

    @property
    def empty(self) -> bool:
        """Nothing is selected, as in the masks that ComfyUI's LoadImage gives for opaque pictures."""
        return not np.any(self.pixels)

    @classmethod
    def from_pil(cls, image: PIL.Image.Image) -> Mask:
        """The alpha of a PIL image if some pixel is transparent, else its lightness. Raises OSError."""
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            return Mask(deep_grey(upright))
        if upright.has_transparency_data:
            alpha = np.asarray(upright.convert("RGBA").getchannel("A"), dtype=np.uint8)
            if alpha.min() < 255:
                return Mask(alpha)
        return Mask(np.asarray(upright.convert("L"), dtype=np.uint8))

    def _encode(self, options: EncodeOptions, size: tuple[int, int] | None) -> EncodedImage:
        return encode_mask(self.pixels, size, options)


class FileImage(Image):
    """A file of one of the ``PICTURE_FORMATS``. Its header is read at once, its pixels whenever they are encoded.

    Raises InputError if the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encodings = None
        with opened(path) as image:
            turned = image.getexif().get(EXIF_ORIENTATION) in QUARTER_TURNED
            self._size = (image.height, image.width) if turned else image.size

    @property
    def pixels(self) -> Pixels:
        return read_pixels(self.path)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, as seen upright."""
        return self._size

    def _encode(self, options: EncodeOptions, size: tuple[int, int] | None) -> EncodedImage:
        """Raises InputError if the file has changed since its digest, under which the answer would be stored."""
        pixels = self.pixels
        digest = self._encodings.digest if self._encodings is not None else ""
        if digest and digest != pixels_digest(pixels):
            raise InputError("changed_file", path=str(self.path))
        return encode_image(pixels, options)


@contextmanager
def opened(path: Path) -> Iterator[PIL.Image.Image]:
    """The open picture file; every failure in it becomes an InputError."""
    try:
        with PIL.Image.open(path, formats=answer_formats()) as image:
            yield image
    except Exception as error:  # broken files: Pillow's readers raise many types
        problem = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise InputError("unreadable_file", path=str(path), problem=problem) from None


def read_pixels(path: Path) -> Pixels:
    """Upright ``[H, W, C]`` of a picture file: RGBA uint8 if it has transparency, float 0..1 for 16-bit grey, else
    RGB uint8. Raises InputError."""
    with opened(path) as image:
        return pil_pixels(image)


def read_mask(path: Path) -> Mask:
    """The mask in a picture file, see :meth:`Mask.from_pil`. Raises InputError."""
    with opened(path) as image:
        return Mask.from_pil(image)


def pil_pixels(image: PIL.Image.Image) -> Pixels:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        return deep_grey(upright)[:, :, None]
    return np.asarray(upright.convert("RGBA" if upright.has_transparency_data else "RGB"), dtype=np.uint8)


def deep_grey(image: PIL.Image.Image) -> NDArray[np.float32]:
    """``[H, W]`` of a 16-bit grey picture as float 0..1, which Pillow's own conversion would clip."""
    values: NDArray[np.float32] = np.asarray(image, dtype=np.float32) / np.float32(65535.0)
    return values
