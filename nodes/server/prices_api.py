"""Backend of the price on a node: prices of the active profile, and what of a node's inputs decides them.

Imports no ComfyUI, no aiohttp. Open to every client of ComfyUI: it holds no secret and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ...volcv_client import config
from ...volcv_client.catalog import all_models
from ...volcv_client.catalog.spec import Combo, Model, Switch
from ...volcv_client.config.prices import PriceTable
from ...volcv_client.errors import SetupError
from ...volcv_client.request.price import Rate, rate
from .settings import Reply


def prices(revision: str = "") -> Reply:
    """``{"revision", "sandbox", "currency", "prices", "nodes"}``; only ``revision`` if it is the given one.

    ``prices``: req_key -> :func:`rate_json`, from the profile's own table or the list; the req_key ``*`` is every
    other, if the table has it. Empty for the sandbox, which charges nothing. ``nodes``: see :func:`node_json`.
    """
    try:
        profile = config.profile()
    except SetupError as error:
        return 503, {"error": str(error)}
    sandbox = profile.name == config.SANDBOX
    table = PriceTable.parse(profile.prices)
    body = {
        "sandbox": sandbox,
        "currency": table.currency,
        "prices": {} if sandbox else rates(table),
        "nodes": {model.node_id: node_json(model) for model in all_models()},
    }
    current = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]
    return 200, {"revision": current, **({} if revision == current else body)}


def rates(table: PriceTable) -> dict[str, Any]:
    """Prices by req_key: of every declared one that has a price, and of every one that the table names."""
    declared = {key: model for model in all_models() if not model.any_req_key for key in model.req_keys}
    keys = dict.fromkeys([*declared, *table.prices])
    found = {key: rate(declared.get(key), key, table) for key in keys}
    return {key: rate_json(one, declared.get(key), key) for key, one in found.items() if one is not None}


def rate_json(one: Rate, model: Model | None, req_key: str) -> dict[str, Any]:
    """``per``: "picture", "call" or "second". ``own``: from the profile's table; else a list price, which has the date
    and the address of its source."""
    facts = {"amount": one.amount, "currency": one.currency, "per": one.per, "own": one.own}
    if one.own or model is None:
        return facts
    listed = model.prices[req_key]
    return {**facts, "date": listed.date, "source": listed.source, "confidence": listed.confidence.value}


def node_json(model: Model) -> dict[str, Any]:
    """What of a node's inputs decides its price, by input id and label as the node shows them.

    ``req_key``: that of the defaults; null if the input ``req_key`` names it. ``choices``: further req_keys with the
    values of inputs that choose them. ``seconds``: input -> label -> seconds of the video. ``single``: switch that must
    be on for one picture per call; without it the price of a call is the least. ``pictures``: sockets of which the one
    with the largest batch multiplies the calls.
    """
    length = model.video_length
    combos = [one for one in model.all_inputs() if isinstance(one, Combo)]
    values = {
        one.name: {
            label: length.seconds[value]
            for label in one.options
            if (value := one.implied(label).get(length.field)) in length.seconds
        }
        for one in combos
        if length and any(length.field in one.implied(label) for label in one.options)
    }
    single = [one.name for one in model.all_inputs() if isinstance(one, Switch) and model.single_field in one.paths]
    return {
        "req_key": None if model.any_req_key else model.req_key,
        "choices": model.choices_of_req_key(),
        "seconds": values,
        "single": single[0] if single else "",
        "pictures": [picture.name for picture in model.pictures()],
    }
