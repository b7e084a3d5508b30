"""What the answers of a check tell: pictures as a service may send them, and pictures that tell nothing."""

from __future__ import annotations

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from volcv_client.check.cards import discs, right_box, right_half
from volcv_client.check.judging import Asked, Form, Region, Tint

CARD = discs().astype(np.float32) / 255
TINT = Tint("prompt", "custom_prompt", (0.5, 0.0, 1.0, 1.0))
NOISE = np.random.default_rng(1).uniform(-0.03, 0.03, CARD.shape).astype(np.float32)


def painted(mask: NDArray[np.uint8], level: int) -> NDArray[np.float32]:
    """The card with noise of a codec, without what lies in that part of the mask."""
    return np.clip(np.where((mask == level)[..., None], 0.6, CARD) + NOISE, 0, 1).astype(np.float32)


@pytest.mark.parametrize("mask", [right_half(), right_box()], ids=["half", "box"])
@pytest.mark.parametrize(("level", "expected"), [(255, "white"), (0, "black")])
@pytest.mark.parametrize("size", [512, 700])
def test_the_region_that_changed(mask: NDArray[np.uint8], level: int, expected: str, size: int) -> None:
    answer = PIL.Image.fromarray((painted(mask, level) * 255).astype(np.uint8)).resize((size, size))
    found = Region().find(Asked("", discs(), mask), np.asarray(answer, np.float32) / 255)
    assert found.value == expected and found.numbers.keys() == {"white", "black"}


@pytest.mark.parametrize("answer", [CARD + NOISE, np.full_like(CARD, 0.9)], ids=["nothing changed", "all changed"])
def test_a_region_that_nobody_can_tell(answer: NDArray[np.float32]) -> None:
    assert Region().find(Asked("", discs(), right_half()), np.clip(answer, 0, 1)).value == ""


@pytest.mark.parametrize(
    ("colour", "expected"),
    [((0.7, 0.2, 0.2), "prompt"), ((0.2, 0.2, 0.7), "custom_prompt"), ((0.5, 0.5, 0.52), ""), ((0.9, 0.9, 0.9), "")],
)
def test_the_prompt_that_was_read(colour: tuple[float, float, float], expected: str) -> None:
    answer = CARD.copy()
    answer[:, 256:] = colour
    assert TINT.find(Asked(""), answer).value == expected


def test_an_accepted_picture_that_was_ignored_shows_in_the_likeness() -> None:
    alike, other = (
        Form().find(Asked("inline", discs()), one).numbers["likeness"] for one in (CARD + NOISE, NOISE + 0.5)
    )
    assert alike > 0.9 and abs(other) < 0.1
    assert Form().find(Asked("links"), CARD).value == "links"
    assert Form().find(Asked("links", discs()), np.full_like(CARD, 0.5)).numbers["likeness"] == 0.0
