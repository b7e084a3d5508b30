"""Python API and command for the Volcengine CV gateway; no torch, no ComfyUI.

>>> from volcv_client import Client
>>> Client().run("high_aes_general_v14", prompt="a red fox").pictures[0].save("fox.png")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .calls.batch import BatchRun, RunResult
    from .catalog import all_models as models
    from .client import Client
    from .config import Profile
    from .errors import Cancelled, VolcvError
    from .request.plan import Plan
    from .request.price import Estimate
    from .store.result import Result, ResultFile

_MODULES = {
    "BatchRun": "calls.batch",
    "RunResult": "calls.batch",
    "models": "catalog",
    "Client": "client",
    "Profile": "config",
    "Cancelled": "errors",
    "VolcvError": "errors",
    "Plan": "request.plan",
    "Estimate": "request.price",
    "Result": "store.result",
    "ResultFile": "store.result",
}
"""Public name -> its module: lazy import, because the start of ComfyUI and of the command waits for this package."""


__all__ = [
    "BatchRun",
    "Cancelled",
    "Client",
    "Estimate",
    "Plan",
    "Profile",
    "Result",
    "ResultFile",
    "RunResult",
    "VolcvError",
    "models",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), "all_models" if name == "models" else name)
