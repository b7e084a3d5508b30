"""Owners of calls under way: each process that has some holds a lock on a file of its own.

An sqlite lock works on every system and is released when its process ends, also by kill -9. The file's modification
time is the owner's heartbeat, for a process that hangs with its lock held.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from os import utime
from pathlib import Path
from uuid import uuid4

from .database import connect
from .files import make_private

LOOK_SECONDS = 1.0
"""Wait for another process that looks whether this one is alive, which takes the same lock for an instant."""

BEAT_SECONDS = 10.0
STALE_SECONDS = 60.0
WATCHED_SECONDS = 12.0
"""A stale heartbeat must stay unchanged for this time: after a sleep of the computer, or a jump of its clock, the
next beat is late and the owner alive."""


class Owner:
    """This process as the owner of calls, by their uid. While it holds some, its thread beats and calls ``on_beat``."""

    def __init__(self, folder: Path, on_beat: Callable[[], None]) -> None:
        self.name = uuid4().hex
        self._folder = folder
        self._on_beat = on_beat
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._connection: sqlite3.Connection | None = None
        self._thread: threading.Thread | None = None
        self._stale: dict[str, tuple[float, float]] = {}  # name -> heartbeat, first seen at (time.monotonic())

    def hold(self, uid: str) -> None:
        """Hold a call; the first one takes the lock."""
        with self._lock:
            self._held.add(uid)
            self._take_lock()
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="volcv-heartbeat", daemon=True)
                self._thread.start()

    def release(self, uid: str) -> None:
        with self._lock:
            self._held.discard(uid)
            if not self._held:
                self._drop_lock()

    def holds(self, uid: str) -> bool:
        return uid in self._held

    def _take_lock(self) -> None:
        if self._connection is not None:
            return
        with suppress(OSError, sqlite3.Error):  # while no file can be written, no call is recorded either
            make_private(self._folder.parent.parent, self._folder.parent, self._folder)
            connection = connect(self._folder / self.name, "rwc", LOOK_SECONDS)
            connection.execute("PRAGMA journal_mode=MEMORY")  # no second file
            connection.execute("BEGIN EXCLUSIVE")
            self._connection = connection

    def _beat(self) -> None:
        self._delete_dead()
        while True:
            time.sleep(BEAT_SECONDS)
            with self._lock:
                if self._held:
                    self._take_lock()  # calls are recorded next that could not be until now
            self._on_beat()
            with self._lock:
                if not self._held:
                    self._thread = None
                    return
            with suppress(OSError):
                utime(self._folder / self.name)

    def _delete_dead(self) -> None:
        """Delete the files of owners that died a while ago; one that was created just now may not be locked yet."""
        with suppress(OSError):  # deleted meanwhile, or open elsewhere on Windows: the next process deletes it
            for path in self._folder.iterdir():
                if time.time() - path.stat().st_mtime > STALE_SECONDS and not self.is_alive(path.name):
                    path.unlink()

    def close(self) -> None:
        """Drop the lock at once, as when the process ends."""
        with self._lock:
            self._held.clear()
            self._drop_lock()

    def _drop_lock(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            with suppress(OSError):
                (self._folder / self.name).unlink()

    def is_alive(self, name: str) -> bool:
        """Whether the owner of that name still runs: its lock is held and its heartbeat is not older than 60 s."""
        if name == self.name:
            return True
        path = self._folder / name
        try:
            beat = path.stat().st_mtime
        except FileNotFoundError:
            return False
        except OSError:  # cannot be told
            return True
        try:
            with closing(connect(path, "ro", 0.0)) as connection:
                # A shared lock: several may look at the same time without taking each other for the owner.
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.Error:  # locked
            return not self._is_stale(name, beat)
        return False

    def _is_stale(self, name: str, beat: float) -> bool:
        seen_beat, since = self._stale.setdefault(name, (beat, time.monotonic()))
        if seen_beat != beat or time.time() - beat < STALE_SECONDS:
            self._stale.pop(name, None)
            return False
        return time.monotonic() - since >= WATCHED_SECONDS
