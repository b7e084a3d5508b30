"""Signed requests to the native service, checked (catalog section 8).

Two forms are accepted: that of the vendor's Python SDK, which signs the host, and that of its Node SDK, which leaves
host and content type out and names the signed queries.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote

from volcv_client.sandbox.envelope import Refusal, Reply, request_id, to_bytes

ALGORITHM = "HMAC-SHA256"
SCOPE = ("cn-north-1", "cv", "request")
#: How far X-Date may be from the server's clock.
LEEWAY = timedelta(minutes=15)
#: Headers that must be signed; X-Security-Token joins them whenever it is sent.
SIGNED = ("x-content-sha256", "x-date")
TOKEN = "x-security-token"

#: Documented failures before the service itself is reached: code number and HTTP status.
FAILURES: dict[str, tuple[int, int]] = {
    "MissingAuthenticationToken": (100003, 401),
    "MissingRequestInfo": (100004, 400),
    "InvalidTimestamp": (100006, 400),
    "InvalidAccessKey": (100009, 401),
    "SignatureDoesNotMatch": (100010, 401),
    "InvalidAuthorization": (100024, 400),
    "InvalidCredential": (100025, 400),
    "InvalidSecurityToken": (100026, 401),
}

_PART = re.compile(r"(Credential|SignedHeaders|SignedQueries|Signature)=([^\s,]+)")
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


class SignatureRefusal(Refusal):
    """A request that is turned away: ``code`` is one of FAILURES, ``number`` and ``status`` go with it.

    ``parameters``: the query of the request, which the answer repeats."""

    parameters: Mapping[str, str] = {}

    def __init__(self, code: str, message: str) -> None:
        self.number, status = FAILURES[code]
        super().__init__(0, status=status)
        self.code, self.message = code, message  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.message

    def reply(self, seconds: float) -> Reply:
        metadata: dict[str, Any] = {
            "RequestId": request_id(),
            "Action": self.parameters.get("Action", ""),
            "Version": self.parameters.get("Version", ""),
            "Service": SCOPE[1],
            "Region": SCOPE[0],
            "Error": {"CodeN": self.number, "Code": self.code, "Message": self.message},
        }
        return Reply(self.status, to_bytes({"ResponseMetadata": metadata}))


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers. ``query`` as it stands in the address; header names in any case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Keys:
    """Access keys with their secrets, and the session token of each temporary one."""

    secrets: Mapping[str, str]
    tokens: Mapping[str, str]


@dataclass(frozen=True)
class _Authorization:
    access_key: str
    date: str
    signed: tuple[str, ...]
    signature: str
    queries: str | None


def verify(request: SignedRequest, keys: Keys, now: datetime | None = None) -> None:
    """Accept a request or raise SignatureRefusal. ``now``: the server's time, with a zone; default: the clock."""
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    if "authorization" not in headers:
        raise SignatureRefusal("MissingAuthenticationToken", "Request is missing Authentication Token.")
    given = _read(headers["authorization"])
    for name in (*SIGNED, *([TOKEN] if TOKEN in headers else [])):
        if name not in headers:
            raise SignatureRefusal("MissingRequestInfo", f"The request is missing {name} information.")
        if name not in given.signed:
            raise SignatureRefusal("InvalidAuthorization", f"The header {name} must be signed.")
    names = ";".join(sorted({name for name, _ in parse_qsl(request.query, keep_blank_values=True)}))
    if given.queries not in (None, names):
        raise SignatureRefusal("InvalidAuthorization", f"The signed queries must be {names}, got {given.queries}.")
    _check_time(headers["x-date"], given.date, now or datetime.now(timezone.utc))
    if given.access_key not in keys.secrets:
        raise SignatureRefusal(
            "InvalidAccessKey", f"The accesskey [{given.access_key[:64]}] included in the request is invalid."
        )
    if headers.get(TOKEN) != keys.tokens.get(given.access_key):
        raise SignatureRefusal("InvalidSecurityToken", "The security token included in the request is invalid.")
    if headers["x-content-sha256"] != hashlib.sha256(request.body).hexdigest():
        raise SignatureRefusal("SignatureDoesNotMatch", "X-Content-Sha256 is not the hash of the request body.")
    text = string_to_sign(canonical_request(request, headers, given.signed), headers["x-date"])
    expected = sign(text, keys.secrets[given.access_key], given.date)
    # As bytes: text with other letters than ASCII cannot be compared in constant time.
    if not hmac.compare_digest(expected.encode(), given.signature.encode("utf-8", "surrogatepass")):
        raise SignatureRefusal(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your Secret Access Key and signing method.",
        )


def _read(text: str) -> _Authorization:
    algorithm, _, rest = text.partition(" ")
    parts = dict(_PART.findall(rest))
    # The order is fixed; only the Node SDK names the queries.
    wanted = [name for name in ("Credential", "SignedHeaders", "SignedQueries", "Signature") if name in parts]
    given = [f"{name}={parts[name]}" for name in wanted]
    if (
        algorithm != ALGORITHM
        or not {"Credential", "SignedHeaders", "Signature"} <= parts.keys()
        or re.split(r",\s*", rest.strip()) != given
    ):
        raise SignatureRefusal("InvalidAuthorization", "Invalid Authorization header, Pls check authorization header.")
    access_key, _, scope = parts["Credential"].partition("/")
    date, *names = scope.split("/")
    if not access_key or tuple(names) != SCOPE or not (date.isascii() and date.isdigit() and len(date) == 8):
        raise SignatureRefusal(
            "InvalidCredential", f"The credential must read KEY/YYYYMMDD/{'/'.join(SCOPE)}, got scope {scope[:80]}."
        )
    signed = tuple(parts["SignedHeaders"].split(";"))
    if signed != tuple(sorted(set(signed))) or any(name != name.lower() for name in signed):
        raise SignatureRefusal("InvalidAuthorization", "SignedHeaders must be lower case, sorted and without doubles.")
    return _Authorization(access_key, date, signed, parts["Signature"], parts.get("SignedQueries"))


def _check_time(text: str, day: str, now: datetime) -> None:
    server = now.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise SignatureRefusal(
            "InvalidTimestamp", f"X-Date must read YYYYMMDDTHHMMSSZ, got {text[:40]}; server time is {server}."
        ) from None
    if abs(moment - now) > LEEWAY:
        raise SignatureRefusal(
            "InvalidTimestamp", f"The signature of the request is expired: X-Date is {text}, server time is {server}."
        )
    if text[:8] != day:
        raise SignatureRefusal("InvalidCredential", f"The credential's date {day} is not that of X-Date {text}.")


def canonical_request(request: SignedRequest, headers: Mapping[str, str], signed: Iterable[str]) -> str:
    """The text whose hash is signed; ``headers`` with lower-case names. SignatureRefusal for a missing one."""
    names = list(signed)
    for name in names:
        if name not in headers:
            raise SignatureRefusal("MissingRequestInfo", f"The request is missing {name} information.")
    lines = [f"{name}:{_host(headers[name]) if name == 'host' else headers[name]}\n" for name in names]
    query = "&".join(
        f"{_escape(name)}={_escape(value)}" for name, value in sorted(parse_qsl(request.query, keep_blank_values=True))
    )
    path = quote(request.path, safe="/-_.~")
    digest = headers["x-content-sha256"]
    return "\n".join([request.method, path, query, "".join(lines), ";".join(names), digest])


def string_to_sign(canonical: str, moment: str) -> str:
    """``moment`` as in X-Date."""
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    return "\n".join([ALGORITHM, moment, "/".join([moment[:8], *SCOPE]), digest])


def sign(text: str, secret: str, date: str) -> str:
    """Hex signature of a string to sign; ``date`` as YYYYMMDD."""
    key = secret.encode("utf-8")
    for part in (date, *SCOPE):
        key = hmac.digest(key, part.encode("ascii"), "sha256")
    return hmac.digest(key, text.encode("utf-8"), "sha256").hex()


def _host(value: str) -> str:
    for port in (":80", ":443"):
        if value.endswith(port):
            return value[: -len(port)]
    return value


def _escape(text: str) -> str:
    return quote(text, safe="-_.~")
