"""Code that stands in the git checkout only: what measures and what fails on demand is not in the published package."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from .parser import UsageError

CHECKOUT = Path(__file__).resolve().parents[2]


def load(module: str, otherwise: str) -> Any:
    """A module of the checkout; UsageError that says ``otherwise`` without one."""
    path = CHECKOUT.joinpath(*module.split("."))
    if not (path.is_dir() or path.with_suffix(".py").is_file()):
        raise UsageError(otherwise)
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    return import_module(module)
