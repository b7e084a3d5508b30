"""Pictures and videos that a node shows after a run: files in ComfyUI's temporary folder, as the service sent them.

No encoding: the result's own bytes are copied, so that a large batch costs no time. Imports no ComfyUI.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..volcv_client.errors import StoreError
from ..volcv_client.store.result import ResultFile


def previews(files: Iterable[ResultFile], folder: Path) -> dict[str, list[Any]]:
    """The ``ui`` entries of the files, in order: ``images``, and ``animated`` for videos.

    A file that cannot be read or written is left out: the run itself has succeeded, and was paid.
    """
    images: list[dict[str, str]] = []
    video = False
    for file in files:
        with suppress(OSError, StoreError):
            images.append({"filename": copied(file, folder).name, "subfolder": "", "type": "temp"})
            video = video or file.is_video
    return {"images": images, **({"animated": [True]} if video else {})}


def copied(file: ResultFile, folder: Path) -> Path:
    """The copy of a file; equal content has the same name. Raises OSError or StoreError."""
    video = file.path if file.is_video else None
    content = f"{video.name} {file.size}".encode() if video else file.read()
    target = folder / f"volcv_{hashlib.sha256(content).hexdigest()[:20]}{file.extension}"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"volcv_{uuid4().hex}.part"
    try:
        if video:
            link_or_copy(video, partial)
        else:
            partial.write_bytes(content)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link where the file system allows it: videos are large."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
