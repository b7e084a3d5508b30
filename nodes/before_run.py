"""What ComfyUI asks of a node before a prompt runs: can it run, and do its cached outputs still hold?

Imports no ComfyUI and nothing that sends. The host's rules (execution.py of ComfyUI 0.33):

- ``validate_inputs`` gets the inputs named in its signature, as far as the prompt has them; a linked one is None. Its
  text is reported at each of them.
- A named number is no longer checked for min and max, a named combo not for its options; other inputs still are.
- The value of ``fingerprint_inputs`` is part of the node's cache key. It also ends up in the prompt that is written
  into saved pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ..volcv_client import config
from ..volcv_client.catalog.shared import COUNT
from ..volcv_client.catalog.spec import Branch, Combo, Input, JsonText, Model, Numeric, Text, Widget
from ..volcv_client.errors import InputError, SetupError
from ..volcv_client.request.inputs import check_require, holds


class UnknownInputError(Exception):
    """The value of this input is not known before the run."""


class KnownInputs(Mapping[str, Any]):
    """Inputs as :data:`..volcv_client.catalog.inputs.Given`, as far as they are known before the run.

    Reading or looking for any other raises UnknownInputError, so that no check comes to a conclusion without it.
    ``known``: names of the inputs that are known, also of sockets that are known not to be connected.
    """

    def __init__(self, values: Mapping[str, Any], known: Collection[str]) -> None:
        self._values = values
        self._known = known

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            raise UnknownInputError(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def host_requires(input_: Input) -> bool:
    """Whether every prompt has the input. Advanced widgets are optional: programs that write prompts leave them out.
    So are those that older prompts lack."""
    if isinstance(input_, Widget):
        return not (input_.advanced or input_.late)
    return bool(getattr(input_, "required", False))


def checked_inputs(model: Model) -> list[str]:
    """The inputs that ``validate_inputs`` names: those that can make a run fail in ways that the host cannot see.

    As few as possible, because a refusal marks them all; but one that every prompt has, or it would be lost.
    """
    names: set[str] = set()
    for input_ in model.inputs:
        if isinstance(input_, JsonText) or (isinstance(input_, Text) and input_.required):
            names |= {input_.name, *input_.only_if}
    for require in model.requires:
        names |= {*require.any_of, *require.only_if}
    flat = [input_ for input_ in (*model.inputs, COUNT) if not isinstance(input_, Branch)]
    if not any(host_requires(input_) for input_ in flat if input_.name in names):
        names |= {input_.name for input_ in list(filter(host_requires, flat))[:1]}
    return [input_.name for input_ in flat if input_.name in names]


def input_of(model: Model, name: str) -> Input:
    """One of the :func:`checked_inputs`: ``count``, which no declaration has, or the model's own."""
    return COUNT if name == COUNT.name else model.input(name)


def refusal(model: Model, names: Collection[str], given: Mapping[str, Any]) -> str:
    """Why the node cannot run, in the user's language; empty if nothing speaks against it.

    ``names``: the model's :func:`checked_inputs`. ``given``: what the host gives for them.
    """
    try:
        check_inputs(model, names, known_inputs(model, names, given))
        config.profile().ready()
    except (InputError, SetupError) as error:
        return str(error)
    return ""


def known_inputs(model: Model, names: Collection[str], given: Mapping[str, Any]) -> KnownInputs:
    """A linked widget is unknown, a linked socket given. A widget that the prompt leaves out has its default."""
    known = set(names)
    values: dict[str, Any] = {}
    for name in names:
        input_ = input_of(model, name)
        if not isinstance(input_, Widget):
            values |= {name: ()} if name in given else {}
        elif given.get(name, input_.default) is None:
            known.remove(name)
        else:
            values[name] = given.get(name, input_.default)
    return KnownInputs(values, known)


def check_inputs(model: Model, names: Collection[str], given: KnownInputs) -> None:
    """Raises InputError for inputs that cannot work; what depends on an unknown input is left to the run."""
    for input_ in (input_of(model, name) for name in names):
        with suppress(UnknownInputError):
            limited = isinstance(input_, (Numeric, Combo))  # the host would check it in any case
            if limited or holds(input_.only_if, model, given):
                input_.check(given)
    for require in model.requires:
        with suppress(UnknownInputError):
            check_require(model, require, given)


def fingerprint(model: Model, inputs: Mapping[str, Any]) -> float | str:
    """NaN makes ComfyUI run the node again; an equal text lets its cache answer: the seed is fixed, or the model is
    deterministic (equal inputs give equal results), and the service is still the same."""
    seed = inputs.get("seed")
    fixed = model.repeatable or (isinstance(seed, int) and seed >= 0)
    return service_fingerprint() if fixed else float("nan")


def service_fingerprint() -> str:
    """Digest of the active profile's service (the sandbox, or a normalized address) and of ``reuse``. Never raises.

    A digest, because saved pictures carry it and a gateway's address may be private. Keys are no part of it: the same
    address is the same service.
    """
    try:
        profile = config.profile().ready()
    except SetupError:
        return "not configured"
    service = config.SANDBOX if profile.name == config.SANDBOX else profile.base_url
    return hashlib.sha256(f"{service} reuse={profile.reuse}".encode()).hexdigest()[:16]
