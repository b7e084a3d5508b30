"""From the inputs of a run to its calls. Planning costs nothing and needs no connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..catalog.inputs import INT_MAX, Given
from ..catalog.shared import COUNT, ON_REFUSAL, RUN_OPTIONS
from ..catalog.spec import Controls, MaskPicture, Model
from ..errors import InputError
from ..images.image import Image
from ..messages import say
from .inputs import check, json_fields


@dataclass(frozen=True)
class PlannedCall:
    """One call: its inputs, its seed if it is known, and whether the service draws at random."""

    given: Given
    seed: int | None
    random: bool


@dataclass(frozen=True)
class Plan:
    """The calls of a run in order, notes about its inputs, and what a refused call means for it (``on_refusal``)."""

    model: Model
    calls: tuple[PlannedCall, ...]
    notes: tuple[str, ...]
    on_refusal: str


def plan(model: Model, given: Given) -> Plan:
    """The calls that a run of these inputs makes: ``count`` for each picture of a batch.

    ``given``: see :mod:`..catalog.inputs`; here every image is a batch, a sequence of images for one call each or of
    a single image for all calls. What is missing or None has its default. Raises InputError for inputs that cannot
    work.
    """
    defaults = model.defaults() | {option.name: option.default for option in RUN_OPTIONS}
    given = defaults | {name: value for name, value in given.items() if value is not None}
    seeds = seeds_of(given)
    notes = dict.fromkeys([say("note.retiring", successor=model.successor)] if model.successor else [])
    calls = []
    for inputs in split(model, given, len(seeds)):
        notes |= dict.fromkeys(drop_empty_masks(model, inputs))
        for seed in seeds:
            call = inputs | seed
            notes |= dict.fromkeys(check(model, call))
            calls.append(planned(model, call))
    return Plan(model, tuple(calls), tuple(notes), given[ON_REFUSAL.name])


def seeds_of(given: Given) -> list[dict[str, int]]:
    """The seed of each call for one picture, as inputs: seed, seed + 1, ...; empty ones if the service picks."""
    COUNT.check(given)
    count, seed = given[COUNT.name], given.get("seed", -1)
    if not isinstance(seed, int) or seed < 0:
        return [{}] * count
    if seed + count - 1 > INT_MAX:
        raise InputError("seed_too_high", seed=seed, count=count, high=INT_MAX - count + 1)
    return [{"seed": seed + offset} for offset in range(count)]


def split(model: Model, given: Given, count: int) -> list[dict[str, Any]]:
    """The inputs of one picture each, for ``count`` calls. Raises InputError if batch sizes do not match."""
    batches: dict[str, Sequence[Image]] = {
        picture.name: given[picture.name] for picture in model.pictures() if picture.name in given
    }
    controls = {i.name: given[i.name] for i in model.inputs if isinstance(i, Controls) and i.name in given}
    sizes = {name: len(batch) for name, batch in batches.items()}
    for name, items in controls.items():
        sizes |= {f"{name} {number}": len(control.image) for number, control in enumerate(items, 1)}
    longest = max([1, *sizes.values()])
    if any(size not in (1, longest) for size in sizes.values()):
        raise InputError("batch_mismatch", sizes=", ".join(f"{name}: {size}" for name, size in sizes.items()))

    def spread(batch: Sequence[Image]) -> Sequence[Image]:
        repeats = longest // len(batch)
        return [image.share() if count * repeats > 1 else image for image in batch] * repeats

    images = {name: spread(batch) for name, batch in batches.items()}
    links = {name: [replace(item, image=spread(item.image)) for item in items] for name, items in controls.items()}
    return [
        {
            **given,
            **{name: batch[place] for name, batch in images.items()},
            **{name: [replace(item, image=item.image[place]) for item in items] for name, items in links.items()},
        }
        for place in range(longest)
    ]


def drop_empty_masks(model: Model, inputs: dict[str, Any]) -> list[str]:
    """Remove masks that select nothing; notes about them. Raises InputError if the model needs one."""
    notes = []
    for mask in model.pictures():
        if isinstance(mask, MaskPicture) and mask.name in inputs and inputs[mask.name].empty:
            if mask.required:
                raise InputError("empty_mask", name=mask.name)
            del inputs[mask.name]
            notes.append(say("note.empty_mask", name=mask.name))
    return notes


def planned(model: Model, given: Mapping[str, Any]) -> PlannedCall:
    """The call, with the seed that its body will carry: that of the user's own JSON or that of the input."""
    seed = json_fields(model, given).get("seed")
    if type(seed) is not int or seed > INT_MAX:
        seed = given.get("seed", -1)
    known = seed >= 0
    return PlannedCall(given, seed if known else None, not known and not model.repeatable)
