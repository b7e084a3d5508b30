"""What was charged, counted over the journal. A deleted call stays counted; the sandbox's never are."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..errors import BudgetError


@dataclass(frozen=True)
class Spending:
    """Charged calls of one model. ``cost``: sum of the costs that the gateway stated, None if it stated none;
    ``unknown``: further calls that may have been charged, because no answer arrived."""

    req_key: str
    calls: int
    cost: float | None
    unknown: int = 0


def spending_since(connection: sqlite3.Connection, since: float) -> list[Spending]:
    """Charged calls since that Unix time by model, most calls first."""
    rows = connection.execute(
        "SELECT req_key, SUM(charged = 'yes'), SUM(cost), SUM(charged = 'maybe') FROM calls WHERE created >= ?"
        " AND charged != 'no' AND state NOT IN ('sending', 'sent') GROUP BY req_key ORDER BY 2 DESC, req_key",
        (since,),
    )
    return [Spending(*row) for row in rows]


LIMIT_ERRORS = {"daily": "daily_limit", "monthly": "monthly_limit"}


@dataclass(frozen=True)
class Limit:
    """The most charged calls of a period ("daily" or "monthly") that began at ``since`` (Unix time)."""

    period: str
    since: float
    most: int

    def error(self, needed: int, left: int) -> BudgetError:
        return BudgetError(LIMIT_ERRORS[self.period], limit=self.most, needed=needed, left=left)


def periods() -> dict[str, float]:
    """Begin of today and of this month as Unix time, by the clock and time zone of this computer."""
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return {"daily": midnight.timestamp(), "monthly": midnight.replace(day=1).timestamp()}


def check_limits(connection: sqlite3.Connection, limits: Sequence[Limit]) -> None:
    """Raise BudgetError if another charged call would be one too many."""
    for limit in limits:
        if charged_since(connection, limit.since) >= limit.most:
            raise limit.error(1, 0)


def charged_since(connection: sqlite3.Connection, since: float) -> int:
    """Calls since that Unix time that were charged, or may be."""
    query = "SELECT COUNT(*) FROM calls WHERE created >= ? AND charged != 'no'"
    return int(connection.execute(query, (since,)).fetchone()[0])
