"""A profile's own price table, because gateways have their own prices.

``prices`` of a profile holds a currency and amounts, separated by commas, semicolons or line breaks:
``USD, 0.1, jimeng_t2i_v40=0.2, jimeng_ti2v_v30_pro=0.15/second``. An amount without a req_key is that of every other
req_key (``*=0.1``); the unit is ``/call`` unless it says ``/picture`` or ``/second``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from ..money import DEFAULT_CURRENCY, UNITS, Per

SEPARATORS = re.compile(r"[\s,;\u3001\uff0c\uff1b]+")
AROUND_SIGNS = re.compile(r"\s*([=/])\s*")
CURRENCY = re.compile(r"[A-Za-z]{3}")
ENTRY = re.compile(rf"(?:(\*|[A-Za-z0-9_.-]+)=)?(\d{{1,6}}(?:\.\d{{1,6}})?)(?:/({'|'.join(UNITS)}))?")
EVERY_OTHER = "*"


@dataclass(frozen=True)
class OwnPrice:
    """An amount in the table's currency."""

    amount: float
    per: Per = "call"


@dataclass(frozen=True)
class PriceTable:
    """Prices by req_key; ``*`` is every other req_key. ``currency``: three letters (ISO 4217)."""

    currency: str = DEFAULT_CURRENCY
    prices: Mapping[str, OwnPrice] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> PriceTable:
        """The table of a profile's ``prices``. Raises ValueError for text that is none."""
        currency, prices = "", dict[str, OwnPrice]()
        for entry in filter(None, SEPARATORS.split(AROUND_SIGNS.sub(r"\1", text))):
            if CURRENCY.fullmatch(entry) and not currency:
                currency = entry.upper()
                continue
            found = ENTRY.fullmatch(entry)
            key = (found[1] or EVERY_OTHER) if found else ""
            if not found or key in prices:
                raise ValueError
            prices[key] = OwnPrice(float(found[2]), cast(Per, found[3] or "call"))
        if currency and not prices:
            raise ValueError
        return cls(currency or DEFAULT_CURRENCY, prices)

    def __str__(self) -> str:
        """The table as text that :meth:`parse` reads; empty for an empty table."""
        entries = [
            f"{key}={one.amount:.6f}".rstrip("0").rstrip(".") + ("" if one.per == "call" else f"/{one.per}")
            for key, one in self.prices.items()
        ]
        return ", ".join([self.currency, *entries]) if entries else ""

    def price(self, req_key: str) -> OwnPrice | None:
        return self.prices.get(req_key) or self.prices.get(EVERY_OTHER)


def canonical_prices(text: str) -> str:
    """``prices`` in canonical form: the currency first. Raises ValueError for text that is no price table."""
    return str(PriceTable.parse(text))
