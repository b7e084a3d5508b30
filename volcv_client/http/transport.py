"""Transport: posts calls and uploads for one profile, and tells apart whether a failed call can have been charged.

What matters about a failure is whether the service can have worked on the request. The body is streamed through
:class:`StreamedBody`, so "was it all sent?" has an exact answer.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import LocationParseError, ReadTimeoutError

from ..answer.envelope import RawAnswer
from ..config import Profile, origin_of
from ..errors import BadAnswerError, LostAnswerError, NotSentError, SetupError, UploadError
from ..request.json_body import JsonBody
from . import session
from .auth import BearerAuth, NoAuth, SignedAuth
from .downloads import Downloads
from .session import PIECE_BYTES, InterimAnswerError, Session, host_of, read_body

VERSION = "2022-08-31"
MAX_ANSWER_BYTES = 256 * 2**20
MAX_UPLOAD_ANSWER_BYTES = 2**20
POOL_SIZE = 64
LENGTH_HEADERS = ("Content-Length", "Transfer-Encoding")
MEDIA_TYPES = (
    (0, b"\x89PNG", "image.png", "image/png"),
    (4, b"ftyp", "video.mp4", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video.webm", "video/webm"),
    (8, b"WAVE", "audio.wav", "audio/wav"),
    (0, b"ID3", "audio.mp3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio.mp3", "audio/mpeg"),
    (0, b"fLaC", "audio.flac", "audio/flac"),
    (0, b"OggS", "audio.ogg", "audio/ogg"),
)
"""Offset and value of the bytes that tell a format, with the name and media type of an uploaded file."""


class StreamedBody:
    """A request body that requests streams piece by piece, and that knows how much of it was sent.

    ``check`` raises to stop: a service that never gets the whole body does no work, and the user pays nothing.
    ``before_end`` is called before the last piece. ``started``: a piece was handed to the socket. ``completed``:
    time.monotonic() when the socket had taken the last byte, None before.
    """

    def __init__(self, body: JsonBody, check: Callable[[], None], before_end: Callable[[], None]) -> None:
        self._body = body
        self._check = check
        self._before_end = before_end
        self.started = False
        self.completed: float | None = None

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        left = len(self)
        for part in self._body:
            for start in range(0, len(part), PIECE_BYTES):
                piece = part[start : start + PIECE_BYTES]
                left -= len(piece)
                self._check()
                if not left:
                    self._before_end()
                self.started = True
                yield piece
        self.completed = time.monotonic()


class Transport:
    """Calls, uploads and downloads of one ready profile. Safe to use from several threads."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._host = host_of(profile.base_url)
        self._session = Session(HTTPAdapter(pool_connections=4, pool_maxsize=POOL_SIZE))
        self._downloads = Downloads(profile.base_url, profile.timeout, profile.trusted_hosts)

    def close(self) -> None:
        self._session.close()
        self._downloads.close()

    def post(
        self, action: str, body: JsonBody, check: Callable[[], None], before_end: Callable[[], None] = lambda: None
    ) -> RawAnswer:
        """The response to one POST of a JSON body, whatever its status.

        ``check`` is called before each piece of the body and raises, such as Cancelled, to send no more of it;
        ``before_end`` before the last piece, without which the service does no work.
        Raises NotSentError if the service surely did no work, LostAnswerError if it may have, BadAnswerError for an
        endless response, SetupError for settings that cannot work.
        """
        profile = self.profile
        streamed = StreamedBody(body, check, before_end)
        auth: AuthBase = (
            SignedAuth(profile.access_key, profile.secret_key, profile.session_token, body)
            if profile.native
            else BearerAuth(profile.api_key)
        )
        try:
            with self._session.open(
                "POST",
                profile.base_url + ("/" if profile.native else profile.gateway_path),
                params={"Action": action, "Version": VERSION},
                data=streamed,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                auth=auth,
                read_seconds=profile.timeout,
            ) as response:
                return self._read(response, (streamed.completed or time.monotonic()) + profile.timeout)
        except (OSError, LocationParseError) as error:  # every error of requests is the first
            self._raise_failure(error, streamed)

    def _read(self, response: requests.Response, deadline: float) -> RawAnswer:
        content = read_body(response, deadline, MAX_ANSWER_BYTES)
        if content is None:
            raise BadAnswerError("answer_too_large", limit=MAX_ANSWER_BYTES // 2**20)
        if not content and response.ok and not any(name in response.headers for name in LENGTH_HEADERS):
            raise LostAnswerError("cut", host=self._host)  # inside its headers
        return RawAnswer(response.status_code, response.headers, content)

    def _raise_failure(self, error: Exception, body: StreamedBody) -> NoReturn:
        """Raise the error that says what the user can do and whether the call can have been charged."""
        host = self._host
        if body.completed is not None:  # the service may have worked, whatever became of the connection
            if isinstance(error, InterimAnswerError):
                raise LostAnswerError("interim", host=host, http_status=error.status) from None
            if has_cause(error, requests.Timeout, ReadTimeoutError):
                raise LostAnswerError("timeout", seconds=self.profile.timeout) from None
            raise LostAnswerError("cut", host=host) from None
        if body.started:
            raise NotSentError("upload_cut", host=host) from None
        if isinstance(error, (requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema)):
            raise SetupError("bad_proxy", problem=type(error).__name__) from None
        if isinstance(error, (requests.exceptions.InvalidURL, LocationParseError)):
            raise SetupError("bad_base_url", url=host) from None
        if not isinstance(error, requests.RequestException):
            raise SetupError("bad_ca_bundle", problem=str(error)[:200]) from None
        if isinstance(error, requests.exceptions.SSLError):
            raise NotSentError("tls", host=host) from None
        if isinstance(error, requests.exceptions.ProxyError):
            raise NotSentError("proxy", host=host) from None
        if isinstance(error, requests.ConnectTimeout):
            raise NotSentError("connect_timeout", host=host, seconds=session.CONNECT_SECONDS) from None
        raise NotSentError(
            "unknown_host" if has_cause(error, socket.gaierror) else "not_connected", host=host
        ) from None

    def upload(self, url: str, data: bytes) -> str:
        """The link under which an upload service offers a file: multipart field ``file``, answer with ``url``.

        The key is sent only to the gateway's own host. Raises UploadError.
        """
        if not url:
            raise UploadError("no_upload_url")
        name, kind = media_type_of(data)
        try:
            own = origin_of(url) == origin_of(self.profile.base_url) and not self.profile.native
            with self._session.open(
                "POST",
                url,
                files={"file": (name, data, kind)},
                auth=BearerAuth(self.profile.api_key) if own else NoAuth(),
                read_seconds=self.profile.timeout,
            ) as response:
                content = read_body(response, time.monotonic() + self.profile.timeout, MAX_UPLOAD_ANSWER_BYTES)
        except (OSError, ValueError) as error:
            raise UploadError("upload_failed", host=host_of(url), problem=type(error).__name__) from None
        link = link_in(content or b"")
        if link is None:
            raise UploadError("upload_refused", host=host_of(url), http_status=response.status_code)
        return link

    def download(self, url: str) -> bytes:
        """The bytes of the picture file behind a result link. Raises DownloadError; sends no credential."""
        return self._downloads.picture(url)

    def download_video(self, url: str, folder: Path) -> Path:
        """A new file in the folder with the video behind a result link. Raises DownloadError; sends no credential."""
        return self._downloads.video(url, folder)


def media_type_of(data: bytes) -> tuple[str, str]:
    """Name and media type of a file by its first bytes, as JPEG if they are of no other known format."""
    for offset, magic, name, kind in MEDIA_TYPES:
        if data[offset : offset + len(magic)] == magic:
            return name, kind
    return "image.jpg", "image/jpeg"


def has_cause(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Whether an error is of one of the kinds, or was raised while one of them was handled."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, kinds):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def link_in(content: bytes) -> str | None:
    """The http(s) ``url`` of an upload service's JSON answer, at the top or inside ``data``; None without one."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    inner = body.get("data") if isinstance(body, dict) else None
    urls = [level.get("url") for level in (body, inner) if isinstance(level, dict)]
    return next((url for url in urls if isinstance(url, str) and url.startswith(("http://", "https://"))), None)
