"""The models: one declaration per req_key, each in a file of its own."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from . import models
from .spec import Model


def all_models() -> tuple[Model, ...]:
    """Every declared model, ordered by group and title. Each declaration file holds one ``MODEL``."""
    names = sorted(m.name for m in iter_modules(models.__path__))
    found = [import_module(f"{models.__name__}.{name}").MODEL for name in names]
    return tuple(sorted(found, key=lambda model: (model.group, model.title)))


def model(key: str) -> Model:
    """The model with that req_key, node id or name of a family; KeyError if there is none."""
    for one in all_models():
        if key in (one.node_id, one.name or one.req_key, *one.req_keys):
            return one
    raise KeyError(key)


__all__ = ["Model", "all_models", "model"]
