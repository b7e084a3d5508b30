"""HTTP: one pooled session per profile; posts a body, downloads result links, tells failures apart.

What matters about a failure is whether the service can have worked on the request. The body is handed to
the socket piece by piece through :class:`Upload`, so "was it all sent?" has an exact answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import requests
from requests.auth import AuthBase
from urllib3.exceptions import DecodeError, LocationParseError, ProtocolError, ReadTimeoutError, SSLError

from ..answer.envelope import RawAnswer
from ..calls.cancel import SharedToken
from ..config import GATEWAY_PATH, Profile
from ..errors import BadAnswerError, DownloadError, LostAnswerError, NotSentError, SetupError, UploadError
from ..images.media import is_mp4
from ..request.wire import Message
from .auth import BearerAuth, NoAuth, SignedAuth
from .connections import Adapter
from .guard import AddressRule, BlockedAddressError, GuardedAdapter, is_loopback

T = TypeVar("T")

VERSION = "2022-08-31"
CONNECT_SECONDS = 10.0
DOWNLOAD_SECONDS = 120.0
MAX_ANSWER_BYTES = 256 * 2**20
VIDEO_SECONDS = 1200.0
MAX_VIDEO_BYTES = 4 * 2**30
MAX_PICTURE_BYTES = 128 * 2**20
MAX_LINK_BYTES = 2**20
WRONG_KIND = {"image": "not_a_picture", "video": "not_a_video"}
MAX_REDIRECTS = 5
CHUNK = 1 << 16
POOL_SIZE = 64
LENGTH_HEADERS = {"content-length", "transfer-encoding"}


class Upload:
    """A body as requests streams it, piece by piece.

    Of a cancelled request the next piece raises Cancelled: a service that never gets the whole body does no work, and
    the user pays nothing. ``started``: something was handed to the socket; ``completed``: when it had taken the last
    byte (monotonic), None before.
    """

    def __init__(self, body: Message, token: SharedToken) -> None:
        self._body = body
        self._token = token
        self.started = False
        self.completed: float | None = None

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        for whole in self._body:
            for at in range(0, len(whole), CHUNK):
                self._token.check()
                self.started = True
                yield whole[at : at + CHUNK]
        self.completed = time.monotonic()


class Session(requests.Session):
    """Redirects are looked at by :class:`Transport`; requests would read their bodies to the end, however long."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """Calls and downloads of one ready profile. Safe to use from several threads."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._rule = AddressRule(profile.base_url)
        self._session = self._new_session(Adapter(pool_connections=4, pool_maxsize=POOL_SIZE))
        self._downloads = self._new_session(GuardedAdapter(self._rule, pool_connections=8, pool_maxsize=POOL_SIZE))

    @staticmethod
    def _new_session(adapter: Adapter) -> requests.Session:
        session = Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def close(self) -> None:
        self._session.close()
        self._downloads.close()

    def post(self, action: str, body: Message, token: SharedToken) -> RawAnswer:
        """The answer to one POST of a JSON body, whatever its status.

        Raises NotSentError if the service surely did no work, LostAnswerError if it may have, Cancelled if
        cancelled before the body went out.
        """
        profile = self.profile
        upload = Upload(body, token)
        auth: AuthBase = (
            SignedAuth(profile.access_key, profile.secret_key, profile.session_token, body)
            if profile.native
            else BearerAuth(profile.api_key)
        )
        try:
            with self._session.request(
                "POST",
                profile.base_url + ("/" if profile.native else GATEWAY_PATH),
                params={"Action": action, "Version": VERSION},
                data=upload,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                auth=auth,
                timeout=(CONNECT_SECONDS, profile.timeout),
                allow_redirects=False,
                stream=True,
                proxies=self._proxies(profile.base_url),
            ) as response:
                content = self._read(response, (upload.completed or time.monotonic()) + profile.timeout)
                return RawAnswer(response.status_code, response.headers, content)
        except (OSError, LocationParseError) as error:  # every error of requests is the first
            self._raise_failed(error, upload)

    @staticmethod
    def _proxies(url: str) -> dict[str, str] | None:
        """Loopback never goes through a proxy; for the rest requests follows the environment."""
        if not is_loopback(urlsplit(url).hostname or ""):
            return None
        # None removes what the environment would add; the type stubs do not know that.
        return {"http": None, "https": None, "all": None}  # type: ignore[dict-item]

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        content = BytesIO()  # grows and ends without copying
        for piece in arriving(response, deadline):
            content.write(piece)
            if content.tell() > MAX_ANSWER_BYTES:
                raise BadAnswerError("answer_too_large", limit=MAX_ANSWER_BYTES // 2**20)
        if not content.tell() and response.ok and not LENGTH_HEADERS & {name.lower() for name in response.headers}:
            raise LostAnswerError("cut", host=urlsplit(self.profile.base_url).hostname or "")  # inside its headers
        return content.getvalue()

    def _raise_failed(self, error: Exception, upload: Upload) -> NoReturn:
        host = urlsplit(self.profile.base_url).hostname or ""
        if upload.completed is not None:  # the service may have worked, whatever became of the connection
            if isinstance(error, requests.Timeout) or "Read timed out" in str(error):
                raise LostAnswerError("timeout", seconds=self.profile.timeout) from None
            raise LostAnswerError("cut", host=host) from None
        if upload.started:
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
            raise NotSentError("connect_timeout", host=host, seconds=CONNECT_SECONDS) from None
        key = "unknown_host" if "NameResolutionError" in repr(error) else "not_connected"
        raise NotSentError(key, host=host) from None

    def upload(self, url: str, data: bytes) -> str:
        """The link that an upload service makes of a picture: multipart field ``file``, answer with ``url``.

        The key goes along only to the gateway's own host. Raises UploadError.
        """
        own = urlsplit(url)[:2] == urlsplit(self.profile.base_url)[:2] and not self.profile.native
        name, kind = ("image.png", "image/png") if data.startswith(b"\x89PNG") else ("image.jpg", "image/jpeg")
        host = urlsplit(url).hostname or ""
        try:
            with self._session.request(
                "POST",
                url,
                files={"file": (name, data, kind)},
                auth=BearerAuth(self.profile.api_key) if own else NoAuth(),
                timeout=(CONNECT_SECONDS, self.profile.timeout),
                allow_redirects=False,
                stream=True,
                proxies=self._proxies(url),
            ) as response:
                link = link_in(response, time.monotonic() + self.profile.timeout)
        except (OSError, ValueError) as error:
            raise UploadError("upload_failed", host=host, problem=type(error).__name__) from None
        if link is None:
            raise UploadError("upload_refused", host=host, http_status=response.status_code)
        return link

    def download(self, url: str) -> bytes:
        """The bytes behind a result link. Raises DownloadError; sends no credential.

        It takes no cancel token: what is behind the link is paid for and goes into the result store.
        """
        return self._get(url, DOWNLOAD_SECONDS, picture_bytes)

    def download_video(self, url: str, folder: Path) -> Path:
        """A file in the folder with the video behind a result link, which is never whole in memory.

        Raises DownloadError; sends no credential.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._get(url, VIDEO_SECONDS, lambda response, deadline: video_file(response, deadline, folder))

    def _get(self, url: str, seconds: float, use: Callable[[requests.Response, float], T]) -> T:
        wait = min(self.profile.timeout, seconds)
        deadline = time.monotonic() + wait
        for _ in range(MAX_REDIRECTS + 1):
            self._rule.check(url)
            try:
                with self._downloads.request(
                    "GET",
                    url,
                    auth=NoAuth(),
                    timeout=(CONNECT_SECONDS, wait),
                    allow_redirects=False,
                    stream=True,
                    proxies=self._proxies(url),
                ) as response:
                    if response.is_redirect:
                        url = redirect_target(url, response)
                        continue
                    return use(response, deadline)
            except BlockedAddressError:
                raise DownloadError("private_link", host=urlsplit(url).hostname or "") from None
            except requests.Timeout:
                raise DownloadError("download_timeout", host=urlsplit(url).hostname or "") from None
            except (OSError, ValueError) as error:
                raise DownloadError(
                    "download_cut", host=urlsplit(url).hostname or "", problem=type(error).__name__
                ) from None
        raise DownloadError("too_many_redirects", host=urlsplit(url).hostname or "")


def redirect_target(url: str, response: requests.Response) -> str:
    location = response.headers.get("Location", "")
    try:
        return urljoin(url, location)
    except ValueError:
        raise DownloadError("bad_link", shown=location[:60]) from None


def arriving(response: requests.Response, deadline: float) -> Iterator[bytes]:
    """The body, each piece as it comes. Raises requests.ReadTimeout if some of it is missing at the deadline.

    iter_content waits until a piece is full: from a server that drips it would take hours, whatever the deadline.
    """
    late = False
    for piece in raw_pieces(response):
        if late:
            raise requests.ReadTimeout("Read timed out.")
        yield piece
        late = time.monotonic() > deadline


def raw_pieces(response: requests.Response) -> Iterator[bytes]:
    """What read1 gives, with the errors that iter_content would raise; before urllib3 2 there is only that."""
    read1 = getattr(response.raw, "read1", None)
    if read1 is None:
        yield from response.iter_content(CHUNK)
        return
    try:
        while piece := read1(CHUNK, decode_content=True):
            yield piece
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from None
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from None
    except SSLError as error:
        raise requests.exceptions.SSLError(error) from None


def link_in(response: requests.Response, deadline: float) -> str | None:
    """The ``url`` of an upload's answer, at the top or inside ``data``; None if there is none."""
    content = BytesIO()
    for piece in arriving(response, deadline):
        content.write(piece)
        if content.tell() > MAX_LINK_BYTES:
            return None
    try:
        body = json.loads(content.getvalue())
    except (ValueError, RecursionError):
        return None
    inner = body.get("data") if isinstance(body, dict) else None
    found = [one.get("url") for one in (body, inner) if isinstance(one, dict)]
    return next((url for url in found if isinstance(url, str) and url.startswith(("http://", "https://"))), None)


def pieces(response: requests.Response, deadline: float, kind: str, most: int) -> Iterator[bytes]:
    """The body of a download piece by piece, with its status, type ("image" or "video") and size checked."""
    host = urlsplit(response.url).hostname or ""
    if response.status_code in (401, 403, 404, 410):
        raise DownloadError("link_expired", http_status=response.status_code, host=host)
    if response.status_code != 200:
        raise DownloadError("download_status", http_status=response.status_code, host=host)
    told = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if told and not told.startswith(f"{kind}/") and told not in ("application/octet-stream", "binary/octet-stream"):
        raise DownloadError(WRONG_KIND[kind], kind=told[:60], host=host)
    size = 0
    for piece in arriving(response, deadline):
        yield piece
        size += len(piece)
        if size > most:
            raise DownloadError("picture_endless", limit=most // 2**20, host=host)
    if not size:
        raise DownloadError("download_cut", host=host, problem="empty")


def picture_bytes(response: requests.Response, deadline: float) -> bytes:
    content = BytesIO()
    for piece in pieces(response, deadline, "image", MAX_PICTURE_BYTES):
        content.write(piece)
    return content.getvalue()


def video_file(response: requests.Response, deadline: float, folder: Path) -> Path:
    """A new file in the folder with the body; nothing stays of one that is cut or no video."""
    path = folder / f"{uuid4().hex}.part"
    try:
        with path.open("xb") as file:
            for piece in pieces(response, deadline, "video", MAX_VIDEO_BYTES):
                if not file.tell() and not is_mp4(piece):
                    raise DownloadError("not_a_video", kind="?", host=urlsplit(response.url).hostname or "")
                file.write(piece)
    except BaseException:  # also when the process is told to end
        path.unlink(missing_ok=True)
        raise
    return path
