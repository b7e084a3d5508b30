"""Decodes picture files of answers, which are not trusted, into float32 arrays."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFile, ImageOps

from ..errors import BadAnswerError
from .formats import PICTURE_FORMATS
from .pixels import conversion_slots

MAX_ANSWER_PIXELS = 100_000_000
MAX_ANSWER_TOTAL_PIXELS = 256 * 2**20
"""15 pictures of 4096 x 4096 fit, the most that a documented answer holds."""

BLOCK_PIXELS = 2**17
"""Pixels per row block: Pillow copies samples to numpy with the GIL held."""

INFLATE_BYTES = 2**20

PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel by colour type (PNG specification, table 11.1)."""

TIFF_PARTS = ((273, 279), (324, 325))
"""Tags with the offsets and the byte counts of a TIFF's strips, and of its tiles (TIFF 6.0, sections 8 and 15)."""

NEARLY, MASK_SHARE = 16, 0.95
"""Steps of 8 bits that a codec may move black, white and grey; share of a mask's pixels that are black or white."""

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column, first row, column step and row step of each interlacing pass (PNG specification, section 8.2)."""

Place: TypeAlias = "Callable[[int, int], NDArray[np.float32]]"
"""Returns the float32 array ``[H, W, 3]`` that a picture of that height and width is decoded into."""


def answer_formats() -> tuple[str, ...]:
    """Pillow's names of the ``PICTURE_FORMATS`` that it opens here, those of plugins included."""
    names = [one.name for one in PICTURE_FORMATS]
    if not all(name in Image.OPEN for name in names):
        Image.init()
    return tuple(name for name in names if name in Image.OPEN)


def new_array(height: int, width: int) -> NDArray[np.float32]:
    return np.empty((height, width, 3), dtype=np.float32)


def decode_image(data: bytes, place: Place = new_array) -> NDArray[np.float32]:
    """RGB float32 ``[H, W, 3]`` in 0..1 of a picture file: EXIF turned, 16 bits kept, alpha over white.

    Decodes into ``place(height, width)``. Raises BadAnswerError for anything but a whole file of a known format
    (the first frame counts) of at most 100 megapixels, MemoryError if there is no memory for it.
    """
    with opened(data) as image, conversion_slots:
        return decode_opened(image, data, place)


def verify_image(data: bytes) -> None:
    """Check that a file is a picture that :func:`decode_image` decodes, in a third of the memory. Raises as it does."""
    with opened(data) as image, conversion_slots:
        load_whole(image, data)
        ImageOps.exif_transpose(image, in_place=True)


class AnswerPixels:
    """Counts the pixels of an answer's pictures, of which many together could need more memory than there is."""

    def __init__(self) -> None:
        self._total = 0

    def add(self, data: bytes) -> None:
        """Count a picture file before it is decoded; only its header is read.

        Raises BadAnswerError if it is no picture, or if it is too large by itself or with those before; it is not
        counted then, so that a smaller one may follow.
        """
        with opened(data) as image:
            total = self._total + image.width * image.height
        if total > MAX_ANSWER_TOTAL_PIXELS:
            raise BadAnswerError("picture_bomb", size=str(total))
        self._total = total


@contextmanager
def opened(data: bytes) -> Iterator[ImageFile.ImageFile]:
    """The open picture file; every failure in it but a lack of memory becomes a BadAnswerError."""
    try:
        with Image.open(io.BytesIO(data), formats=answer_formats()) as image:
            if image.width * image.height > MAX_ANSWER_PIXELS:
                raise BadAnswerError("picture_bomb", size=f"{image.width} x {image.height}")
            yield image
    except (BadAnswerError, MemoryError):  # a lack of memory is not the answer's fault
        raise
    except Image.DecompressionBombError:
        raise BadAnswerError("picture_bomb", size=f"> {MAX_ANSWER_PIXELS}") from None
    except Exception as error:  # hostile bytes: Pillow's readers raise many types
        raise BadAnswerError("picture_broken", problem=type(error).__name__) from None


def decode_mask(data: bytes) -> NDArray[np.float32]:
    """Selection float32 ``[H, W]`` in 0..1 of a picture file that was decoded before: its opacity if some pixel is
    transparent, the lightness of a grey or a black and white picture, all 1 for any other."""
    with Image.open(io.BytesIO(data), formats=answer_formats()) as image:
        if image.mode not in ("1", "L", "I;16") and not is_black_and_white(image):
            return decode_alpha(data)
        ImageOps.exif_transpose(image, in_place=True)
        grey, white = (image, 65535.0) if image.mode == "I;16" else (image.convert("L"), 255.0)
        lightness: NDArray[np.float32] = np.asarray(grey, dtype=np.float32) / np.float32(white)
        return lightness


def is_black_and_white(image: Image.Image) -> bool:
    """Whether an opaque colour picture is a mask: nothing but black and white, blurred by a codec at most."""
    if image.mode != "RGB":
        return False
    red, green, blue = image.split()
    colours = [ImageChops.difference(one, green).point(lambda value: value >= NEARLY).getbbox() for one in (red, blue)]
    histogram = np.asarray(green.histogram())
    extreme = histogram[:NEARLY].sum() + histogram[-NEARLY:].sum()
    return colours == [None, None] and bool(extreme >= MASK_SHARE * histogram.sum())


def decode_alpha(data: bytes) -> NDArray[np.float32]:
    """Opacity float32 ``[H, W]`` in 0..1 of a trusted picture file; all 1 without transparency."""
    with Image.open(io.BytesIO(data)) as image:
        ImageOps.exif_transpose(image, in_place=True)
        alpha = image.convert("RGBA").getchannel("A")
    values: NDArray[np.float32] = np.asarray(alpha, dtype=np.float32) / np.float32(255.0)
    return values


def flatten(image: Image.Image) -> Image.Image:
    """RGB of the picture over white."""
    canvas = Image.new("RGBA", image.size, "white")
    canvas.alpha_composite(image.convert("RGBA"))
    return canvas.convert("RGB")


def decode_opened(image: ImageFile.ImageFile, data: bytes, place: Place) -> NDArray[np.float32]:
    deep = is_deep_colour(image)
    load_whole(image, data)
    ImageOps.exif_transpose(image, in_place=True)
    if deep:
        return to_floats(deep_colour(image, data), 65535.0, place)
    if image.mode.startswith("I"):
        return to_floats(np.clip(np.asarray(image), 0, 65535)[:, :, None], 65535.0, place)
    transparent = image.has_transparency_data
    target = place(image.height, image.width)
    rows = max(1, BLOCK_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(image.height, top + rows)
        block = image.crop((0, top, image.width, bottom))
        rgb = np.asarray(flatten(block) if transparent else block.convert("RGB"))
        np.divide(rgb, np.float32(255.0), out=target[top:bottom], dtype=np.float32)
    return target


def to_floats(values: NDArray[Any], white: float, place: Place) -> NDArray[np.float32]:
    """``values`` [H, W, 1 or 3] divided by ``white``, in their place."""
    target = place(*values.shape[:2])
    np.divide(values, np.float32(white), out=target, dtype=np.float32)
    return target


def load_whole(image: ImageFile.ImageFile, data: bytes) -> None:
    """Load the pixels. Raises BadAnswerError if some are missing.

    Pillow alone does not tell: other node packs set its LOAD_TRUNCATED_IMAGES, and a PNG stream that ends early, or
    a first frame that is smaller than the picture, leaves black rows without an error.
    """
    partial = image.format == "PNG" and [tile[1] for tile in image.tile] != [(0, 0, *image.size)]
    if not partial and has_end(data, str(image.format)) and strips_end(image) <= len(data):
        image.load()
        # Rows are written in order, so a last row that is not blank proves the others; inflating twice takes time.
        last_row = np.asarray(image.crop((0, image.height - 1, *image.size)))
        unproven = image.format == "PNG" and (image.info.get("interlace") or not last_row.any())
        if not unproven or has_all_rows(data):
            return
    raise BadAnswerError("picture_broken", problem="truncated")


def has_end(data: bytes, file_format: str) -> bool:
    """Whether the file has its end mark, or the length that it states."""
    if file_format == "PNG":
        return data.rfind(b"IEND") >= 0
    if file_format == "JPEG":
        # Nearly always at the very end; else it must come after the start of the last scan.
        return b"\xff\xd9" in data[-4096:] or data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    if file_format == "WEBP":
        return len(data) >= int.from_bytes(data[4:8], "little") + 8
    if file_format == "GIF":
        return data.rstrip(b"\0").endswith(b";")
    if file_format == "JPEG2000":
        return data.rfind(b"\xff\xd9") >= 0
    return True


def strips_end(image: ImageFile.ImageFile) -> int:
    """Offset in the file of the last byte of a TIFF's pixels; 0 for other formats."""
    tags = cast(Any, image).tag_v2 if image.format == "TIFF" else {}
    parts = [zip(tags.get(start, ()), tags.get(size, ()), strict=False) for start, size in TIFF_PARTS]
    return max((start + size for part in parts for start, size in part), default=0)


def has_all_rows(data: bytes) -> bool:
    """Whether the compressed stream of a PNG holds every row. Raises zlib.error if it is damaged."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">2I5B", data[16:29])
    missing = 0
    for left, top, columns, rows in ADAM7 if interlaced else ((0, 0, 1, 1),):
        pass_width, pass_height = -((left - width) // columns), -((top - height) // rows)
        row_bytes = (pass_width * depth * PNG_CHANNELS[colour] + 7) // 8
        missing += pass_height * (row_bytes + 1) if pass_width else 0  # the filter's number begins each row
    inflater = zlib.decompressobj()
    for chunk in idat_chunks(data):
        while chunk and missing > 0:
            missing -= len(inflater.decompress(chunk, INFLATE_BYTES))
            chunk = inflater.unconsumed_tail
    return missing <= 0


def idat_chunks(data: bytes) -> Iterator[bytes]:
    """The parts of a PNG's compressed stream."""
    start = 8
    while start < len(data):
        end = start + 8 + int.from_bytes(data[start : start + 4], "big")
        if data[start + 4 : start + 8] == b"IDAT":
            yield data[start + 8 : end]
        start = end + 4


def is_deep_colour(image: ImageFile.ImageFile) -> bool:
    """Whether an opened file is a 16-bit RGB(A) PNG, which Pillow cuts to 8 bits."""
    # Tiles are read by index: before Pillow 11 they are plain tuples.
    return image.format == "PNG" and bool(image.tile) and image.tile[0][3] in ("RGB;16B", "RGBA;16B")


def deep_colour(image: ImageFile.ImageFile, data: bytes) -> NDArray[np.float32]:
    """All 16 bits of an RGB(A) PNG as float32 0..65535 over white. ``image`` is loaded and upright.

    Pillow keeps the high byte of each sample; with the raw mode of the other byte order, the low byte.
    """
    with Image.open(io.BytesIO(data), formats=("PNG",)) as low_bytes:
        decoder, extents, offset, _ = low_bytes.tile[0]
        cast(Any, low_bytes).tile = [(decoder, extents, offset, f"{image.mode};16L")]
        low = np.asarray(ImageOps.exif_transpose(low_bytes))
    values: NDArray[np.float32] = np.asarray(image).astype(np.float32) * 256 + low
    if image.mode == "RGBA":
        white = np.float32(65535.0)
        alpha = values[:, :, 3:] / white
        values = values[:, :, :3] * alpha + white * (1 - alpha)
    return values
