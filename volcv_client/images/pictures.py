"""Pictures as files and as arrays: encoding to the service's limits, decoding what came back.

Arrays are numpy, ``[H, W, C]`` with C = 1, 3 or 4 (``[H, W]`` for masks), uint8 0..255 or float 0..1.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from ..catalog.spec import PictureLimits
from ..errors import BadAnswerError, InputError
from .compress import OPAQUE, compressed
from .inline import text_size
from .rooms import room_for
from .samples import Pixels, from_quads, to_quads, to_uint8

JPEG_QUALITY = 95
REDUCED_QUALITIES = (90, 85, 75)
ANSWER_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
MAX_ANSWER_PIXELS = 100_000_000
MIN_SIDE = 16

ROWS_PIXELS = 2**18
LARGE_PIXELS = 2**22
CORES = os.cpu_count() or 1
_large_ones = threading.BoundedSemaphore(max(1, CORES - 1))
_small_ones = threading.BoundedSemaphore(CORES + 1)
"""More threads than cores that fill memory only wait for each other. Large pictures leave a core to the host's loop."""


@dataclass(frozen=True)
class Encoding:
    """How to encode one picture. ``max_base64`` counts characters of base64 text."""

    lossless: bool = False
    alpha: bool = False
    max_side: int = 2**31
    max_base64: int = 2**31

    @classmethod
    def within(cls, limits: PictureLimits, *, lossless: bool, alpha: bool) -> Encoding:
        return cls(lossless, alpha, limits.max_side, limits.max_base64)


@dataclass(frozen=True)
class Encoded:
    """A picture ready to send: the bytes of its file, and what had to be done to fit the limits.

    ``resized_from`` is (width, height) before downscaling, ``quality`` the JPEG quality if it was lowered.
    """

    data: bytes
    width: int
    height: int
    resized_from: tuple[int, int] | None = None
    quality: int | None = None

    @property
    def text_size(self) -> int:
        """Characters of its base64 text."""
        return text_size(self.data)


def turn(width: int, height: int) -> threading.BoundedSemaphore:
    """To be held while a picture of that size is converted."""
    return _large_ones if width * height > LARGE_PIXELS else _small_ones


def opaque_image(pixels: Pixels) -> Image.Image:
    """The picture ``[H, W, 3]`` in Pillow's mode RGBX, without a copy in Pillow's own memory."""
    values = to_quads(pixels)
    return Image.frombuffer("RGBX", (values.shape[1], values.shape[0]), values, "raw", "RGBX", 0, 1)


def to_image(pixels: Pixels, *, alpha: bool) -> Image.Image:
    """RGBX, or RGBA if ``alpha`` is kept and something is transparent; grey is spread to RGB.

    Raises InputError for other channel counts or an empty picture.
    """
    if pixels.ndim != 3 or 0 in pixels.shape or pixels.shape[2] not in (1, 3, 4):
        raise InputError("bad_shape", shape="x".join(map(str, pixels.shape)))
    if pixels.shape[2] == 3:
        return opaque_image(pixels)
    values = to_uint8(pixels)
    if values.shape[2] == 1:
        return opaque_image(np.repeat(values, 3, axis=2))
    if values[:, :, 3].min() == 255:
        return opaque_image(values[:, :, :3])
    image = Image.fromarray(np.ascontiguousarray(values))
    return image if alpha else flatten(image)


def flatten(image: Image.Image) -> Image.Image:
    """RGB of the picture over white."""
    canvas = Image.new("RGBA", image.size, "white")
    canvas.alpha_composite(image.convert("RGBA"))
    return canvas.convert("RGB")


def encode(pixels: Pixels, encoding: Encoding = Encoding()) -> Encoded:
    """Encode ``[H, W, C]``: opaque as JPEG q95 4:4:4 (PNG if lossless), transparent as PNG.

    A picture over a limit is recompressed first and downscaled only if that is not enough. Raises
    InputError if it cannot be made to fit.
    """
    with turn(*pixels.shape[:2]):
        return fit(to_image(pixels, alpha=encoding.alpha), encoding)


def encode_mask(mask: Pixels, size: tuple[int, int] | None, encoding: Encoding = Encoding()) -> Encoded:
    """Encode a mask ``[H, W]`` as 8-bit grey PNG, resized to ``size`` (width, height) if it differs."""
    if mask.ndim != 2 or 0 in mask.shape:
        raise InputError("bad_shape", shape="x".join(map(str, mask.shape)))
    with turn(*mask.shape):
        image = Image.fromarray(np.ascontiguousarray(to_uint8(mask)))
        if size is not None and image.size != size:
            image = image.resize(size, Image.Resampling.BILINEAR)
        return fit(image, encoding)


def fit(image: Image.Image, encoding: Encoding) -> Encoded:
    original = image.size
    image = within_side(image, encoding.max_side)
    as_png = encoding.lossless or image.mode not in OPAQUE
    attempts: list[int | None] = [None] if as_png else [JPEG_QUALITY]
    if image.mode in OPAQUE:
        attempts += [JPEG_QUALITY, *REDUCED_QUALITIES] if as_png else list(REDUCED_QUALITIES)
    most = encoding.max_base64 // 4 * 3
    while True:
        for quality in attempts:
            data = compressed(image, quality, most)
            if len(data) <= most:
                resized = original if image.size != original else None
                lowered = quality if quality != attempts[0] else None
                return Encoded(data, *image.size, resized_from=resized, quality=lowered)
        if min(image.size) <= MIN_SIDE:
            raise InputError("picture_too_large", size=len(data) * 4 // 3, limit=encoding.max_base64)
        # Bytes grow about with the area; a little below the estimate saves further rounds.
        shrink = min(0.9, 0.95 * (most / len(data)) ** 0.5)
        image = scaled(image, shrink)


def within_side(image: Image.Image, max_side: int) -> Image.Image:
    longest = max(image.size)
    return image if longest <= max_side else scaled(image, max_side / longest)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    width, height = (max(1, int(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


Place: TypeAlias = "Callable[[int, int], NDArray[np.float32]]"
"""Gives the float32 array ``[H, W, 3]`` that a picture of that height and width is written into."""


def new_place(height: int, width: int) -> NDArray[np.float32]:
    return np.empty((height, width, 3), dtype=np.float32)


def decode(data: bytes, place: Place = new_place) -> NDArray[np.float32]:
    """RGB float32 ``[H, W, 3]`` in 0..1 of a picture file: EXIF turned, 16 bits kept, alpha over white.

    The values are written straight into ``place(height, width)``. Raises BadAnswerError for anything that is not a
    whole PNG, JPEG, WebP or BMP of at most 100 megapixels, MemoryError if there is no room for it.
    """
    try:
        with Image.open(io.BytesIO(data), formats=ANSWER_FORMATS) as image:
            if image.width * image.height > MAX_ANSWER_PIXELS:
                raise BadAnswerError("picture_bomb", size=f"{image.width} x {image.height}")
            if not is_whole(data, str(image.format)):
                raise BadAnswerError("picture_broken", problem="truncated")
            with turn(*image.size):
                return pixels_of(image, data, place)
    except (BadAnswerError, MemoryError):  # a lack of memory is not the answer's fault
        raise
    except Image.DecompressionBombError:
        raise BadAnswerError("picture_bomb", size=f"> {MAX_ANSWER_PIXELS}") from None
    except Exception as error:  # hostile bytes: Pillow's readers raise many types
        raise BadAnswerError("picture_broken", problem=type(error).__name__) from None


def decode_mask(data: bytes) -> NDArray[np.float32]:
    """What a picture file selects, float32 ``[H, W]`` in 0..1: its opacity if something is transparent, the light of
    a grey picture, everything of any other."""
    with Image.open(io.BytesIO(data), formats=ANSWER_FORMATS) as image:
        if image.mode in ("1", "L", "I;16"):
            ImageOps.exif_transpose(image, in_place=True)
            grey, most = (image, 65535.0) if image.mode == "I;16" else (image.convert("L"), 255.0)
            light: NDArray[np.float32] = np.asarray(grey, dtype=np.float32) / np.float32(most)
            return light
    return decode_alpha(data)


def decode_alpha(data: bytes) -> NDArray[np.float32]:
    """Opacity float32 ``[H, W]`` in 0..1 of a picture file that is trusted; all 1 if it has no transparency."""
    with Image.open(io.BytesIO(data)) as image:
        ImageOps.exif_transpose(image, in_place=True)
        alpha = image.convert("RGBA").getchannel("A")
    values: NDArray[np.float32] = np.asarray(alpha, dtype=np.float32) / np.float32(255.0)
    return values


def is_whole(data: bytes, file_format: str) -> bool:
    """Whether the file has its end. Pillow may be told (by other packs) to fill in what is missing."""
    if file_format == "PNG":
        return data.rfind(b"IEND") >= 0
    if file_format == "JPEG":
        # Nearly always at the very end; else it must come after the last scan began.
        return b"\xff\xd9" in data[-4096:] or data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    if file_format == "WEBP":
        return len(data) >= int.from_bytes(data[4:8], "little") + 8
    return True


def pixels_of(image: ImageFile.ImageFile, data: bytes, place: Place) -> NDArray[np.float32]:
    mode = is_deep(image)
    if mode is not None:
        values, most = deep_pixels(data, mode), 65535.0
    elif image.mode.startswith("I"):
        ImageOps.exif_transpose(image, in_place=True)
        values, most = np.clip(np.asarray(image, dtype=np.float32), 0, 65535)[:, :, None], 65535.0
    else:
        return light_pixels(image, place)
    target = place(*values.shape[:2])
    np.divide(values, np.float32(most), out=target, dtype=np.float32)
    return target


def light_pixels(image: ImageFile.ImageFile, place: Place) -> NDArray[np.float32]:
    """The pixels of a picture with 8 bits a sample."""
    with room_for(image) as room:
        ImageOps.exif_transpose(image, in_place=True)
        transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
        if room is not None and room.holds(image) and not transparent:
            if room.has_gaps():
                raise BadAnswerError("picture_broken", problem="truncated")
            return from_quads(room.values, place(image.height, image.width))
        rgb = flatten(image) if transparent else image if image.mode == "RGB" else image.convert("RGB")
        return from_rows(rgb, place(rgb.height, rgb.width))


def from_rows(image: Image.Image, target: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples of an RGB picture in Pillow's memory divided by 255, written into ``target`` ``[H, W, 3]``.

    Some rows at a time: Pillow hands them out with the interpreter's lock held.
    """
    width, height = image.size
    step = max(1, ROWS_PIXELS // width)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        part = np.asarray(image.crop((0, top, width, bottom)))
        np.divide(part, np.float32(255.0), out=target[top:bottom], dtype=np.float32)
    return target


def is_deep(image: ImageFile.ImageFile) -> str | None:
    """The mode of a 16-bit RGB(A) PNG, which Pillow would cut to 8 bits; None for anything else."""
    if image.format != "PNG" or not image.tile:
        return None
    raw_mode = image.tile[0][3]  # by place: tiles are plain tuples before Pillow 11
    return image.mode if raw_mode in ("RGB;16B", "RGBA;16B") else None


def deep_pixels(data: bytes, mode: str) -> NDArray[np.float32]:
    """All 16 bits of an RGB(A) PNG as 0..65535 over white.

    Pillow keeps one byte per sample, so it reads the high and the low ones in turn.
    """
    high, low = (deep_bytes(data, f"{mode};16{order}") for order in ("B", "L"))
    values: NDArray[np.float32] = high.astype(np.float32) * 256 + low
    if mode == "RGBA":
        white = np.float32(65535.0)
        alpha = values[:, :, 3:] / white
        values = values[:, :, :3] * alpha + white * (1 - alpha)
    return values


def deep_bytes(data: bytes, raw_mode: str) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        decoder, extents, offset, _ = image.tile[0]
        cast(Any, image).tile = [(decoder, extents, offset, raw_mode)]
        return np.asarray(ImageOps.exif_transpose(image), dtype=np.uint8)
