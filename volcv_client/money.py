"""Amounts of money for people. Every amount in this package is an estimate from list prices, never a bill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from .messages import say

Per: TypeAlias = Literal["picture", "call", "second"]
"""What a price is paid for: each picture of an answer, a call, or a second of the video."""

UNITS: tuple[Per, ...] = get_args(Per)
DEFAULT_CURRENCY = "CNY"
DIGITS = 4
"""Decimal places of amounts; prices of a thousandth exist, and sums of floats carry noise beyond that."""


@dataclass(frozen=True)
class CallPrice:
    """Expected price of one call: ``amount`` in ``currency`` for the call, or for each picture of its answer if
    ``per_picture``. ``exact``: the answer holds one picture at most, so that the amount is not a lower bound."""

    amount: float
    currency: str
    per_picture: bool = False
    exact: bool = True

    def total(self, pictures: int) -> float:
        """The amount for an answer with so many pictures; at least one is charged."""
        return round(self.amount * (max(1, pictures) if self.per_picture else 1), DIGITS)


def money(amount: float, currency: str) -> str:
    """Such as "CNY 0.88": two decimal places, more only where they say something."""
    whole, digits = f"{amount:.{DIGITS}f}".split(".")
    return f"{currency} {whole}.{digits.rstrip('0').ljust(2, '0')}"


def estimated(amounts: Mapping[str, float]) -> str:
    """Amounts by currency, such as "about CNY 0.88, estimated"; empty if there are none."""
    if not amounts:
        return ""
    return say("money.estimated", amount=" + ".join(money(amounts[currency], currency) for currency in sorted(amounts)))
