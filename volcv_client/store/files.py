"""Files of the store: written under unique names, orphans deleted."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Container
from os import fsync
from pathlib import Path

from .result import ResultFile

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 3600.0
"""Younger files may still be being written."""


def store_file(file: ResultFile, folder: Path) -> ResultFile:
    """Put a result's file into the folder under a new name: bytes are written through to the disk, a video is moved.

    Raises OSError; nothing stays of a file that could not be written, because that would make a full disk fuller.
    """
    path = folder / f"{uuid.uuid4().hex}{file.extension}"
    if file.data is None and file.path is not None:
        file.path.replace(path)
        return ResultFile(path)
    try:
        with path.open("xb") as target:
            file.copy_to(target)
            target.flush()
            fsync(target.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return ResultFile(path, file.data)


def undo_store(file: ResultFile, stored: ResultFile) -> None:
    """Undo :func:`store_file`: a video goes back to where it was, bytes on disk are deleted. Raises OSError."""
    if stored.path is None:
        return
    if file.data is None and file.path is not None:
        stored.path.replace(file.path)
    else:
        stored.path.unlink(missing_ok=True)


def delete_orphans(folder: Path, known_stems: Container[str] = (), pattern: str = "*") -> int:
    """Delete files older than an hour whose stem is unknown, such as those of a process that died; how many."""
    deleted = 0
    for path in folder.glob(pattern):
        try:
            if path.stem not in known_stems and path.stat().st_mtime < time.time() - ORPHAN_SECONDS:
                path.unlink()
                deleted += 1
        except OSError as error:  # deleted meanwhile, or open elsewhere on Windows: the next process deletes it
            log.debug("volcv: %s not deleted: %s", path.name, error)
    return deleted
