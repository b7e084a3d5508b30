"""What an answer brings: the bytes of a picture file, or a video that was streamed to a file."""

from __future__ import annotations

import re
import uuid
from os import fsync
from pathlib import Path
from typing import TypeAlias

Media: TypeAlias = "bytes | Path"

EXTENSIONS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp", b"BM": ".bmp"}
VIDEO_EXTENSION = ".mp4"
TAIL = 8
"""Characters of a request id that tell files apart."""


def is_mp4(start: bytes) -> bool:
    """Whether a file that begins so is an MP4 or QuickTime video."""
    return start[4:8] == b"ftyp"


def is_video(path: Path) -> bool:
    return path.suffix == VIDEO_EXTENSION


def size_of(media: Media) -> int:
    return len(media) if isinstance(media, bytes) else media.stat().st_size


def extension_of(media: Media) -> str:
    if isinstance(media, Path):
        return media.suffix
    return next((extension for magic, extension in EXTENSIONS.items() if media.startswith(magic)), ".bin")


def file_stem(name: str, seed: int | None, request_id: str) -> str:
    """``<name>-<seed or end of the request id>``: what a result's files are called for people."""
    mark = str(seed) if seed is not None else re.sub(r"[^A-Za-z0-9]", "", request_id)[-TAIL:] or "result"
    return re.sub(r"[^\w.-]", "_", name) + f"-{mark}"


def keep(media: Media, folder: Path) -> str:
    """Put it into the folder under a new name, which is returned. A file on disk is moved. Raises OSError."""
    if isinstance(media, Path):  # streamed under a name that does not say yet what it is
        name = f"{uuid.uuid4().hex}{VIDEO_EXTENSION}"
        media.replace(folder / name)
        return name
    name = f"{uuid.uuid4().hex}{extension_of(media)}"
    path = folder / name
    try:
        with path.open("xb") as file:
            file.write(media)
            file.flush()
            fsync(file.fileno())
    except OSError:  # half a picture would make a full disk fuller
        path.unlink(missing_ok=True)
        raise
    return name


def give_back(media: Media, file: Path) -> None:
    """Undo :func:`keep`: a file on disk is where it was, anything else is gone. Raises OSError."""
    if isinstance(media, Path):
        file.replace(media)
    else:
        file.unlink(missing_ok=True)


def load(path: Path) -> Media:
    """The bytes of a picture file; a video stays where it is. Raises OSError."""
    if is_video(path):
        path.stat()
        return path
    return path.read_bytes()
