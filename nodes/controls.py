"""What a Volcv_control node hands on."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class ControlLink:
    """A control, after the ones before it."""

    image: Tensor
    control_type: str
    strength: float
    previous: ControlLink | None = None

    def chain(self) -> list[ControlLink]:
        """All controls in the order in which they were connected."""
        return [*(self.previous.chain() if self.previous else ()), self]
