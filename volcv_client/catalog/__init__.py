"""The models: one declaration per req_key, each in a file of its own."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from . import models
from .spec import Model


def all_models() -> tuple[Model, ...]:
    """Every declared model, ordered by group and title. Each declaration file holds one ``MODEL``."""
    names = sorted(m.name for m in iter_modules(models.__path__))
    declared = [import_module(f"{models.__name__}.{name}").MODEL for name in names]
    return tuple(sorted(declared, key=lambda model: (model.group, model.title)))


def model(key: str) -> Model:
    """The model with that req_key, node id or name of a family; KeyError if there is none."""
    for declared in all_models():
        if key in (declared.node_id, declared.name or declared.req_key, *declared.req_keys):
            return declared
    raise KeyError(key)


__all__ = ["Model", "all_models", "model"]
