"""The report of a check: JSON without secrets, base64 or signed links, to be attached to a bug report."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import __version__, config
from ..client import Client
from ..http.session import host_of
from ..redact import redact
from .free import Check
from .live import Outcome

FORMAT = 1
"""Version of the report's form."""
TOO_MANY = (50429, 50430, 429)
"""Codes and HTTP status of what is too often or too many (catalog section 7)."""


def report_of(
    client: Client,
    checks: Sequence[Check],
    outcomes: Sequence[Outcome] = (),
    burst: Mapping[str, Any] | None = None,
    polls: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Everything that a check found. ``facts``: req_key -> fact -> value, as far as the answers tell."""
    content = {
        "volcv_check": FORMAT,
        "version": __version__,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "service": service_of(client, checks),
        "checks": [{"name": one.name, "outcome": one.state.value, **one.facts} for one in checks],
        "charged": sum(one.charged for one in outcomes) + (burst["charged"] if burst else 0),
        "models": [model_of(one) for one in outcomes],
        "at_once": {"polls": list(polls), "calls": burst},
        "facts": facts_of(outcomes),
        "concurrency": concurrency_of(burst),
    }
    secrets = () if client.profile.name == config.SANDBOX else client.profile.secrets  # its key is a common word
    cleaned: dict[str, Any] = clean(content, secrets)
    return cleaned


def service_of(client: Client, checks: Sequence[Check]) -> dict[str, Any]:
    """Which service was asked; its address is reduced to the host."""
    profile = client.profile
    kind = config.SANDBOX if profile.name == config.SANDBOX else "native" if profile.native else "gateway"
    server = next((one.facts["server"] for one in checks if "server" in one.facts), "")
    return {"kind": kind, "host": host_of(profile.base_url), "server": server}


def model_of(outcome: Outcome) -> dict[str, Any]:
    tried = [
        {
            "variant": one.variant,
            **({"pictures": one.form} if one.form else {}),
            "fields": one.fields,
            "outcome": one.outcome,
            "charged": one.charged,
            **one.facts,
            "files": one.files,
        }
        for one in outcome.tried
    ]
    finding = {"value": outcome.finding.value, **outcome.finding.numbers}
    question = {"fact": outcome.step.fact, "finding": finding} if outcome.step.fact else {}
    return {"req_key": outcome.step.req_key, **question, "tries": tried}


def facts_of(outcomes: Iterable[Outcome]) -> dict[str, dict[str, str]]:
    facts: dict[str, dict[str, str]] = {}
    for one in outcomes:
        if one.finding.value:
            facts.setdefault(one.step.req_key, {})[one.step.fact] = one.finding.value
    return facts


def concurrency_of(burst: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How many calls the service takes at the same time, and the code of what is too many; None if not known."""
    busy = [code for code in burst["codes"] if code in TOO_MANY] if burst else []
    return {"calls": burst["accepted"], "code": busy[0]} if burst and busy and burst["accepted"] else None


def clean(value: Any, secrets: tuple[str, ...]) -> Any:
    """The same JSON with every text redacted; other objects than those of JSON become text."""
    if isinstance(value, Mapping):
        return {redact(str(name), secrets): clean(one, secrets) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(one, secrets) for one in value]
    return value if value is None or isinstance(value, (bool, int, float)) else redact(str(value), secrets)


def as_text(report: Mapping[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"
