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
    """The form of the pictures that was accepted. ``likeness`` of the answer to the test picture, -1..1, tells a reader
    whether an accepted picture was looked at as well: a service may ignore a field that it does not know."""

    def find(self, asked: Asked, answer: Answer) -> Finding:
        if asked.picture is None:
            return Finding(asked.form)
        sent = asked.picture.astype(np.float32).mean(axis=2)
        seen = resized(answer, asked.picture).mean(axis=2)
        sent, seen = sent - sent.mean(), seen - seen.mean()
        scale = float(np.sqrt((sent**2).sum() * (seen**2).sum()))
        return Finding(asked.form, {"likeness": round(float((sent * seen).sum()) / scale, 2) if scale else 0.0})


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
        difference = np.abs(resized(answer, asked.picture) - asked.picture).mean(axis=2)
        softened = np.asarray(PIL.Image.fromarray(asked.mask).filter(ImageFilter.BoxBlur(CORE)))
        white, black = (float(difference[softened == level].mean()) for level in (255, 0))
        numbers = {"white": round(white, 1), "black": round(black, 1)}
        for name, change, other in (("white", white, black), ("black", black, white)):
            if change > max(CHANGED, TIMES * other):
                return Finding(name, numbers)
        return Finding("", numbers)


def resized(answer: Answer, picture: Pixels) -> NDArray[np.float32]:
    """The answer in 0..255, as large as the test picture."""
    image = PIL.Image.fromarray(np.rint(answer * 255).astype(np.uint8))
    return np.asarray(image.resize((picture.shape[1], picture.shape[0])), np.float32)
