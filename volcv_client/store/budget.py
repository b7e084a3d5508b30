"""What was charged today and this month beside the profile's limits, for the results panel and ``volcv history``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import config
from ..config import Profile
from ..errors import SetupError
from .results import ResultStore
from .spending import Spending, periods


@dataclass(frozen=True)
class Budget:
    """Charged calls since ``since`` (Unix time). ``limit``: most of them, 0 for no limit; ``left``: calls that it
    still allows, which also counts calls that may have been charged and calls at the service."""

    since: float
    spent: Sequence[Spending]
    limit: int
    left: int

    @property
    def calls(self) -> int:
        return sum(one.calls for one in self.spent)

    @property
    def unknown(self) -> int:
        """Further calls that may have been charged, because no answer arrived."""
        return sum(one.unknown for one in self.spent)


def limits_of(profile: Profile) -> dict[str, int]:
    """Limits of charged calls by period, 0 for none; the sandbox charges nothing."""
    if profile.name == config.SANDBOX:
        return {"daily": 0, "monthly": 0}
    return {"daily": profile.daily_limit, "monthly": profile.monthly_limit}


def active_limits() -> dict[str, int]:
    """Limits of the active profile; none while its settings cannot be read, because nothing is sent then."""
    try:
        return limits_of(config.profile())
    except SetupError:
        return {"daily": 0, "monthly": 0}


def budgets(store: ResultStore, limits: Mapping[str, int]) -> dict[str, Budget]:
    """The periods "daily" and "monthly". Raises StoreError if the journal cannot be read."""
    found = {}
    for period, since in periods().items():
        limit = limits[period]
        left = max(0, limit - store.charged_since(since)) if limit else 0
        found[period] = Budget(since, store.spending_since(since), limit, left)
    return found
