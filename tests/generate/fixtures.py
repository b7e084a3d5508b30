"""Fixtures of the gateway from reports of ``volcv check``: ``python -m tests.generate fixtures REPORT``.

A fixture holds what :class:`tests.gateway.Facts` reads, and where it comes from, nothing else of the report::

    {"service": "gateway.example", "fake": false, "checked": "2026-11-30T23:07:18Z", "version": "0.1.0",
     "facts": {"i2i_outpainting": {"prompt_field": "prompt"}}, "concurrency": {"calls": 2, "code": 50430}}

``fake``: the service was the sandbox or the gateway of these tests, which say so in their Server header; the file is
then called ``fake-gateway-...``, so that nobody takes it for what a real service does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.gateway import Facts
from volcv_client.check.report import FORMAT
from volcv_client.redact import HIDDEN, PATTERNS

from .files import ROOT, Files, as_text

FOLDER = ROOT / "tests" / "fixtures"
FAKE_SERVER, FAKE_NAME = "volcv-sandbox", "fake-gateway"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

SECRET_NAMES = re.compile(r"api_?key|secret|token|authori[sz]ation|password|credential|signature", re.IGNORECASE)
SECRET_TEXTS = (
    *(pattern for pattern, _ in PATTERNS),
    re.compile(r"\bAK(LT|TP)[A-Za-z0-9]{8,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\."),
    re.compile(r"\b[0-9a-f]{32,}\b"),
    re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*[0-9])[A-Za-z0-9_+/=-]{24,}"),
)
"""What a report never holds: bearer tokens, keys, signed links, base64."""
ID = re.compile(r"\b20\d{12}[A-Za-z0-9]{0,40}\b")
"""Request ids of the service and of gateways begin with their time; they are no secrets."""


class NoReport(ValueError):
    """The file is no report of ``volcv check``, or holds what looks like a secret."""


def files(report: Path) -> Files:
    """The fixture of a report. Raises NoReport; the same report gives the same file."""
    try:
        content = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoReport(f"{report}: {error}") from None
    if not isinstance(content, dict) or content.get("volcv_check") != FORMAT:
        raise NoReport(f"{report} is no report of `volcv check` of form {FORMAT}")
    if found := next(suspicious(content), None):
        raise NoReport(f"{report} holds what looks like a secret at {found}; nothing is written")
    fixture = fixture_of(content)
    stem = FAKE_NAME if fixture["fake"] else re.sub(r"[^a-z0-9.]+", "-", fixture["service"].lower())
    return {FOLDER / f"{stem}-{re.sub('[^0-9T]', '', fixture['checked'])}.json": as_text(fixture)}


def fixture_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a report that a gateway can be configured with. Raises NoReport."""
    service = content.get("service")
    checked, version = str(content.get("created")), str(content.get("version"))
    if not isinstance(service, dict) or not service.get("host") or not MOMENT.fullmatch(checked):
        raise NoReport("the report does not say which service was asked, and when")
    try:
        facts = Facts.parse(content)
    except ValueError as error:
        raise NoReport(str(error)) from None
    if not facts.models and facts.calls is None:
        raise NoReport("the report settles nothing")
    fake = str(service.get("server", "")).startswith(FAKE_SERVER)
    name = FAKE_NAME if fake else str(service["host"])
    known = {"service": name, "fake": fake, "checked": checked, "version": version}
    return {**known, "facts": content["facts"], "concurrency": content.get("concurrency")}


def suspicious(value: Any, place: str = "report") -> Iterator[str]:
    """Places of texts and names that look like a secret."""
    if isinstance(value, dict):
        for name, one in value.items():
            if SECRET_NAMES.search(name) or looks_secret(name):
                yield place
            if name == "request_id":  # of any shape, such as a trace id; what else it may hold is told by patterns
                one = one if any(pattern.search(str(one)) for pattern in SECRET_TEXTS[: len(PATTERNS)]) else ""
            yield from suspicious(one, f"{place}.{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from suspicious(one, f"{place}[{number}]")
    elif isinstance(value, str) and looks_secret(value):
        yield place


def looks_secret(text: str) -> bool:
    left = ID.sub("", text.replace(f"Bearer {HIDDEN}", ""))
    return any(pattern.search(left) for pattern in SECRET_TEXTS)
