"""The record of a jobs file: an append-only log, one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ..messages import say
from .parser import UsageError


class Record:
    """The log beside the pictures. Locked for one process: two would run, and pay for, the same jobs.

    Raises OSError if it cannot be written, UsageError if another process has it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a+b")
        if not locked(self._file):
            self._file.close()
            raise UsageError(say("cli.jobs.busy", record=path))
        self._file.seek(0)
        self._latest: dict[str, tuple[str, ...] | None] = {}
        line = b"\n"
        for line in self._file:
            self._take(line)
        if not line.endswith(b"\n"):  # the next entry must not be appended to a line that a crash cut
            self._file.write(b"\n")

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            done = "error" not in entry
            self._latest[str(entry["digest"])] = tuple(map(str, entry["files"])) if done else None
        except (ValueError, TypeError, KeyError, RecursionError):
            return  # cut by a crash, or another program's

    def has(self, digest: str) -> bool:
        """Whether the job is done and its pictures are still there."""
        files = self._latest.get(digest)
        return files is not None and all((self.path.parent / name).is_file() for name in files)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append a line and flush it."""
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._file.flush()


def locked(file: IO[bytes]) -> bool:
    """Lock a file until it is closed or the process ends; False if another process holds the lock. Not on Windows."""
    if sys.platform != "win32":
        from fcntl import LOCK_EX, LOCK_NB, flock

        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
    return True
