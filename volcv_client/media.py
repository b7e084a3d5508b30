"""What an answer brings: the bytes of a picture file, or a video that was streamed to a file."""

from __future__ import annotations

import uuid
from os import fsync
from pathlib import Path
from typing import TypeAlias

Media: TypeAlias = "bytes | Path"

EXTENSIONS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp", b"BM": ".bmp"}
VIDEO_EXTENSION = ".mp4"


def is_mp4(start: bytes) -> bool:
    """Whether a file that begins so is an MP4 or QuickTime video."""
    return start[4:8] == b"ftyp"


def is_video(path: Path) -> bool:
    return path.suffix == VIDEO_EXTENSION


def size_of(media: Media) -> int:
    return len(media) if isinstance(media, bytes) else media.stat().st_size


def keep(media: Media, folder: Path) -> str:
    """Put it into the folder under a new name, which is returned. A file on disk is moved. Raises OSError."""
    name = uuid.uuid4().hex
    if isinstance(media, Path):
        media.replace(folder / f"{name}{VIDEO_EXTENSION}")
        return f"{name}{VIDEO_EXTENSION}"
    name += next((extension for magic, extension in EXTENSIONS.items() if media.startswith(magic)), ".bin")
    with (folder / name).open("xb") as file:
        file.write(media)
        file.flush()
        fsync(file.fileno())
    return name


def load(path: Path) -> Media:
    """The bytes of a picture file; a video stays where it is. Raises OSError."""
    if is_video(path):
        path.stat()
        return path
    return path.read_bytes()
