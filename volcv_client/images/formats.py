"""File formats of results, told by their first bytes."""

from __future__ import annotations

PICTURE_EXTENSIONS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp", b"BM": ".bmp"}
"""First bytes of a file -> its extension."""
VIDEO_EXTENSION = ".mp4"
CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    VIDEO_EXTENSION: "video/mp4",
}
"""Extension -> MIME type."""


def is_mp4(start: bytes) -> bool:
    """Whether a file that begins with these bytes is an MP4 or QuickTime video."""
    return start[4:8] == b"ftyp"


def picture_extension(data: bytes) -> str:
    """The extension that fits the bytes of a picture file; ``.bin`` for an unknown format."""
    return next((extension for magic, extension in PICTURE_EXTENSIONS.items() if data.startswith(magic)), ".bin")
