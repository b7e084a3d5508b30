"""What was charged today and this month beside the profile's limits, for the results panel and ``volcv history``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import config
from ..config import Profile
from ..config.prices import PriceTable
from ..errors import SetupError
from ..money import DIGITS
from .results import ResultStore
from .spending import Limit, Spending, periods


@dataclass(frozen=True)
class Allowed:
    """A limit of a period and what is left of it; ``most`` 0: no limit."""

    most: float = 0
    left: float = 0


@dataclass(frozen=True)
class Budget:
    """Charged calls since ``since`` (Unix time). ``limit``: of calls; ``money``: of their estimated price, in
    ``currency``. What is left of either also counts calls that may have been charged and calls at the service."""

    since: float
    spent: Sequence[Spending]
    limit: Allowed = Allowed()
    money: Allowed = Allowed()
    currency: str = ""

    @property
    def calls(self) -> int:
        return sum(one.calls for one in self.spent)

    @property
    def unknown(self) -> int:
        """Further calls that may have been charged, because no answer arrived."""
        return sum(one.unknown for one in self.spent)

    @property
    def unpriced(self) -> int:
        """How many of ``calls`` are not in ``amounts``, because no price was known."""
        return sum(one.unpriced for one in self.spent)

    @property
    def amounts(self) -> Mapping[str, float]:
        """Estimated charge by currency."""
        found: dict[str, float] = {}
        for one in self.spent:
            for currency, amount in one.amounts.items():
                found[currency] = round(found.get(currency, 0) + amount, DIGITS)
        return found


def limits_of(profile: Profile) -> list[Limit]:
    """Limits of charged calls and of money; none for the sandbox, which charges nothing."""
    if profile.name == config.SANDBOX:
        return []
    calls = {"daily": profile.daily_limit, "monthly": profile.monthly_limit}
    amounts = {"daily": profile.daily_budget, "monthly": profile.monthly_budget}
    currency = PriceTable.parse(profile.prices).currency
    limits = []
    for period, since in periods().items():
        limits += [Limit(period, since, calls[period])] if calls[period] else []
        limits += [Limit(period, since, amounts[period], currency)] if amounts[period] else []
    return limits


def active_limits() -> list[Limit]:
    """Limits of the active profile; none while its settings cannot be read, because nothing is sent then."""
    try:
        return limits_of(config.profile())
    except SetupError:
        return []


def budgets(store: ResultStore, limits: Sequence[Limit]) -> dict[str, Budget]:
    """The periods "daily" and "monthly". Raises StoreError if the journal cannot be read."""
    found = {}
    for period, since in periods().items():
        allowed = {one.currency: Allowed(one.most, one.left(store.used(one))) for one in limits if one.period == period}
        calls = allowed.pop("", Allowed())
        currency, amount = next(iter(allowed.items()), ("", Allowed()))
        found[period] = Budget(since, store.spending_since(since), calls, amount, currency)
    return found
