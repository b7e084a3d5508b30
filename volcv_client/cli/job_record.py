"""The record of a jobs file, or of a shard of it: an append-only log, one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ..messages import say
from .parser import UsageError
from .shard import WHOLE, RecordNames, Shard

Done = dict[str, tuple[str, ...] | None]
"""Digest -> files of a job that is done, None for one that failed."""


class Record:
    """The log beside the pictures. Locked for one process: two would run, and pay for, the same jobs.

    The records of other shards, and of runs without a shard, are read once: what they did is done. Raises OSError if
    a record cannot be read or written, UsageError if another process may run the same jobs now.
    """

    def __init__(self, names: RecordNames, shard: Shard = WHOLE) -> None:
        self.path = names.of(shard)
        self._file = self.path.open("a+b")
        try:
            self._lock(self._file, self.path)
            self._file.seek(0)
            own, whole = read(self._file)
            self._done = [own]
            for path, other in names.found():
                if path != self.path:
                    self._done.append(self._done_by(path, overlapping=other.count != shard.count))
            if not whole:  # the next entry must not be appended to a line that a crash cut
                self._file.write(b"\n")
        except BaseException:  # KeyboardInterrupt too: an open file keeps its lock
            self._file.close()
            raise

    def _lock(self, file: IO[bytes], path: Path, *, shared: bool = False) -> None:
        if not locked(file, shared=shared):
            raise UsageError(say("cli.jobs.busy", record=path))

    def _done_by(self, path: Path, *, overlapping: bool) -> Done:
        """What another record holds. ``overlapping``: its jobs may be jobs of this run, so that it must not be in use;
        the own record is locked before the others are looked at, so that of two runs one sees the other."""
        with path.open("rb") as file:
            if overlapping:
                self._lock(file, path, shared=True)
            return read(file)[0]

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def has(self, digest: str) -> bool:
        """Whether the job is done and its pictures are still there."""
        found = (done.get(digest) for done in self._done)
        return any(files is not None and self._has_files(files) for files in found)

    def _has_files(self, files: Iterable[str]) -> bool:
        return all((self.path.parent / name).is_file() for name in files)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append a line and flush it."""
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._file.flush()


def read(file: Iterable[bytes]) -> tuple[Done, bool]:
    """The jobs of a record as they ended last, and whether its last line is whole."""
    done: Done = {}
    line = b"\n"
    for line in file:
        try:
            entry = json.loads(line)
            files = tuple(map(str, entry["files"]))
            done[str(entry["digest"])] = None if "error" in entry else files
        except (ValueError, TypeError, KeyError, RecursionError):
            continue  # cut by a crash, or another program's
    return done, line.endswith(b"\n")


def locked(file: IO[bytes], *, shared: bool = False) -> bool:
    """Lock a file until it is closed or the process ends; False if another process holds the lock. Not on Windows.

    ``shared``: only to look, which others may do at the same time.
    """
    if sys.platform != "win32":
        from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock

        try:
            flock(file, (LOCK_SH if shared else LOCK_EX) | LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
    return True
