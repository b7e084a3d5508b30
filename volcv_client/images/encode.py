"""Encodes pixels as JPEG or PNG files within the service's limits."""

from __future__ import annotations

import io
import zlib
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from PIL import Image

from ..errors import InputError
from .base64_text import base64_length
from .decode import flatten, has_end
from .pixels import Pixels, conversion_slots, to_uint8

JPEG_QUALITY = 95
REDUCED_QUALITIES = (90, 85, 75)
MIN_SIDE = 16
UNLIMITED = 2**31


@dataclass(frozen=True)
class EncodeOptions:
    """How to encode a picture: PNG if ``lossless``, transparency kept if ``alpha``, within the limits.

    ``max_side``: pixels of the longest side; ``max_base64``: characters of the file's base64 text.
    """

    lossless: bool = False
    alpha: bool = False
    max_side: int = UNLIMITED
    max_base64: int = UNLIMITED


@dataclass(frozen=True)
class EncodedImage:
    """A JPEG or PNG file ready to send, and the reductions that the limits required.

    ``resized_from``: (width, height) before downscaling; ``quality``: the JPEG quality if it was lowered.
    """

    data: bytes
    width: int
    height: int
    resized_from: tuple[int, int] | None = None
    quality: int | None = None

    @property
    def base64_length(self) -> int:
        """Characters of the file's base64 text."""
        return base64_length(self.data)


def encode_image(pixels: Pixels, options: EncodeOptions = EncodeOptions()) -> EncodedImage:
    """Encode ``[H, W, C]``: opaque as JPEG q95 4:4:4 (PNG if lossless), transparent as PNG.

    A picture over a limit is recompressed, then downscaled. Raises InputError for other shapes, and if the picture
    cannot be reduced to the limits.
    """
    with conversion_slots:
        return fit_to_limits(to_image(pixels, alpha=options.alpha), options)


def encode_mask(mask: Pixels, size: tuple[int, int] | None, options: EncodeOptions = EncodeOptions()) -> EncodedImage:
    """Encode a mask ``[H, W]`` as 8-bit grey PNG, resized to ``size`` (width, height). Raises InputError."""
    if mask.ndim != 2 or 0 in mask.shape:
        raise bad_shape(mask)
    with conversion_slots:
        image = Image.fromarray(to_uint8(mask))
        if size is not None and image.size != size:
            image = image.resize(size, Image.Resampling.BILINEAR)
        return fit_to_limits(image, options)


def bad_shape(pixels: Pixels) -> InputError:
    return InputError("bad_shape", shape="x".join(map(str, pixels.shape)))


def to_image(pixels: Pixels, *, alpha: bool) -> Image.Image:
    """RGB image of ``[H, W, C]``, C = 1, 3 or 4; RGBA if ``alpha`` is wanted and some pixel is transparent.

    Raises InputError for other channel counts and for empty pictures.
    """
    if pixels.ndim != 3 or 0 in pixels.shape or pixels.shape[2] not in (1, 3, 4):
        raise bad_shape(pixels)
    values = to_uint8(pixels)
    if values.shape[2] == 1:
        return Image.fromarray(values[:, :, 0]).convert("RGB")
    if values.shape[2] == 4 and values[:, :, 3].min() == 255:
        values = values[:, :, :3]
    image = Image.fromarray(np.ascontiguousarray(values))
    return image if alpha or image.mode == "RGB" else flatten(image)


def fit_to_limits(image: Image.Image, options: EncodeOptions) -> EncodedImage:
    """Encode with the first of the qualities that fits, downscaling as long as none does."""
    original = image.size
    if max(original) > options.max_side:
        image = scaled(image, options.max_side / max(original))
    as_png = options.lossless or image.mode != "RGB"
    qualities: list[int | None] = [None] if as_png else [JPEG_QUALITY]
    if image.mode == "RGB":
        qualities += [JPEG_QUALITY, *REDUCED_QUALITIES] if as_png else list(REDUCED_QUALITIES)
    max_bytes = options.max_base64 // 4 * 3
    while True:
        for quality in qualities:
            data = encode_png(image) if quality is None else encode_jpeg(image, quality)
            if len(data) <= max_bytes:
                resized_from = original if image.size != original else None
                lowered = quality if quality != qualities[0] else None
                return EncodedImage(data, *image.size, resized_from, lowered)
        if min(image.size) <= MIN_SIDE:
            raise InputError("picture_too_large", size=len(data) * 4 // 3, limit=options.max_base64)
        # File size is about proportional to the area; 0.95 saves further rounds.
        image = scaled(image, min(0.9, 0.95 * (max_bytes / len(data)) ** 0.5))


def scaled(image: Image.Image, factor: float) -> Image.Image:
    width, height = (max(1, int(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def encode_jpeg(image: Image.Image, quality: int) -> bytes:
    """JPEG file without chroma subsampling (4:4:4)."""
    return save(image, "JPEG", quality=quality, subsampling=0)


def encode_png(image: Image.Image) -> bytes:
    """PNG file. Run-length matching: photographs become as small as at Pillow's default, in a third of the time."""
    return save(image, "PNG", compress_level=1, compress_type=zlib.Z_RLE)


def save(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """The bytes of the file that Pillow writes.

    Pillow releases the GIL while it encodes into a real file, but not into a BytesIO.
    """
    with suppress(OSError), TemporaryFile() as file:  # no temporary folder, or a full disk: memory does too
        image.save(file, file_format, **options)
        file.seek(0)
        data = file.read()
        if has_end(data, file_format):  # Pillow does not notice that a nearly full disk takes a part only
            return data
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
