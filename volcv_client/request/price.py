"""What calls are expected to cost: the profile's own price table, else the list price of the declaration.

Always an estimate: the service's bill decides, a gateway may ask for something else than its list says, and a result
that is already stored costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import catalog, config
from ..catalog.spec import Model, VideoLength
from ..config import Profile
from ..config.prices import PriceTable
from ..money import DEFAULT_CURRENCY, DIGITS, CallPrice, Per
from .body import draft
from .plan import Plan


@dataclass(frozen=True)
class Estimate:
    """Expected price of a run. ``calls``: how many it makes. ``amount``: None if the price of a call is not known.

    ``exact`` is False where the amount is a lower bound: the model may return several pictures, each of them charged.
    """

    calls: int
    amount: float | None
    currency: str
    exact: bool


def estimate(plan: Plan, profile: Profile) -> Estimate:
    """Calls and expected price of a plan for that profile. Nothing is sent and no picture is read."""
    prices = [call_price(plan.model, draft(plan.model, call.given).body, profile) for call in plan.calls]
    known = [price for price in prices if price is not None]
    currency = known[0].currency if known else DEFAULT_CURRENCY
    if len(known) < len(prices):
        return Estimate(len(prices), None, currency, exact=False)
    amount = round(sum(price.amount for price in known), DIGITS)
    return Estimate(len(prices), amount, currency, all(price.exact for price in known))


@dataclass(frozen=True)
class Rate:
    """A price of a req_key before it is applied to a call. ``own``: from the profile's own table."""

    amount: float
    per: Per
    currency: str
    own: bool


def rate(model: Model | None, req_key: str, table: PriceTable) -> Rate | None:
    """The price of a req_key: that of the profile's own table, else the list price; None if neither has one.

    ``model``: its declaration, if there is one.
    """
    if own := table.price(req_key):
        return Rate(own.amount, own.per, table.currency, own=True)
    listed = model.prices.get(req_key) if model else None
    return Rate(listed.amount, listed.per, listed.currency, own=False) if listed else None


def call_price(model: Model, body: Mapping[str, Any], profile: Profile) -> CallPrice | None:
    """Expected price of the call with that JSON body.

    None if nobody states a price, or if it is per second and the length of the video is not known; the sandbox
    charges nothing and has none either.
    """
    if profile.name == config.SANDBOX:
        return None
    req_key = str(body.get("req_key", ""))
    declared = declaration(req_key) if model.any_req_key else model
    found = rate(declared, req_key, PriceTable.parse(profile.prices))
    if found is None:
        return None
    if found.per == "second":
        seconds = seconds_of(declared.video_length if declared else None, body)
        return None if seconds is None else CallPrice(round(found.amount * seconds, DIGITS), found.currency)
    field = declared.single_field if declared else ""
    per_picture = found.per == "picture"
    return CallPrice(found.amount, found.currency, per_picture, not (per_picture and field) or body.get(field) is True)


def seconds_of(length: VideoLength | None, body: Mapping[str, Any]) -> float | None:
    """Seconds of the video that a body asks for; None if it does not say, or the model's page does not."""
    value = body.get(length.field) if length else None
    return length.seconds.get(value) if length and isinstance(value, (int, str)) else None


def declaration(req_key: str) -> Model | None:
    """The declared model of a req_key that the user named."""
    try:
        return catalog.model(req_key)
    except KeyError:
        return None
