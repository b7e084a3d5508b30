"""Retry rules: one table; a failure that matches no row is not retried.

Only failures after which the service surely did no work have a row. The exception are the two codes of output
moderation, which the vendor recommends to retry, and only while the service picks the seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..errors import BusyError, DownloadError, NotSentError, VolcvError


@dataclass(frozen=True)
class Rule:
    """A row of the table.

    A failure matches by error key, service code, or HTTP status (only without a known code). ``retries``: further
    attempts, with exponential backoff from ``first_wait`` seconds; ``honour_retry_after``: a longer Retry-After
    wins; ``slow_down``: the limiter reduces the calls in flight; ``random_seed_only``: not for a fixed seed, because
    the same seed would be refused again.
    """

    name: str
    retries: int
    first_wait: float
    keys: frozenset[str] = frozenset()
    codes: frozenset[int | str] = frozenset()
    statuses: frozenset[int] = frozenset()
    honour_retry_after: bool = False
    slow_down: bool = False
    random_seed_only: bool = False


RULES: tuple[Rule, ...] = (
    Rule("not connected", 2, 0.5, keys=frozenset({"not_connected", "connect_timeout", "unknown_host", "upload_cut"})),
    Rule("proxy", 2, 0.5, keys=frozenset({"proxy"})),
    Rule("rate limit", 10, 1.0, codes=frozenset({50429}), honour_retry_after=True, slow_down=True),
    Rule("concurrency limit", 10, 1.0, codes=frozenset({50430}), honour_retry_after=True, slow_down=True),
    Rule("HTTP 429", 10, 1.0, statuses=frozenset({429}), honour_retry_after=True, slow_down=True),
    Rule("no channel", 3, 2.0, codes=frozenset({"model_not_found"}), honour_retry_after=True),
    Rule("HTTP 503", 3, 2.0, statuses=frozenset({503}), honour_retry_after=True),
    Rule("internal error", 1, 1.0, codes=frozenset({50500, 50501})),
    Rule("result refused", 1, 0.0, codes=frozenset({50511, 50519}), random_seed_only=True),
    Rule("download", 2, 0.5, keys=frozenset({"download_cut", "download_timeout", "download_status"})),
)
LONGEST_WAIT = 60.0
JITTER = 0.25


def rule_for(error: VolcvError, *, random_seed: bool) -> Rule | None:
    """The rule for a failure, or None if it must not be retried."""
    for rule in RULES:
        if matches(rule, error):
            return None if rule.random_seed_only and not random_seed else rule
    return None


def matches(rule: Rule, error: VolcvError) -> bool:
    if isinstance(error, (NotSentError, DownloadError)):
        return error.key in rule.keys
    if error.key in {str(code) for code in rule.codes}:
        return True
    return error.http_status in rule.statuses and error.key == f"http_{error.http_status}"


def wait_before(rule: Rule, attempt: int, error: VolcvError, jitter: random.Random | None = None) -> float:
    """Seconds to wait before retry number ``attempt`` (from 1): doubling, Retry-After, capped, jittered."""
    wait: float = rule.first_wait * 2.0 ** (attempt - 1)
    if rule.honour_retry_after and isinstance(error, BusyError) and error.retry_after is not None:
        wait = max(wait, error.retry_after)
    wait = min(wait, LONGEST_WAIT)
    return wait * (1.0 + JITTER * (jitter or random).random())
