"""File formats of results, told by their first bytes and never by a Content-Type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PictureFormat:
    """``name``: Pillow's. ``starts``: the first bytes that files of the format may have."""

    name: str
    extension: str
    content_type: str
    starts: tuple[bytes, ...]


PICTURE_FORMATS = (
    PictureFormat("PNG", ".png", "image/png", (b"\x89PNG",)),
    PictureFormat("JPEG", ".jpg", "image/jpeg", (b"\xff\xd8\xff",)),
    PictureFormat("WEBP", ".webp", "image/webp", (b"RIFF",)),
    PictureFormat("BMP", ".bmp", "image/bmp", (b"BM",)),
    PictureFormat("GIF", ".gif", "image/gif", (b"GIF87a", b"GIF89a")),
    PictureFormat("TIFF", ".tiff", "image/tiff", (b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+")),
    PictureFormat("JPEG2000", ".jp2", "image/jp2", (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")),
    PictureFormat("JXL", ".jxl", "image/jxl", (b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    PictureFormat("QOI", ".qoi", "image/qoi", (b"qoif",)),
    PictureFormat("AVIF", ".avif", "image/avif", ()),
    PictureFormat("HEIF", ".heic", "image/heic", ()),
)
"""The formats that answers may have, as far as this Pillow opens them (HEIF and JXL come with plugins).

Raster formats whose first bytes tell them and whose header states the size that is decoded, so that the pixel limits
hold. Pillow opens more, but answers are not trusted: EPS runs Ghostscript, WMF, PDF and the like are documents, icons
hold files of other sizes, and several old formats have no signature.
"""

AVIF_BRANDS = (b"avif", b"avis")
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
"""Brands of ISO media files (bytes 8 to 12, behind ``ftyp``) that are pictures; the last two are either format's."""

START_BYTES = 64
"""How many of a file's first bytes tell its format."""

VIDEO_EXTENSION = ".mp4"
CONTENT_TYPES = {one.extension: one.content_type for one in PICTURE_FORMATS} | {VIDEO_EXTENSION: "video/mp4"}
"""Extension -> MIME type."""


def is_mp4(start: bytes) -> bool:
    """Whether a file that begins with these bytes is an MP4 or QuickTime video."""
    return start[4:8] == b"ftyp" and start[8:12] not in (*AVIF_BRANDS, *HEIF_BRANDS)


def picture_extension(start: bytes) -> str:
    """The extension that fits the first bytes of a picture file; ``.bin`` for an unknown format."""
    start = start[:START_BYTES]
    if start[4:8] == b"ftyp" and start[8:12] in (*AVIF_BRANDS, *HEIF_BRANDS):
        return ".avif" if any(brand in start for brand in AVIF_BRANDS) else ".heic"
    return next((one.extension for one in PICTURE_FORMATS if start.startswith(one.starts)), ".bin")


def is_picture(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a picture of a known format."""
    return picture_extension(start) != ".bin"
