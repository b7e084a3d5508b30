"""The reason inside an error body, found by tables of paths: every gateway has a shape of its own.

Sources: catalog section 2 (gateway-made errors), api/gateways.md (a recorded body of the gpt-best family), and the
conventions of common server frameworks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .codes import known_code
from .json_values import at, embedded_object, number, text_of

UPSTREAM_PATHS = (("upsream_message",), ("upstream_message",))
"""Where the gpt-best family puts the error body of the service behind it; the first spelling is theirs."""

REASON_PATHS = (
    *UPSTREAM_PATHS,
    ("ResponseMetadata", "Error", "Message"),
    ("error", "message"),
    ("error", "Message"),
    ("error", "msg"),
    ("message",),
    ("msg",),
    ("error_msg",),
    ("error_message",),
    ("errmsg",),
    ("error_description",),
    ("error",),
    ("detail",),
    ("details",),
    ("errors",),
    ("reason",),
    ("data", "message"),
    ("data", "msg"),
    ("data", "error"),
    ("base_resp", "status_msg"),
    ("title",),
)
"""Where the reason may stand, as a text or as a list of texts or objects."""

ITEM_KEYS = ("message", "msg", "detail", "reason", "title")
"""Where an object in a list of reasons has its text."""

INNER_PATHS = (*UPSTREAM_PATHS, ("error", "message"), ("message",), ("msg",), ("error",), ("detail",), ("data",))
"""Where a gateway passes on the error body of the service behind it, as JSON text or as an object."""

CODE_PATHS = (
    *(("ResponseMetadata", "Error", key) for key in ("CodeN", "Code")),
    *(("error", key) for key in ("CodeN", "code", "Code", "type")),
    ("code",),
    ("error_code",),
    ("errcode",),
    ("base_resp", "status_code"),
)
ID_PATHS = (("ResponseMetadata", "RequestId"), ("request_id",))

MAX_NESTING = 4
MAX_REASONS = 3
NO_FAILURE = {"", "0", "200", "10000", "ok", "success"}
"""Codes and messages that report no failure, in lower case."""


def error_bodies(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The error bodies inside one another, innermost first: the service's own, then those of gateways around it."""
    chain = [body]
    while len(chain) < MAX_NESTING and not any(known_code(code, named=True) for code in codes_in(chain[0])):
        inner = next(filter(None, (inner_body(at(chain[0], path)) for path in INNER_PATHS)), None)
        if inner is None:
            break
        chain.insert(0, inner)
    return chain


def inner_body(value: object) -> Mapping[str, Any] | None:
    """The error body that a value is or, as text, holds; None for anything else."""
    found = embedded_object(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        return None
    return found if number(found.get("code")) is not None or found.keys() & {"ResponseMetadata", "base_resp"} else None


def codes_in(body: Mapping[str, Any]) -> Iterator[int | str]:
    """The codes of an error body, the most specific first."""
    for path in CODE_PATHS:
        code = at(body, path)
        if isinstance(code, (int, str)) and not isinstance(code, bool) and str(code).lower() not in NO_FAILURE:
            yield code


def reason_in(body: Mapping[str, Any]) -> str:
    """The reasons in an error body as one text; empty if it gives none."""
    found = (text.strip() for path in REASON_PATHS for text in texts_in(at(body, path)))
    reasons = dict.fromkeys(text for text in found if text.lower() not in NO_FAILURE)
    return "; ".join(list(reasons)[:MAX_REASONS])


def texts_in(value: object) -> Iterator[str]:
    """The text, or the texts of a list of texts or objects, these with the field that they are about."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            text = next(filter(None, (text_of(item.get(key)) for key in ITEM_KEYS)), "")
            field = item.get("loc")  # FastAPI and pydantic
            about = ".".join(map(str, field)) + ": " if isinstance(field, list) and text else ""
            yield text_of(about) + text
        else:
            yield text_of(item)


def id_in(body: Mapping[str, Any]) -> str:
    """The request id of an error body; empty if it has none."""
    return next(filter(None, (text_of(at(body, path)) for path in ID_PATHS)), "")
