"""What was charged, counted over the journal, with estimated amounts. A deleted call stays counted; the sandbox's never
are."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..errors import BudgetError
from ..money import DIGITS, CallPrice, money


@dataclass(frozen=True)
class Spending:
    """Charged calls of one model. ``unknown``: further calls that may have been charged, because no answer arrived.

    ``amounts``: estimated charge by currency, from the prices that were known when the calls were sent; ``unpriced``:
    how many of ``calls`` are not in it, because no price was known.
    """

    req_key: str
    calls: int
    unknown: int = 0
    amounts: Mapping[str, float] = field(default_factory=dict)
    unpriced: int = 0


def spending_since(connection: sqlite3.Connection, since: float) -> list[Spending]:
    """Charged calls since that Unix time by model, most calls first."""
    rows = connection.execute(
        "SELECT req_key, currency, SUM(charged = 'yes'), SUM(charged = 'maybe'),"
        " SUM(CASE WHEN charged = 'yes' THEN amount END), SUM(charged = 'yes' AND amount IS NULL)"
        " FROM calls WHERE created >= ? AND charged != 'no' AND state NOT IN ('sending', 'sent')"
        " GROUP BY req_key, currency",
        (since,),
    )
    found: dict[str, Spending] = {}
    for req_key, currency, calls, unknown, amount, unpriced in rows:
        one = found.get(req_key, Spending(req_key, 0))
        amounts = {} if amount is None else {currency: round(amount, DIGITS)}
        found[req_key] = Spending(
            req_key, one.calls + calls, one.unknown + unknown, {**one.amounts, **amounts}, one.unpriced + unpriced
        )
    return sorted(found.values(), key=lambda one: (-one.calls, one.req_key))


LIMIT_ERRORS = {"daily": "daily_limit", "monthly": "monthly_limit"}
BUDGET_ERRORS = {"daily": "daily_budget", "monthly": "monthly_budget"}


@dataclass(frozen=True)
class Limit:
    """The most charged calls of a period ("daily" or "monthly") that began at ``since`` (Unix time).

    With a ``currency``: the most money that they may cost by estimate; calls without a price in it do not count.
    """

    period: str
    since: float
    most: float
    currency: str = ""

    def share(self, price: CallPrice | None) -> float:
        """What a call of that price takes of the limit."""
        if not self.currency:
            return 1
        return price.amount if price and price.currency == self.currency else 0

    def used(self, connection: sqlite3.Connection) -> float:
        """What calls that were charged, or may be, have taken of it."""
        if not self.currency:
            return charged_since(connection, self.since)
        query = "SELECT COALESCE(SUM(amount), 0) FROM calls WHERE created >= ? AND charged != 'no' AND currency = ?"
        return round(float(connection.execute(query, (self.since, self.currency)).fetchone()[0]), DIGITS)

    def exceeded(self, used: float, needed: float) -> bool:
        return needed > 0 and round(used + needed, DIGITS) > self.most

    def left(self, used: float) -> float:
        return max(0, round(self.most - used, DIGITS))

    def error(self, used: float, needed: float) -> BudgetError:
        facts: dict[str, Any] = {"limit": self.most, "needed": needed, "left": self.left(used)}
        if not self.currency:
            return BudgetError(LIMIT_ERRORS[self.period], **facts)
        facts = {name: money(amount, self.currency) for name, amount in facts.items()}
        return BudgetError(BUDGET_ERRORS[self.period], **facts)


def periods() -> dict[str, float]:
    """Begin of today and of this month as Unix time, by the clock and time zone of this computer."""
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return {"daily": midnight.timestamp(), "monthly": midnight.replace(day=1).timestamp()}


def check_limits(connection: sqlite3.Connection, limits: Sequence[Limit], price: CallPrice | None) -> None:
    """Raise BudgetError if another charged call, of that expected price, would exceed a limit."""
    for limit in limits:
        used, needed = limit.used(connection), limit.share(price)
        if limit.exceeded(used, needed):
            raise limit.error(used, needed)


def charged_since(connection: sqlite3.Connection, since: float) -> int:
    """Calls since that Unix time that were charged, or may be."""
    query = "SELECT COUNT(*) FROM calls WHERE created >= ? AND charged != 'no'"
    return int(connection.execute(query, (since,)).fetchone()[0])
