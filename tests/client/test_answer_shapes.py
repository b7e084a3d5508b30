"""The shapes of answers, row by row, and the section of ``docs/faults.md`` that is made from them."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
import pytest

from tests.gateway import Gateway
from tests.support.docs import cells, check_part, stable
from volcv_client.calls.batch import BatchRun
from volcv_client.errors import Charged, VolcvError

from .answer_shapes import SHAPES, Shape
from .helpers import client_for, finish, opened, profile, sandbox, start
from .wire import Script, WireServer

HEAD = """
## Shapes of answers

Made by `tests/client/test_answer_shapes.py` in the same way: error bodies, statuses, and the dialects in which
pictures come. *Outcome* is the error, or "picture" where one comes out.

| Answer | Outcome | Calls | Charged | Message |
|---|---|---|---|---|
"""
ROWS: dict[str, str] = {}


def play(shape: Shape) -> tuple[BatchRun, int, int | None]:
    """The ended run, the requests that arrived, and how many of them were charged (None if unknown)."""
    with ExitStack() as stack:
        server: Gateway | WireServer = stack.enter_context(
            sandbox(*shape.faults) if shape.faults else WireServer(Script(send=shape.answer))
        )
        run = start(client_for(profile(server.url)), shape.values, key=shape.model)
        assert run.wait(20)
        return run, len(server.requests), server.charged if isinstance(server, Gateway) else None


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.replace(" ", "-"))
def test_shape(shape: Shape, quick_retries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run, calls, paid = play(shape)
    assert calls == shape.calls
    assert paid in (None, 1)
    if not shape.key:
        check_picture(shape, run)
        ROWS[shape.name] = cells(shape.name, "picture", calls, shape.charged.value, "")
        return
    with pytest.raises(VolcvError) as caught:
        finish(run)
    error, english = caught.value, str(caught.value)
    assert error.key == shape.key, english
    assert error.charged is shape.charged
    assert ("may have been charged" in english) == (shape.charged is Charged.MAYBE)
    at = [english.index(part) for part in shape.says]
    assert len(at) < 3 or at == sorted(at), "causes in another order"
    assert not [part for part in shape.hides if part in english]
    assert len(english) < 900
    monkeypatch.setenv("VOLCV_LANG", "zh")
    assert not str(error).isascii()
    assert not [part for part in shape.hides if part in str(error)]
    ROWS[shape.name] = cells(shape.name, type(error).__name__, calls, error.charged.value, stable(english))


def check_picture(shape: Shape, run: BatchRun) -> None:
    """The picture came out as it was sent: red on the left, white on the right; its file is stored and named."""
    result = finish(run)
    (file,) = result.pictures
    assert opened(file.read()).size == shape.size
    assert run.pixels is not None
    pixels = run.pixels.stack()[0][0]
    assert np.abs(pixels[:, :6] - (1.0, 0.0, 0.0)).max() < 0.05
    assert pixels[:, 10:].min() > 0.95
    assert file.path is not None and file.path.suffix not in ("", ".bin", ".mp4")
    assert not file.is_video


def test_the_section_is_current() -> None:
    if not all(shape.name in ROWS for shape in SHAPES):
        pytest.skip("needs every row in the same run")
    check_part("Shapes of answers", HEAD + "\n".join(ROWS[shape.name] for shape in SHAPES))


def test_names_are_unique() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
