"""What a measurement yields, and how to time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """One figure. ``limit`` is the target: at most it if ``most``, else at least it; None for a mere fact."""

    suite: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    most: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if there is none."""
        if self.limit is None:
            return None
        return self.value <= self.limit if self.most else self.value >= self.limit

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}

    def cells(self) -> tuple[str, str, str, str]:
        sign = "<=" if self.most else ">="
        target = "" if self.limit is None else f"{sign} {self.limit:g}"
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        value = f"{self.value:g}" if float(self.value).is_integer() else f"{self.value:.3g}"
        return f"{self.suite}: {self.name}", f"{value} {self.unit}".strip(), target, verdict


def interleaved(work: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Seconds of each piece of work: its best of ``rounds``, with all of them taking turns.

    Who begins changes from round to round: the one after a slow and greedy one finds cold caches.
    """
    best = [float("inf")] * len(work)
    for one in work:
        one()
    for number in range(rounds):
        for turn in range(len(work)):
            place = (number + turn) % len(work)
            one = work[place]
            began = time.perf_counter()
            one()
            best[place] = min(best[place], time.perf_counter() - began)
    return best


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
