"""HTTP session: the rules that calls, uploads and downloads share, and reading a body against a deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError, SSLError

from .address_guard import is_loopback

CONNECT_SECONDS = 10.0
"""Time limit for connecting, and for each piece of a request body that the other side does not take.

urllib3 keeps the connect timeout on the socket while it sends (measured with 1.26.20 and 2.8.0)."""
PIECE_BYTES = 1 << 16


class InterimAnswerError(requests.ConnectionError):
    """An interim status (below 200, RFC 9110 section 15.2) arrived in place of the response."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Session(requests.Session):
    """No cookies, no redirects, bodies streamed, no proxy for loopback; TLS is always verified."""

    def __init__(self, adapter: BaseAdapter) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: requests would read the body of a redirect to its end, however long it is."""

    def open(self, method: str, url: str, *, auth: AuthBase, read_seconds: float, **options: Any) -> requests.Response:
        """The response with its body still to be read; ``read_seconds`` limits each wait for some of it.

        Raises the errors of requests, and InterimAnswerError after closing the connection: the real response may
        still come on it, and would be taken for the response to the next request.
        """
        response = self.request(
            method,
            url,
            auth=auth,
            timeout=(CONNECT_SECONDS, read_seconds),
            allow_redirects=False,
            stream=True,
            proxies=proxies_for(url),
            **options,
        )
        if response.status_code < 200:
            response.close()
            raise InterimAnswerError(response.status_code)
        return response


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def proxies_for(url: str) -> dict[str, str] | None:
    """Loopback never goes through a proxy; for the rest requests follows the environment."""
    if not is_loopback(host_of(url)):
        return None
    # None removes what the environment would add; the type stubs do not know that.
    return {"http": None, "https": None, "all": None}  # type: ignore[dict-item]


def read_body(response: requests.Response, deadline: float, limit: int) -> bytes | None:
    """The whole body; None if it is larger than ``limit`` bytes. Errors as :func:`read_pieces`."""
    content = BytesIO()  # grows and ends without copying
    for piece in read_pieces(response, deadline):
        content.write(piece)
        if content.tell() > limit:
            return None
    return content.getvalue()


def read_pieces(response: requests.Response, deadline: float) -> Iterator[bytes]:
    """The body in pieces as they arrive, decoded from its transfer and content encoding.

    ``deadline``: time.monotonic() seconds. Raises requests.ReadTimeout if part of the body is missing then, and
    requests.ChunkedEncodingError, ContentDecodingError or SSLError if it cannot be read.
    """
    late = False
    for piece in decoded_pieces(response):
        if late:
            raise requests.ReadTimeout("Read timed out.")
        yield piece
        late = time.monotonic() > deadline


def decoded_pieces(response: requests.Response) -> Iterator[bytes]:
    """Pieces from ``read1`` with the errors of iter_content, which waits until a piece is full.

    From a server that drips, iter_content would take hours whatever the deadline; urllib3 before 2.2 may have nothing
    else.
    """
    response.raw.enforce_content_length = True  # a short body is an error; not the default of urllib3 1.26
    read1 = getattr(response.raw, "read1", None)
    if read1 is None:
        yield from response.iter_content(PIECE_BYTES)
        return
    try:
        while piece := read1(PIECE_BYTES, decode_content=True):
            yield piece
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from None
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from None
    except SSLError as error:
        raise requests.exceptions.SSLError(error) from None
