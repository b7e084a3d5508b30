"""Advice that depends on the model of a call: the same refusal has other likely causes on another model."""

from __future__ import annotations

from ..catalog.spec import Mode, Model
from ..errors import VolcvError
from .codes import GAVE_UP

ON_ANY_MODEL = {"50400": "50400_any", "model_not_found": "model_not_found_any"}
"""Error key -> its key on the model whose req_key the user types: a misspelt one is likely, and no retry helps it."""

RETURN_URL = "return_url"
"""The switch of a model whose pictures come inside the answer or as links: another way on if one of the two fails."""

TASK_MODE_HELPS = {f"http_{status}" for status in GAVE_UP}


def advise(error: VolcvError, model: Model, mode: Mode) -> None:
    """Set the key and the hint of an error that a call of ``model`` in ``mode`` ended with, and its variant."""
    advise_on_form(error, model)
    if model.any_req_key:
        error.key = ON_ANY_MODEL.get(error.key, error.key)
    has_tasks = any(other.result_action for other in model.modes.values())
    if error.key in TASK_MODE_HELPS and has_tasks and not mode.result_action:
        error.hint = "task_mode"


def advise_on_form(error: VolcvError, model: Model) -> None:
    """Let the advice name :data:`RETURN_URL` only if the model has it."""
    if any(input_.name == RETURN_URL for input_ in model.all_inputs()):
        error.variant = RETURN_URL
