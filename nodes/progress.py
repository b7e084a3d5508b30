"""Progress of a run by time: one call takes seconds to minutes, and the service reports no percentage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..volcv_client.calls.call import Call, Phase

AT_SERVICE = (Phase.WORKING, Phase.GENERATING)
ARRIVING = (Phase.DOWNLOADING, Phase.DECODING)
MOST = 0.9
"""Share of a call that is shown as done after the model's usual seconds; later it approaches 1 without reaching it."""


@dataclass(frozen=True)
class Course:
    """``done``: ended calls, with the parts of those under way; ``left``: seconds until the last one, 0 if unknown."""

    done: float
    left: int


def course(calls: Sequence[Call], usual: float, now: float) -> Course:
    """Where a run stands. ``usual``: seconds that the model takes; ``now``: of :func:`time.monotonic`."""
    elapsed = [now - call.phase_since for call in calls if call.phase in AT_SERVICE]
    arriving = sum(call.phase in ARRIVING for call in calls)
    ended = sum(call.ended for call in calls)
    waiting = len(calls) - ended - arriving - len(elapsed)
    done = ended + arriving * MOST + sum(part(seconds / usual) for seconds in elapsed)
    if not elapsed:
        return Course(done, 0)
    rounds = math.ceil(waiting / len(elapsed))
    return Course(done, max(0, round(usual - min(elapsed))) + round(rounds * usual))


def part(share: float) -> float:
    """Displayed part of a call after this share of the usual time; below 1."""
    return MOST * share if share < 1 else 1 - (1 - MOST) / share
