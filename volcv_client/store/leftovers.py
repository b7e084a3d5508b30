"""Files that a process left behind when it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Container
from pathlib import Path

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 3600.0
"""Younger files may be somebody's who is still writing them."""


def delete_left_over(folder: Path, named: Container[str] = (), pattern: str = "*") -> int:
    """Delete the old files of a folder whose names, without the ending, are none of these; how many."""
    deleted = 0
    for path in folder.glob(pattern):
        try:
            if path.stem not in named and path.stat().st_mtime < time.time() - ORPHAN_SECONDS:
                path.unlink()
                deleted += 1
        except OSError as error:  # gone already, or open elsewhere on Windows: the next process gets it
            log.debug("volcv: %s not deleted: %s", path.name, error)
    return deleted
