"""The videos and sounds of a request: files that are uploaded as they are when their call is sent."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from ..errors import InputError


class MediaFile:
    """A video or sound: the bytes of its file, or its path. Safe for several threads."""

    def __init__(self, content: bytes | Path) -> None:
        """Raises InputError if the path is no file."""
        self._content = content
        self._digest = ""
        if isinstance(content, Path) and not content.is_file():
            raise InputError("unreadable_file", path=str(content), problem="not a file")

    @classmethod
    def of(cls, given: object) -> MediaFile:
        """What a caller gives: a path, the file's bytes, or a MediaFile. Raises InputError."""
        if isinstance(given, MediaFile):
            return given
        return cls(given if isinstance(given, bytes) else Path(str(given)))

    def read(self) -> bytes:
        """The file's bytes. Raises InputError if it cannot be read, or has changed since its digest, under which the
        answer would be stored."""
        if isinstance(self._content, bytes):
            return self._content
        try:
            data = self._content.read_bytes()
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise InputError("unreadable_file", path=str(self._content), problem=problem) from None
        if self._digest and sha256(data).hexdigest() != self._digest:
            raise InputError("changed_file", path=str(self._content))
        return data

    def digest(self) -> str:
        """SHA-256 in hex of the bytes, for cache keys. Raises InputError if the file cannot be read."""
        if not self._digest:
            self._digest = sha256(self.read()).hexdigest()
        return self._digest

    def share(self) -> MediaFile:
        """Itself: nothing of it is encoded."""
        return self
