"""The paid calls of a check, planned: which models and questions, with what inputs, for how much."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from .. import catalog
from ..catalog.examples import example_of, picture_path
from ..catalog.spec import Combo, Integer, Model, VideoLength
from ..client import Client
from ..errors import InputError
from ..images.example_masks import example_masks
from ..images.image import Mask
from ..request.body import draft
from ..request.inputs import holds
from ..request.plan import Plan
from ..request.price import Estimate
from .cards import card
from .probes import DEFAULT_MODELS, PROBES, Probe, Variant

SIDES = ("width", "height", "size")
"""Inputs that set the size of the result."""
AT_ONCE = 4
"""Most paid calls that are sent at the same time to see how many the service takes."""
PLAIN = Variant()


@dataclass(frozen=True)
class Try:
    """One way to ask, planned. ``fields``: the JSON body without pictures."""

    variant: Variant
    plan: Plan
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One question, or a plain run of a model: at most one charged call. ``req_key`` of the model."""

    req_key: str
    probe: Probe | None
    tries: tuple[Try, ...]
    price: Estimate

    @property
    def fact(self) -> str:
        """The fact that is asked for; empty for a plain run."""
        return self.probe.fact if self.probe else ""


@dataclass(frozen=True)
class Program:
    """The steps in order, and ``burst``: calls that are sent at the same time, if there are any."""

    steps: tuple[Step, ...]
    burst: Plan | None
    burst_price: Estimate | None

    @property
    def calls(self) -> int:
        """Most calls that are charged."""
        return len(self.steps) + (len(self.burst.calls) if self.burst else 0)

    def prices(self) -> Iterator[Estimate]:
        yield from (step.price for step in self.steps)
        if self.burst_price:
            yield self.burst_price


def program(client: Client, keys: Sequence[str], spend: int) -> Program:
    """What a live check of these models does with at most ``spend`` charged calls. Nothing is sent.

    Without models the default ones are run, and what is left goes to the questions about others. Raises InputError
    for an unknown model.
    """
    chosen = list(dict.fromkeys(keys or DEFAULT_MODELS))
    questions = [(key, [probe for probe in PROBES if probe.model == key]) for key in chosen]
    wanted: list[tuple[str, Probe | None]] = [(key, probes[0] if probes else None) for key, probes in questions]
    wanted += [(key, probe) for key, probes in questions for probe in probes[1:]]
    if not keys:
        wanted += [(probe.model, probe) for probe in PROBES if probe.model not in chosen]
    steps = tuple(step(client, key, probe) for key, probe in wanted[:spend])
    at_once = min(AT_ONCE, spend - len(steps))
    plain = next((one for one in steps if not one.probe and not is_task(one.tries[0].plan)), None)
    if at_once < 2 or plain is None:
        return Program(steps, None, None)
    burst = client.plan(**inputs_of(plain.req_key), count=at_once)
    return Program(steps, burst, client.estimate(burst))


def is_task(plan: Plan) -> bool:
    return bool(plan.model.mode(plan.calls[0].given).result_action)


def step(client: Client, key: str, probe: Probe | None) -> Step:
    """A question, or the cheapest run of a model. Raises InputError for an unknown model."""
    inputs = inputs_of(key, probe)
    plan = client.plan(**inputs)
    tries = tuple(planned(client, plan, variant) for variant in (probe.variants if probe else (PLAIN,)))
    req_key = str(tries[0].fields["req_key"])
    return Step(req_key, probe, tries, client.estimate(tries[0].plan))


def planned(client: Client, plan: Plan, variant: Variant) -> Try:
    """The plan of a variant; one with other fields is sent through the model that takes any req_key."""
    if variant.fields:
        plan = with_fields(client, plan, variant.fields)
    return Try(variant, plan, draft(plan.model, plan.calls[0].given).body)


def with_fields(client: Client, plan: Plan, fields: Mapping[str, Any]) -> Plan:
    """The plan of the same request with other fields, None for one that is left out."""
    drafted = draft(plan.model, plan.calls[0].given)
    body = {name: value for name, value in {**drafted.body, **fields}.items() if value is not None}
    places = count(1)
    images = {
        "mask" if isinstance(item.image, Mask) else f"image_{next(places)}": [item.image]
        for item in drafted.attachments
    }
    req_key, mode = body.pop("req_key"), "task" if drafted.mode.result_action else "synchronous"
    return client.plan("any", req_key=req_key, mode=mode, body=json.dumps(body), **images)


def inputs_of(key: str, probe: Probe | None = None) -> dict[str, Any]:
    """Arguments of :meth:`Client.plan` for the cheapest request of a model, with what a probe wants of it."""
    try:
        model = catalog.model(key)
    except KeyError:
        raise InputError("unknown_model", name=key) from None
    inputs = {**cheapest(model), **model.choices_of_req_key().get(key, {})}
    if probe is None:
        return {"key": model, **inputs, **example_pictures(model)}
    return {"key": model, **inputs, **probe.values, **{name: card(one) for name, one in probe.pictures.items()}}


def cheapest(model: Model) -> dict[str, Any]:
    """The values of the model's example with the smallest size, one picture, the shortest video, and a fixed seed."""
    values = dict(example_of(model).values)
    for input_ in model.all_inputs():
        if isinstance(input_, Combo) and any({*SIDES} & {*input_.implied(label)} for label in input_.options):
            values.pop(input_.name, None)
        elif isinstance(input_, Integer) and input_.name in SIDES:
            values[input_.name] = max(input_.low, math.ceil(input_.advice.low) if input_.advice else 0)
    for area in model.areas:
        if holds(area.only_if, model, {**model.defaults(), **values}):
            least = max(math.ceil(math.sqrt(area.low)), area.sides[0])
            values |= {name: max(values.get(name, 0), least) for name in (area.width, area.height)}
    if model.single_field:
        values[model.single_field] = True
    if model.video_length:
        values |= shortest(model, model.video_length)
    seeded = any(input_.name == "seed" for input_ in model.all_inputs())
    return {"seed": 1, **values} if seeded else values


def shortest(model: Model, length: VideoLength) -> dict[str, str]:
    """The choice that makes the shortest video."""
    for combo in model.all_inputs():
        if isinstance(combo, Combo):
            values = {label: combo.implied(label).get(length.field) for label in combo.options}
            known = {label: length.seconds[value] for label, value in values.items() if value in length.seconds}
            if known:
                return {combo.name: min(known, key=known.__getitem__)}
    return {}


def example_pictures(model: Model) -> dict[str, Any]:
    """The pictures of the model's example as paths, and its masks as ``[H, W]`` arrays."""
    files = {name: picture_path(picture) for name, picture in example_of(model).pictures.items()}
    return {**files, **example_masks(model)}
