"""The two ways to prove who calls: a Bearer key at a gateway, a signature at the vendor's own service."""

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
    """``Authorization: Bearer KEY`` (seed pages). Being an auth object, it also keeps .netrc out."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class NoAuth(AuthBase):
    """Sends nothing, and keeps .netrc out: result links need no credential and must never see one."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class SignedAuth(AuthBase):
    """The vendor's HMAC-SHA256 signature, version 4 (catalog section 8).

    ``body``: the pieces of the exact body that will be sent; ``now`` is for tests.
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
        moment = (self._now or datetime.now(timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
        made = hashlib.sha256()
        for piece in self._body:
            made.update(piece)
        body_hash = made.hexdigest()
        request.headers["X-Date"] = moment
        request.headers["X-Content-Sha256"] = body_hash
        if self._session_token:
            request.headers["X-Security-Token"] = self._session_token
        url = urlsplit(str(request.url))
        signed = {
            name.lower(): value.strip()
            for name, value in request.headers.items()
            if name.lower() in ("content-type", "content-md5") or name.lower().startswith("x-")
        }
        signed["host"] = url.netloc.removesuffix(":443").removesuffix(":80")
        canonical, names = canonical_request(url.path or "/", url.query, signed, body_hash)
        scope = f"{moment[:8]}/{REGION}/{SERVICE}/request"
        text = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        signature = hmac.new(signing_key(self._secret_key, moment[:8]), text.encode(), hashlib.sha256).hexdigest()
        request.headers["Authorization"] = (
            f"{ALGORITHM} Credential={self._access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return request


def canonical_request(path: str, query: str, headers: Mapping[str, str], body_hash: str) -> tuple[str, str]:
    """Step 3 of catalog section 8, and the ``;``-joined names of the signed headers."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    encoded = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    block = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    names = ";".join(sorted(headers))
    return "\n".join(("POST", path, encoded, block, names, body_hash)), names


def signing_key(secret_key: str, date: str) -> bytes:
    """Step 5 of catalog section 8: HMAC chain over date, region, service and "request"."""
    key = secret_key.encode()
    for part in (date, REGION, SERVICE, "request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
