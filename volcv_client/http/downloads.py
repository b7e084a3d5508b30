"""Downloads: pictures and videos behind result links, with status, type, size and time checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin
from uuid import uuid4

import requests

from ..errors import DownloadError
from ..images.formats import is_mp4
from .address_guard import AddressRule, BlockedAddressError, GuardedAdapter
from .auth import NoAuth
from .session import Session, host_of, read_pieces

T = TypeVar("T")

PICTURE_SECONDS = 120.0
VIDEO_SECONDS = 1200.0
MAX_PICTURE_BYTES = 128 * 2**20
MAX_VIDEO_BYTES = 4 * 2**30
MAX_REDIRECTS = 5
EXPIRED_STATUSES = (401, 403, 404, 410)
UNTYPED = ("", "application/octet-stream", "binary/octet-stream")
WRONG_TYPE = {"image": "not_a_picture", "video": "not_a_video"}


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
    content = BytesIO()  # grows and ends without copying
    content.writelines(checked_pieces(response, deadline, "image", MAX_PICTURE_BYTES))
    return content.getvalue()


def write_video(response: requests.Response, deadline: float, folder: Path) -> Path:
    """A new file in the folder with the body; it is deleted again if the body is cut or not a video."""
    path = folder / f"{uuid4().hex}.part"
    try:
        with path.open("xb") as file:
            for piece in checked_pieces(response, deadline, "video", MAX_VIDEO_BYTES):
                if not file.tell() and not is_mp4(piece):
                    raise DownloadError("not_a_video", kind="?", host=host_of(response.url))
                file.write(piece)
    except BaseException:  # also when the process is told to end
        path.unlink(missing_ok=True)
        raise
    return path


def checked_pieces(response: requests.Response, deadline: float, kind: str, limit: int) -> Iterator[bytes]:
    """The body in pieces. ``kind``: "image" or "video"; ``limit``: bytes.

    Raises DownloadError for a wrong status, Content-Type or size, and the errors of :func:`read_pieces`.
    """
    host, status = host_of(response.url), response.status_code
    if status in EXPIRED_STATUSES:
        raise DownloadError("link_expired", http_status=status, host=host)
    if status != 200:
        raise DownloadError("download_status", http_status=status, host=host)
    content_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if content_type not in UNTYPED and not content_type.startswith(f"{kind}/"):
        raise DownloadError(WRONG_TYPE[kind], kind=content_type[:60], host=host)
    size = 0
    for piece in read_pieces(response, deadline):
        yield piece
        size += len(piece)
        if size > limit:
            raise DownloadError("picture_endless", limit=limit // 2**20, host=host)
    if not size:
        raise DownloadError("download_cut", host=host, problem="empty")
