"""Advice that depends on the model of a call: the same refusal has other likely causes on another model."""

from __future__ import annotations

from ..catalog.spec import Mode, Model
from ..errors import VolcvError
from .codes import GAVE_UP

ON_ANY_MODEL = {"50400": "50400_any", "model_not_found": "model_not_found_any"}
"""Error key -> its key on the model whose req_key the user types: a misspelt one is likely, and no retry helps it."""

TASK_MODE_HELPS = {f"http_{status}" for status in GAVE_UP}


def advise(error: VolcvError, model: Model, mode: Mode) -> None:
    """Set the key and the hint of an error that a call of ``model`` in ``mode`` ended with."""
    if model.any_req_key:
        error.key = ON_ANY_MODEL.get(error.key, error.key)
    has_tasks = any(other.result_action for other in model.modes.values())
    if error.key in TASK_MODE_HELPS and has_tasks and not mode.result_action:
        error.hint = "task_mode"
