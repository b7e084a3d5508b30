"""Authentication: a Bearer key at a gateway, an HMAC signature at the vendor's own service."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

REGION = "cn-north-1"
SERVICE = "cv"
ALGORITHM = "HMAC-SHA256"


class BearerAuth(AuthBase):
    """``Authorization: Bearer KEY`` (seed pages). As an auth object it also keeps requests from reading .netrc."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class NoAuth(AuthBase):
    """No credential, and none from .netrc: result links must never see one."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class SignedAuth(AuthBase):
    """The vendor's HMAC-SHA256 signature, version 4 (catalog section 8).

    ``body``: the request body in pieces, exactly as sent; iterated once more for its hash. ``now``: the time of
    signing, UTC; default the current time.
    """

    def __init__(
        self, access_key: str, secret_key: str, session_token: str, body: Iterable[bytes], now: datetime | None = None
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._session_token = session_token
        self._body = body
        self._now = now

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        date = (self._now or datetime.now(timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256()
        for piece in self._body:
            digest.update(piece)
        body_hash = digest.hexdigest()
        request.headers["X-Date"] = date
        request.headers["X-Content-Sha256"] = body_hash
        if self._session_token:
            request.headers["X-Security-Token"] = self._session_token
        url = urlsplit(str(request.url))
        signed_headers = {
            name.lower(): value.strip()
            for name, value in request.headers.items()
            if name.lower() in ("content-type", "content-md5") or name.lower().startswith("x-")
        }
        signed_headers["host"] = url.netloc.removesuffix(":443").removesuffix(":80")
        canonical, names = canonical_request(url.path or "/", url.query, signed_headers, body_hash)
        scope = f"{date[:8]}/{REGION}/{SERVICE}/request"
        string_to_sign = "\n".join((ALGORITHM, date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = signing_key(self._secret_key, date[:8])
        signature = hmac.new(key, string_to_sign.encode(), hashlib.sha256).hexdigest()
        request.headers["Authorization"] = (
            f"{ALGORITHM} Credential={self._access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return request


def canonical_request(path: str, query: str, headers: Mapping[str, str], body_hash: str) -> tuple[str, str]:
    """The canonical request (step 3 of catalog section 8) and the ``;``-joined names of the signed headers.

    ``headers``: lower-case names; ``body_hash``: SHA-256 in hex.
    """
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    encoded = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    block = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    names = ";".join(sorted(headers))
    return "\n".join(("POST", path, encoded, block, names, body_hash)), names


def signing_key(secret_key: str, date: str) -> bytes:
    """The signing key (step 5 of catalog section 8): HMAC chain over ``YYYYMMDD``, region, service and "request"."""
    key = secret_key.encode()
    for part in (date, REGION, SERVICE, "request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
