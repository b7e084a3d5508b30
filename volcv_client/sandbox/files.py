"""Result and uploaded files kept in memory and served under /files/."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

MAX_FILES = 512
MAX_BYTES = 256 * 1024 * 1024

CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "bin": "application/octet-stream",
}


@dataclass(frozen=True)
class StoredFile:
    """One file as it is served."""

    data: bytes
    content_type: str


class FileStore:
    """Thread-safe; the oldest files go first once there are too many of them or too many bytes."""

    def __init__(self, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self._bytes = 0
        self._max_files = max_files
        self._max_bytes = max_bytes

    def put(self, data: bytes, extension: str) -> str:
        """Keep ``data``; returns its name, ``<random id>.<extension>``."""
        name = f"{secrets.token_hex(16)}.{extension}"
        with self._lock:
            self._files[name] = StoredFile(data, CONTENT_TYPES[extension])
            self._bytes += len(data)
            while len(self._files) > self._max_files or (self._bytes > self._max_bytes and len(self._files) > 1):
                _, dropped = self._files.popitem(last=False)
                self._bytes -= len(dropped.data)
        return name

    def get(self, name: str) -> StoredFile | None:
        with self._lock:
            return self._files.get(name)
