"""Test pictures of the probes, as arrays; the answer's pixels are compared with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..catalog.examples import PICTURE_NAMES, picture_path

SIDE = 512
"""Width and height of a test picture in pixels."""

Pixels: TypeAlias = "NDArray[np.uint8]"


def discs() -> Pixels:
    """``[512, 512, 3]``: a grey slope with a dark disc on the left and another one on the right."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    picture = np.repeat((130 + rows * 80 // SIDE)[:, :, None], 3, axis=2).astype(np.uint8)
    for centre in (0.25, 0.75):
        inside = (columns - centre * SIDE) ** 2 + (rows - 0.5 * SIDE) ** 2 < (0.16 * SIDE) ** 2
        picture[inside] = (40, 40, 44)
    return picture


def right_half() -> Pixels:
    """``[512, 512]``: a mask that is white over the right disc and black over the left one."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:, SIDE // 2 :] = 255
    return mask


def right_box() -> Pixels:
    """``[512, 512]``: as :func:`right_half`, not touching the edges."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[SIDE // 4 : SIDE * 3 // 4, SIDE // 2 + 8 : SIDE - 8] = 255
    return mask


CARDS: Mapping[str, Callable[[], Pixels]] = {"discs": discs, "right_half": right_half, "right_box": right_box}


def card(name: str) -> Pixels | Path:
    """The test picture or mask of that name, or the path of a picture that ships with the pack."""
    return picture_path(name) if name in PICTURE_NAMES else CARDS[name]()


def arrays(names: Iterable[str]) -> tuple[Pixels | None, Pixels | None]:
    """The picture and the mask among the cards of these names; None for what is not among them."""
    drawn = [CARDS[name]() for name in names if name in CARDS]
    picture, mask = (next((one for one in drawn if one.ndim == axes), None) for axes in (3, 2))
    return picture, mask
