"""What an accepted request and the picture of its answer say about an open question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageFilter

from ..catalog.spec import Box
from .cards import Pixels

Answer: TypeAlias = "NDArray[np.float32]"
"""The picture of an answer: RGB ``[H, W, 3]`` in 0..1."""

CORE = 32
"""Pixels around the edge of a mask that do not count: services soften and widen it."""
CHANGED, TIMES = 3.0, 2.0
"""A region changed if its mean difference is more than so many of 255 levels, and so many times that of the other."""
TINTED = 12.0
"""Levels of 255 by which a tinted area has more red than blue, or the other way round."""


@dataclass(frozen=True)
class Asked:
    """The accepted request: ``form`` of its pictures, and the test picture and mask that it held."""

    form: str
    picture: Pixels | None = None
    mask: Pixels | None = None


@dataclass(frozen=True)
class Finding:
    """``value`` of the fact, empty if the answer does not tell; ``numbers`` that it was judged by."""

    value: str
    numbers: Mapping[str, float] = field(default_factory=dict)


class Judge(Protocol):
    """Reads the answer to an open question."""

    def find(self, asked: Asked, answer: Answer) -> Finding:
        """What the answer says. ``answer``: its first picture."""
        ...


@dataclass(frozen=True)
class Form:
    """The form of the pictures that was accepted."""

    def find(self, asked: Asked, answer: Answer) -> Finding:
        return Finding(asked.form)


@dataclass(frozen=True)
class Tint:
    """Which of two prompts was read, the red or the blue one; ``box``: the part of the answer that it paints."""

    red: str
    blue: str
    box: Box

    def find(self, asked: Asked, answer: Answer) -> Finding:
        height, width = answer.shape[:2]
        left, top, right, bottom = self.box
        part = answer[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
        tint = float(np.median(part[..., 0] - part[..., 2])) * 255
        value = self.red if tint > TINTED else self.blue if tint < -TINTED else ""
        return Finding(value, {"red_minus_blue": round(tint, 1)})


@dataclass(frozen=True)
class Region:
    """Whether the white or the black part of the mask changed."""

    def find(self, asked: Asked, answer: Answer) -> Finding:
        if asked.picture is None or asked.mask is None:
            return Finding("")
        size = asked.picture.shape[1], asked.picture.shape[0]
        seen = PIL.Image.fromarray(np.rint(answer * 255).astype(np.uint8)).resize(size)
        difference = np.abs(np.asarray(seen, np.float32) - asked.picture).mean(axis=2)
        softened = np.asarray(PIL.Image.fromarray(asked.mask).filter(ImageFilter.BoxBlur(CORE)))
        white, black = (float(difference[softened == level].mean()) for level in (255, 0))
        numbers = {"white": round(white, 1), "black": round(black, 1)}
        for name, change, other in (("white", white, black), ("black", black, white)):
            if change > max(CHANGED, TIMES * other):
                return Finding(name, numbers)
        return Finding("", numbers)
