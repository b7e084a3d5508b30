"""Files of the store: pictures and videos, answers as they arrived, thumbnails."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Container, Iterable
from contextlib import suppress
from os import fsync
from pathlib import Path

from .result import ResultFile

log = logging.getLogger(__name__)

MEDIA = "media"
"""Folder of results and answers. Version 0.x sweeps the folder "files"."""

ORPHAN_SECONDS = 3600.0
"""Younger files may still be being written."""


class StoreFiles:
    """The files in a store's folder. Methods that write raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / MEDIA
        self.thumbnails = folder / "thumbnails"

    def answer(self, uid: str) -> Path:
        """The body of a call's answer, until its result is complete."""
        return self.results / f"{uid}.answer"

    def write_answer(self, uid: str, content: bytes) -> None:
        """Write an answer through to the disk. It has its name only when it is whole."""
        part = self._new(f"{uuid.uuid4().hex}.part")  # a killed process may have left some of this answer
        write_through(ResultFile(data=content), part)
        part.replace(self.answer(uid))

    def answer_size(self, uid: str) -> int:
        """Bytes of an answer; 0 if there is no file of it. Raises OSError."""
        try:
            return self.answer(uid).stat().st_size
        except FileNotFoundError:
            return 0

    def store(self, files: Iterable[ResultFile]) -> tuple[ResultFile, ...]:
        """Put files into the store: bytes are written through to the disk, a video is moved, a stored file stays.

        Nothing stays of files that could not all be stored, because that would make a full disk fuller.
        """
        given, stored = list(files), list[ResultFile]()
        try:
            for file in given:
                stored.append(self._store(file))
        except BaseException:  # whatever stopped it, nothing may stay
            self.undo(given, stored)
            raise
        return tuple(stored)

    def _store(self, file: ResultFile) -> ResultFile:
        if file.path is not None and file.path.parent == self.results:
            return file
        path = self._new(f"{uuid.uuid4().hex}{file.extension}")
        if file.data is None and file.path is not None:
            file.path.replace(path)
            return ResultFile(path)
        write_through(file, path)
        return ResultFile(path, file.data)

    def _new(self, name: str) -> Path:
        make_private(self.folder.parent, self.folder, self.results)
        return self.results / name

    def undo(self, given: Iterable[ResultFile], stored: Iterable[ResultFile]) -> None:
        """Undo :meth:`store`: a video goes back to where it was, bytes on disk are deleted."""
        for file, copy in zip(given, stored, strict=False):
            if copy.path is None or copy is file:
                continue
            with suppress(OSError):
                if file.data is None and file.path is not None:
                    copy.path.replace(file.path)
                else:
                    copy.path.unlink(missing_ok=True)

    def delete(self, names: Iterable[str]) -> None:
        """Delete result files and their thumbnails."""
        for name in names:
            try:
                (self.results / name).unlink(missing_ok=True)
                (self.thumbnails / name).with_suffix(".jpg").unlink(missing_ok=True)
            except OSError as error:  # open elsewhere on Windows: the next sweep deletes it
                log.debug("volcv: %s not deleted: %s", name, error)

    def sweep(self, known_stems: Container[str]) -> int:
        """Delete files older than an hour that no row names, and unfinished downloads; returns how many."""
        orphans = sum(delete_orphans(folder, known_stems) for folder in (self.results, self.thumbnails))
        return orphans + delete_orphans(self.folder, pattern="*.part")


def make_private(*folders: Path) -> None:
    """Create folders, parents first, that only this user may read: mkdir's mode applies to the last folder of a path.

    Raises OSError.
    """
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_through(file: ResultFile, path: Path) -> None:
    """Write a new file through to the disk; it is deleted again if it cannot be written whole."""
    try:
        with path.open("xb") as target:
            file.copy_to(target)
            target.flush()
            fsync(target.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


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
