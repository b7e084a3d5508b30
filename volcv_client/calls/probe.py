"""Proves a credential without buying anything: asks for the result of a task that does not exist."""

from __future__ import annotations

import time
import uuid

from ..answer.envelope import parse_data
from ..catalog import all_models
from ..config import Profile
from ..errors import Charged, ParameterError, VolcvError
from ..request.wire import message
from .cancel import CancelToken, SharedToken
from .service import service_for

ACTION = "CVSync2AsyncGetResult"


def probe(profile: Profile) -> float:
    """Seconds that the gateway took to accept the credential.

    A complaint about the task or the parameters comes after the credential was checked, so it counts as
    accepted, except a wrong address. Raises the fitting VolcvError for everything else. Never charged.
    """
    service = service_for(profile)
    question = message({"req_key": all_models()[0].req_key, "task_id": str(uuid.uuid4().int)[:19]})
    began = time.monotonic()
    try:
        raw = service.transport.post(ACTION, question, SharedToken(CancelToken()))
        parse_data(raw, secrets=service.profile.secrets)
    except VolcvError as error:
        error.charged = Charged.NO
        about_the_task = isinstance(error, ParameterError) and isinstance(error.code, int)
        if not about_the_task:
            raise
    return time.monotonic() - began
