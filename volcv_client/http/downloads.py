"""Downloads: pictures and videos behind result links, with status, type, size and time checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin
from uuid import uuid4

import requests

from ..errors import DownloadError
from ..images.formats import START_BYTES, is_mp4, is_picture
from .address_guard import AddressRule, BlockedAddressError, GuardedAdapter
from .auth import NoAuth
from .session import Session, host_of, read_pieces

T = TypeVar("T")

PICTURE_SECONDS = 300.0
VIDEO_SECONDS = 1200.0
MAX_PICTURE_BYTES = 256 * 2**20
MAX_VIDEO_BYTES = 4 * 2**30
MAX_REDIRECTS = 5
EXPIRED_STATUSES = (401, 403, 404, 410)
PICTURE_TYPES = ("image/", "application/octet-stream", "binary/octet-stream")
"""Starts of usual Content-Types of pictures. The bytes decide; a type only tells what else a file is."""


class Downloads:
    """Fetches result links under the AddressRule of one gateway. Safe to use from several threads.

    No credential and no cookie is ever sent. There is no cancelling: what is behind a link is paid for and belongs
    into the result store.
    """

    def __init__(self, base_url: str, timeout: float, trusted_hosts: str = "") -> None:
        """``timeout``: seconds for a whole download, capped by PICTURE_SECONDS or VIDEO_SECONDS.

        ``trusted_hosts`` as in the profile.
        """
        self._timeout = timeout
        self._rule = AddressRule(base_url, trusted_hosts)
        self._session = Session(GuardedAdapter(self._rule))

    def close(self) -> None:
        self._session.close()

    def picture(self, url: str) -> bytes:
        """The bytes of a picture file. Raises DownloadError."""
        return self._get(url, PICTURE_SECONDS, read_picture)

    def video(self, url: str, folder: Path) -> Path:
        """A new ``*.part`` file in the folder with a video, written as it arrives. Raises DownloadError."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._get(url, VIDEO_SECONDS, lambda response, deadline: write_video(response, deadline, folder))

    def _get(self, url: str, most_seconds: float, read: Callable[[requests.Response, float], T]) -> T:
        """What ``read`` makes of the response at the end of the redirects; each hop is checked and connected anew."""
        seconds = min(self._timeout, most_seconds)
        deadline = time.monotonic() + seconds
        for _ in range(MAX_REDIRECTS + 1):
            self._rule.check(url)
            try:
                with self._session.open("GET", url, auth=NoAuth(), read_seconds=seconds) as response:
                    if not response.is_redirect:
                        return read(response, deadline)
                    url = redirect_target(url, response)
            except BlockedAddressError as error:
                raise DownloadError("private_link", host=str(error)) from None
            except requests.Timeout:
                raise DownloadError("download_timeout", host=host_of(url)) from None
            except (OSError, ValueError) as error:  # every error of requests is the first
                raise DownloadError("download_cut", host=host_of(url), problem=type(error).__name__) from None
        raise DownloadError("too_many_redirects", host=host_of(url))


def redirect_target(url: str, response: requests.Response) -> str:
    """The absolute URL of a redirect. Raises DownloadError."""
    location = response.headers.get("Location", "")
    try:
        return urljoin(url, location)
    except ValueError:
        raise DownloadError("bad_link", shown=location[:60]) from None


def read_picture(response: requests.Response, deadline: float) -> bytes:
    """The body. Raises DownloadError if neither its first bytes nor its Content-Type are those of a picture."""
    pieces = checked_pieces(response, deadline, MAX_PICTURE_BYTES)
    start = next(pieces)
    kind = content_type(response)
    if not is_picture(start) and kind and not kind.startswith(PICTURE_TYPES):
        raise DownloadError("not_a_picture", kind=kind, host=host_of(response.url))
    content = BytesIO()  # grows and ends without copying
    content.writelines(chain([start], pieces))
    return content.getvalue()


def write_video(response: requests.Response, deadline: float, folder: Path) -> Path:
    """A new file in the folder with the body; it is deleted again if the body is cut. Raises DownloadError."""
    pieces = checked_pieces(response, deadline, MAX_VIDEO_BYTES)
    start = next(pieces)
    if not is_mp4(start):
        raise DownloadError("not_a_video", kind=content_type(response) or "?", host=host_of(response.url))
    path = folder / f"{uuid4().hex}.part"
    try:
        with path.open("xb") as file:
            file.writelines(chain([start], pieces))
    except BaseException:  # also when the process is told to end
        path.unlink(missing_ok=True)
        raise
    return path


def content_type(response: requests.Response) -> str:
    """The Content-Type without parameters, in lower case; empty without one."""
    return response.headers.get("Content-Type", "").split(";")[0].strip().lower()[:60]


def checked_pieces(response: requests.Response, deadline: float, limit: int) -> Iterator[bytes]:
    """The body in pieces, the first of at least ``START_BYTES`` (unless the body is shorter). ``limit``: bytes.

    Raises DownloadError for a wrong status or size, and the errors of :func:`read_pieces`.
    """
    host, status = host_of(response.url), response.status_code
    if status in EXPIRED_STATUSES:
        raise DownloadError("link_expired", http_status=status, host=host)
    if status != 200:
        raise DownloadError("download_status", http_status=status, host=host)
    pieces = read_pieces(response, deadline)
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= START_BYTES:
            break
    if not start:
        raise DownloadError("download_cut", host=host, problem="empty")
    size = 0
    for piece in chain([start], pieces):
        size += len(piece)
        if size > limit:
            raise DownloadError("picture_endless", limit=limit // 2**20, host=host)
        yield piece
